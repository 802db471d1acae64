"""Discriminator heads that judge terrain by the features of a trained network, frozen.

Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021, on VGG-19's second and third block; without that paper's
random mixing of channels and scales, and conditioned on the segmentation map.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from spade_terrain.card import HeightCode
from spade_terrain.networks.perceptual import Vgg
from spade_terrain.networks.relief import surface_normals
from spade_terrain.palette import CLASSES

_HEAD_TAPS = slice(1, 3)  # of the network's taps
VIEWS = 2  # of each crop: a window at full size, and the whole at half size


class VggFeatures:
    """The frozen network's features of one view of some crops.

    No tuple: Lightning Fabric casts all tensors in tuples that a network is called with to float32.

    Attributes:
        taps: a tensor a tap, `(N, 2 C, h, w)`: of the terrain first, then of the relief.
        labels: the segmentation maps of the view, `(N, 7, H, W)`.

    """

    def __init__(self, taps: list[Tensor], labels: Tensor) -> None:
        self.taps, self.labels = taps, labels

    def detach(self) -> "VggFeatures":
        """The same numbers, without the gradient."""
        return VggFeatures([tap.detach() for tap in self.taps], self.labels)


def extract_features(
    vgg: Vgg, height_code: HeightCode, terrain: Tensor, height: Tensor, labels: Tensor, window: tuple[slice, slice]
) -> list[VggFeatures]:
    """Features of two views of crops: of one window at full size, and of the whole at half size.

    Args:
        vgg: the network.
        height_code: the one that `height` is in.
        terrain: `(N, 3, H, W)` in [-1, 1].
        height: `(N, 1, H, W)`. The network gets it as a picture of its own, whose three channels are the height code
            and the surface's normals, east and south: the relief without any light.
        labels: one-hot `(N, 7, H, W)`.
        window: rows and columns of the first view.

    """
    maps = (terrain, height, labels)
    views = [tuple(m[..., *window] for m in maps), tuple(F.avg_pool2d(m, 2) for m in maps)]
    features = []
    for view_terrain, view_height, view_labels in views:
        relief = torch.cat([view_height, surface_normals(view_height, height_code)], 1)  # (N, 3, h, w)
        taps = vgg(torch.cat([view_terrain, relief]))  # a tap: (2 N, C, h, w)
        features.append(VggFeatures([torch.cat(tap.chunk(2), 1) for tap in taps], view_labels))
    return features


def cat_features(batches: list[list[VggFeatures]]) -> list[VggFeatures]:
    """Features of several batches as those of one."""
    return [
        VggFeatures(
            [torch.cat(taps) for taps in zip(*(f.taps for f in view), strict=True)],
            torch.cat([f.labels for f in view]),
        )
        for view in zip(*batches, strict=True)
    ]


class Head(nn.Module):
    """Judges the features of one tap, patch by patch."""

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        # Beside the features: how large they are at each pixel, and the classes there.
        self.mix = spectral_norm(nn.Conv2d(features + 1 + len(CLASSES), channels, 1))
        self.layer = spectral_norm(nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1))
        self.logits = spectral_norm(nn.Conv2d(2 * channels, 1, 4, padding=1))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Features `(N, C, h, w)` and labels `(N, 7, H, W)` to one logit a patch, `(N, 1, h/2 - 1, w/2 - 1)`."""
        # A product, since autocast would have `square` copy all to float32.
        size = (features * features).mean(1, keepdim=True).float() + 1e-6  # (N, 1, h, w)
        classes = F.adaptive_avg_pool2d(labels, (features.shape[2], features.shape[3]))  # (N, 7, h, w)
        weight, bias = cast(Tensor, self.mix.weight), self.mix.get_parameter("bias")
        of_features, of_rest = weight[:, : features.shape[1]], weight[:, features.shape[1] :]
        # The convolution of normalised features: cheaper normalised after it, when they are few.
        x = F.conv2d(features, of_features) * size.rsqrt()  # (N, channels, h, w)
        x = F.leaky_relu(x + F.conv2d(torch.cat([size.log(), classes], 1), of_rest, bias), 0.2)
        x = F.leaky_relu(self.layer(x), 0.2)  # (N, 2 channels, h/2, w/2)
        logits: Tensor = self.logits(x)  # (N, 1, h/2 - 1, w/2 - 1)
        return logits


class ProjectedHeads(nn.Module):
    """A head for the second and third tap of each view: more than colours and edges, less than things.

    Args:
        taps: channels of the network's taps.
        channels: of each head's first layer.

    """

    def __init__(self, taps: list[int], channels: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(2 * tap, channels) for _ in range(VIEWS) for tap in taps[_HEAD_TAPS])

    def forward(self, features: list[VggFeatures]) -> list[Tensor]:
        """Judge `extract_features`: logits of each head, `(N, 1, h/2 - 1, w/2 - 1)`."""
        inputs = ((tap, view.labels) for view in features for tap in view.taps[_HEAD_TAPS])
        return [head(*tap_and_labels) for head, tap_and_labels in zip(self.heads, inputs, strict=True)]
