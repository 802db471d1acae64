"""Microbatches: the parts of a batch that a step is worked off in, with all that is random in each."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spade_terrain.card import NoiseInput
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch
from spade_terrain.training.step.draws import draw_classes, draw_flips, draw_noise, draw_shifts, draw_window


@dataclass(frozen=True)
class MicroBatch:
    """Real crops, and what is drawn for the fake ones of the same labels.

    Attributes:
        real: the crops.
        noise: for the generator.
        style: of the crops, `(N, S, 1, 1)`.
        flips: `(N,)` on the CPU, places in `FLIPS`: how the fake of each crop is flipped.
        shifts: `(N, 2)`, how far the discriminator sees each crop shifted, in pixels.
        real_classes: `(N, 7)`, the classes that stay real when LabelMix mixes.
        window: rows and columns of each crop that VGG-19 sees at full size.

    """

    real: Batch
    noise: list[Tensor]
    style: Tensor
    flips: Tensor
    shifts: Tensor
    real_classes: Tensor
    window: tuple[slice, slice]

    @property
    def unflipped(self) -> Tensor:
        """Which crops' fakes are not flipped, `(N,)` of 0 or 1."""
        return (self.flips == 0).to(self.style)


def draw_microbatches(
    config: Config,
    noise_inputs: tuple[NoiseInput, ...],
    real: Batch,
    style: Tensor,
    random: torch.Generator,
    *,
    parts: int,
    share: slice,
) -> list[MicroBatch]:
    """Draw what a step takes, and split it and its crops into microbatches.

    All is drawn for the whole batch, so that the number of processes and parts changes nothing.

    Args:
        config: the sizes, and how much is flipped and shifted.
        noise_inputs: the generator's.
        real: this process's crops.
        style: theirs.
        random: the run's, on the CPU.
        parts: the number of microbatches.
        share: this process's places in the whole batch.

    """
    flips = draw_flips(config.batch, random)[share] * config.flips
    seed = int(torch.randint(1 << 62, (), generator=random))
    on_device = torch.Generator(real.labels.device).manual_seed(seed)
    noise = draw_noise(noise_inputs, config.batch, config.crop, on_device)
    shifts = draw_shifts(config.batch, config.crop, config.translation, on_device)[share]
    classes = draw_classes(config.batch, on_device)[share]
    window = draw_window(config.crop, config.perceptual_crop, random)
    noise_parts = zip(*(n[share].chunk(parts) for n in noise), strict=True)
    rest = (x.chunk(parts) for x in (style, flips, shifts, classes))
    return [
        MicroBatch(crops, list(n), s, f, moved, kept, window)
        for crops, n, s, f, moved, kept in zip(real.split(parts), noise_parts, *rest, strict=True)
    ]
