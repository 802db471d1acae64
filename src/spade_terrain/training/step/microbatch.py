"""Microbatches: the parts of a batch that a step is worked off in, with all that is random in each."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.generator import Generator
from spade_terrain.networks.style import ELEVATION, STYLE
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch
from spade_terrain.training.step.draws import draw_classes, draw_flips, draw_noise, draw_shifts, draw_window
from spade_terrain.training.step.height_guide import draw_guide_numbers, draw_height_guides, no_height_guide


@dataclass(frozen=True)
class MicroBatch:
    """Real crops, and what is drawn for the fake ones of the same labels.

    Attributes:
        real: the crops.
        noise: for the generator.
        style: of the crops, `(N, S, 1, 1)`.
        height_guide: rough heights of the crops, as the generator takes them.
        flips: `(N,)` on the CPU, places in `FLIPS`: how the fake of each crop is flipped.
        shifts: `(N, 2)`, how far the discriminator sees each crop shifted, in pixels.
        real_classes: `(N, 7)`, the classes that stay real when LabelMix mixes.
        window: rows and columns of each crop that VGG-19 sees.

    """

    real: Batch
    noise: list[Tensor]
    style: Tensor
    height_guide: Tensor
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
    generator: Generator,
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
        generator: whose noise and height guide are drawn.
        real: this process's crops.
        style: theirs.
        random: the run's, on the CPU.
        parts: the number of microbatches.
        share: this process's places in the whole batch.

    """
    flips = draw_flips(config.batch, random)[share] * config.flips
    seed = int(torch.randint(1 << 62, (), generator=random))
    on_device = torch.Generator(real.labels.device).manual_seed(seed)
    noise = draw_noise(generator.noise_inputs, config.batch, config.crop, on_device)
    shifts = draw_shifts(config.batch, config.crop, config.translation, on_device)[share]
    classes = draw_classes(config.batch, on_device)[share]
    window = draw_window(config.crop, config.perceptual_crop, random)
    guide = no_height_guide(real.labels, generator.stride, guided=config.guided)  # (N, G, h, w)
    if config.guided:
        numbers = draw_guide_numbers(config.batch, config.crop // generator.stride, on_device)[share]
        guide = draw_height_guides(real.height, real.labels, generator.stride, HEIGHT_CODE, numbers)
        style = _without_elevation(style, guide)
    noise_parts = zip(*(n[share].chunk(parts) for n in noise), strict=True)
    rest = (x.chunk(parts) for x in (style, guide, flips, shifts, classes))
    return [
        MicroBatch(crops, list(n), s, g, f, moved, kept, window)
        for crops, n, s, g, f, moved, kept in zip(real.split(parts), noise_parts, *rest, strict=True)
    ]


def _without_elevation(style: Tensor, guide: Tensor) -> Tensor:
    """`style` with an elevation of 0 where there is a guide, which says it better."""
    said = guide[:, 1:].amax((1, 2, 3))[:, None, None, None]  # (N, 1, 1, 1)
    elevation = torch.tensor([name == ELEVATION for name in STYLE], device=style.device)[:, None, None]  # (S, 1, 1)
    return torch.where(elevation & (said > 0), 0.0, style) if style.shape[1] else style
