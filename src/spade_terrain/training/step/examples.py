"""Examples: crops, real, fake or mixed of both, with all that the discriminator takes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.efficientnet import EfficientNetLite
from spade_terrain.networks.projected import ProjectedFeatures, extract_features
from spade_terrain.networks.two_step import TwoStepGenerator, flip_each
from spade_terrain.training.data import Batch
from spade_terrain.training.step.microbatch import MicroBatch
from spade_terrain.training.step.stabilisers import mix, translate


@dataclass(frozen=True)
class Examples:
    """Crops as the discriminator sees them.

    Attributes:
        crops: terrain, height and labels.
        style: theirs, `(N, S, 1, 1)`.
        features: the frozen network's of them, without any taps if there is none.

    """

    crops: Batch
    style: Tensor
    features: ProjectedFeatures

    def __len__(self) -> int:
        return len(self.crops)

    def detach(self) -> "Examples":
        """The same numbers, without the gradient."""
        return Examples(self.crops.detach(), self.style, self.features.detach())


@dataclass(frozen=True)
class Fake:
    """Fake terrain of a microbatch's labels.

    Attributes:
        texture: `(N, 3 T, H, W)`, flipped as the microbatch says.
        height: `(N, 1, H, W)`, likewise.
        labels: `(N, 7, H, W)`, likewise.
        elevation: `(N, 1, H, W)` as `Generator.forward` says, not flipped.
        examples: what the discriminator sees of it.

    """

    texture: Tensor
    height: Tensor
    labels: Tensor
    elevation: Tensor
    examples: Examples


@dataclass(frozen=True)
class Mixed:
    """Examples mixed of real and fake ones, class by class.

    Attributes:
        examples: the mixed crops.
        mask: `(N, 1, H, W)`, 1 where they are real.

    """

    examples: Examples
    mask: Tensor


def real_examples(
    generator: TwoStepGenerator, part: MicroBatch, network: EfficientNetLite | None, *, shifted: bool
) -> Examples:
    """The real crops of a microbatch: as they are if `generator` makes fine relief, else as soft as its textures."""
    real = part.real
    terrain = real.terrain if generator.fine_relief is not None else generator.blur_texture(real.terrain, real.height)
    return _examples(Batch(terrain, real.height, real.labels), part, network, shifted=shifted)


def fake_terrain(
    generator: Callable[..., tuple[Tensor, Tensor, Tensor, Tensor]],
    part: MicroBatch,
    network: EfficientNetLite | None,
    *,
    shifted: bool,
) -> Fake:
    """Terrain made of a microbatch's labels: flipped first, where it is flipped, and shaded then."""
    labels = flip_each(part.real.labels, part.flips)  # (N, 7, H, W)
    made = generator(part.real.labels, part.noise, part.style, part.height_guide, part.flips)
    texture, height, terrain, elevation = made
    examples = _examples(Batch(terrain, height, labels), part, network, shifted=shifted)
    return Fake(texture, height, labels, elevation, examples)


def mixed_examples(real: Examples, fake: Examples, part: MicroBatch, network: EfficientNetLite | None) -> Mixed:
    """LabelMix of `real` and `fake`. A flipped fake has another map than its real crop: its mix is all real."""
    real_classes = torch.maximum(part.real_classes, 1 - part.unflipped[:, None])
    crops, mask = mix(real.crops, fake.crops, real_classes)
    return Mixed(Examples(crops, part.style, _features(network, crops)), mask)


def _examples(crops: Batch, part: MicroBatch, network: EfficientNetLite | None, *, shifted: bool) -> Examples:
    if shifted:
        crops = translate(crops, part.shifts)
    return Examples(crops, part.style, _features(network, crops))


def _features(network: EfficientNetLite | None, crops: Batch) -> ProjectedFeatures:
    if network is None:
        return ProjectedFeatures([], crops.labels)
    return extract_features(network, HEIGHT_CODE, *crops.maps)
