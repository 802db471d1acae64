"""Discriminator heads that judge terrain by the features of a trained network, frozen.

Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021, on EfficientNet-Lite0 as there; without that paper's
random mixing of channels and scales, and conditioned on the segmentation map.
"""

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from spade_terrain.card import HeightCode
from spade_terrain.networks.frozen.efficientnet import CHANNELS, STRIDES, EfficientNetLite
from spade_terrain.networks.relief import above_a_step, surface_normals
from spade_terrain.palette import CLASSES

SMALLEST = 2 * STRIDES[-1]
"""Pixels a side of the smallest crop that all heads can judge."""


class ProjectedFeatures:
    """The frozen network's features of some crops.

    No tuple: Lightning Fabric casts all tensors in tuples that a network is called with to float32.

    Attributes:
        taps: a tensor a tap, `(N, P C, h, w)`: of the pictures of `pictures`, one after another; none without
            a network.
        labels: the segmentation maps, `(N, 7, H, W)`.

    """

    def __init__(self, taps: list[Tensor], labels: Tensor) -> None:
        self.taps, self.labels = taps, labels

    def detach(self) -> "ProjectedFeatures":
        """The same numbers, without the gradient."""
        return ProjectedFeatures([tap.detach() for tap in self.taps], self.labels)


def pictures(height_code: HeightCode, terrain: Tensor, height: Tensor) -> list[Tensor]:
    """Crops as pictures for a network that was trained on photographs, each `(N, 3, H, W)`.

    Args:
        height_code: the one that `height` is in.
        terrain: `(N, 3 T, H, W)` in [-1, 1]: `T` pictures.
        height: `(N, 1, H, W)`: one more, whose three channels are the height code, `above_a_step`, and the surface's
            normals, east and south: the relief without any light.

    """
    relief = torch.cat([above_a_step(height), surface_normals(height, height_code)], 1)  # (N, 3, H, W)
    return [*terrain.chunk(terrain.shape[1] // 3, 1), relief]


def extract_features(
    network: EfficientNetLite, height_code: HeightCode, terrain: Tensor, height: Tensor, labels: Tensor
) -> ProjectedFeatures:
    """Features of crops: of `pictures` of `terrain` and `height`; `labels` are one-hot, `(N, 7, H, W)`."""
    shown = pictures(height_code, terrain, height)
    taps = network(torch.cat(shown))  # a tap: (P N, C, h, w)
    return ProjectedFeatures([torch.cat(tap.chunk(len(shown)), 1) for tap in taps], labels)


def cat_features(batches: Sequence[ProjectedFeatures]) -> ProjectedFeatures:
    """Features of several batches as those of one."""
    taps = [torch.cat(of_tap) for of_tap in zip(*(f.taps for f in batches), strict=True)]
    return ProjectedFeatures(taps, torch.cat([f.labels for f in batches]))


class Head(nn.Module):
    """Judges the features of one tap, patch by patch."""

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        # Beside the features: how large they are at each pixel, and the classes there.
        self.mix = spectral_norm(nn.Conv2d(features + 1 + len(CLASSES), channels, 1))
        self.layer = spectral_norm(nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1))
        self.logits = spectral_norm(nn.Conv2d(2 * channels, 1, 4, padding=2))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Features `(N, C, h, w)` and labels `(N, 7, H, W)` to one logit a patch, `(N, 1, h/2 + 1, w/2 + 1)`."""
        # A product, since autocast would have `square` copy all to float32.
        size = (features * features).mean(1, keepdim=True).float() + 1e-6  # (N, 1, h, w)
        classes = F.adaptive_avg_pool2d(labels, (features.shape[2], features.shape[3]))  # (N, 7, h, w)
        weight, bias = cast(Tensor, self.mix.weight), self.mix.get_parameter("bias")
        of_features, of_rest = weight[:, : features.shape[1]], weight[:, features.shape[1] :]
        # The convolution of normalised features: cheaper normalised after it, when they are few.
        x = F.conv2d(features, of_features) * size.rsqrt()  # (N, channels, h, w)
        x = F.leaky_relu(x + F.conv2d(torch.cat([size.log(), classes], 1), of_rest, bias), 0.2)
        x = F.leaky_relu(self.layer(x), 0.2)  # (N, 2 channels, h/2, w/2)
        logits: Tensor = self.logits(x)  # (N, 1, h/2 + 1, w/2 + 1)
        return logits


class ProjectedHeads(nn.Module):
    """A head for each tap of `EfficientNetLite`: from edges and colours to things.

    Args:
        pictures: how many of each crop the network sees.
        channels: of each head's first layer.

    """

    def __init__(self, pictures: int, channels: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(pictures * tap, channels) for tap in CHANNELS)

    def forward(self, features: ProjectedFeatures) -> list[Tensor]:
        """Judge `extract_features`: logits of each head, `(N, 1, h/2 + 1, w/2 + 1)`."""
        return [head(tap, features.labels) for head, tap in zip(self.heads, features.taps, strict=True)]
