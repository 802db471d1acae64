"""Discriminator heads that judge terrain by what a trained network, frozen, sees in it.

Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021, on VGG-19's second and third block; without that paper's
random mixing of channels and scales, and told the segmentation map.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from spade_terrain.card import HeightCode
from spade_terrain.networks.perceptual import Vgg
from spade_terrain.networks.shadow import surface_normals
from spade_terrain.palette import CLASSES

_HEEDED = slice(1, 3)  # of the network's taps
GLIMPSES = 2  # of each crop: a window as it is, and the whole at half size


class Glimpse:
    """What the frozen network sees of some crops. No tuple: of such, Lightning Fabric casts all tensors to float32.

    Attributes:
        features: a tensor a tap, `(N, 2 C, h, w)`: of the terrain first, then of the relief.
        labels: what the map says there, `(N, 7, H, W)`.

    """

    def __init__(self, features: list[Tensor], labels: Tensor) -> None:
        self.features, self.labels = features, labels


def look(
    vgg: Vgg, height_code: HeightCode, terrain: Tensor, height: Tensor, labels: Tensor, window: tuple[slice, slice]
) -> list[Glimpse]:
    """Look at crops twice, closely at one window of them and from afar at the whole.

    Args:
        vgg: what looks.
        height_code: the one that `height` is in.
        terrain: `(N, 3, H, W)` in [-1, 1].
        height: `(N, 1, H, W)`. It is shown as a picture of its own, whose three channels are the height code and the
            surface's normals, east and south: the relief without any light.
        labels: one-hot `(N, 7, H, W)`.
        window: rows and columns of the close look.

    """
    maps = (terrain, height, labels)
    views = [tuple(m[..., *window] for m in maps), tuple(F.avg_pool2d(m, 2) for m in maps)]
    glimpses = []
    for ground, code, classes in views:
        relief = torch.cat([code, surface_normals(code, height_code)], 1)  # (N, 3, h, w)
        features = vgg(torch.cat([ground, relief]))
        glimpses.append(Glimpse([torch.cat(f.chunk(2), 1) for f in features], classes))
    return glimpses


def join(parts: list[list[Glimpse]]) -> list[Glimpse]:
    """Glimpses of several batches as those of one."""
    return [
        Glimpse(
            [torch.cat(taps) for taps in zip(*(g.features for g in same), strict=True)],
            torch.cat([g.labels for g in same]),
        )
        for same in zip(*parts, strict=True)
    ]


class Head(nn.Module):
    """Judges the features of one tap, patch by patch."""

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        # Beside the features: how large they are at each pixel, and the classes there.
        self.mix = spectral_norm(nn.Conv2d(features + 1 + len(CLASSES), channels, 1))
        self.layer = spectral_norm(nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1))
        self.verdict = spectral_norm(nn.Conv2d(2 * channels, 1, 4, padding=1))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Features `(N, C, h, w)` and labels `(N, 7, H, W)` to one verdict a patch, `(N, 1, about h/2, about w/2)`."""
        # A product, since autocast would have `square` copy all to float32.
        size = (features * features).mean(1, keepdim=True).float() + 1e-6  # (N, 1, h, w)
        classes = F.adaptive_avg_pool2d(labels, (features.shape[2], features.shape[3]))  # (N, 7, h, w)
        weight, bias = cast(Tensor, self.mix.weight), self.mix.get_parameter("bias")
        of_features, of_rest = weight[:, : features.shape[1]], weight[:, features.shape[1] :]
        # The convolution of normalised features: cheaper normalised after it, when they are few.
        x = F.conv2d(features, of_features) * size.rsqrt()  # (N, channels, h, w)
        x = F.leaky_relu(x + F.conv2d(torch.cat([size.log(), classes], 1), of_rest, bias), 0.2)
        verdicts: Tensor = self.verdict(F.leaky_relu(self.layer(x), 0.2))
        return verdicts


class ProjectedHeads(nn.Module):
    """A head for the second and third tap of each glimpse: more than colours and edges, less than things.

    Args:
        taps: channels of the network's taps.
        channels: of each head's first layer.

    """

    def __init__(self, taps: list[int], channels: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(2 * tap, channels) for _ in range(GLIMPSES) for tap in taps[_HEEDED])

    def forward(self, glimpses: list[Glimpse]) -> list[Tensor]:
        """Judge what `look` gave: a map of verdicts for each head."""
        seen = ((features, glimpse.labels) for glimpse in glimpses for features in glimpse.features[_HEEDED])
        return [head(*what) for head, what in zip(self.heads, seen, strict=True)]
