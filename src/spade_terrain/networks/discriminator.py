"""The multi-scale patch discriminator: it tells real terrain, height and map from made ones, patch by patch.

PatchGAN: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017; several scales:
Wang et al., "High-Resolution Image Synthesis with Conditional GANs", CVPR 2018; spectral normalisation: Miyato et al.,
"Spectral Normalization for Generative Adversarial Networks", ICLR 2018.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from spade_terrain.networks.projected import Glimpse, ProjectedHeads
from spade_terrain.palette import CLASSES

GRADIENT_GAIN = 20.0
MAP_CHANNELS = 3 + 1 + 2 + len(CLASSES)


def what_it_sees(terrain: Tensor, height: Tensor, labels: Tensor, style: Tensor) -> Tensor:
    """Stack terrain `(N, 3, H, W)`, height `(N, 1, H, W)`, its gradients, labels `(N, 7, H, W)` and the style.

    The style, `(N, S, 1, 1)`, is the same everywhere; with it they are `(N, 13 + S, H, W)`. The gradients (east,
    south), `GRADIENT_GAIN` times the difference to the next pixel, show it ridges and plains that hardly change the
    height itself.
    """
    east = F.pad(height[..., :, 1:] - height[..., :, :-1], (0, 1, 0, 0))
    south = F.pad(height[..., 1:, :] - height[..., :-1, :], (0, 0, 0, 1))
    everywhere = style.expand(-1, -1, *height.shape[2:])
    return torch.cat([terrain, height, GRADIENT_GAIN * east, GRADIENT_GAIN * south, labels, everywhere], 1)


class PatchDiscriminator(nn.Module):
    """A 70-pixel patch discriminator."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        c = channels
        self.layers = nn.ModuleList(
            [
                spectral_norm(nn.Conv2d(in_channels, c, 4, stride=2, padding=1)),
                spectral_norm(nn.Conv2d(c, 2 * c, 4, stride=2, padding=1)),
                spectral_norm(nn.Conv2d(2 * c, 4 * c, 4, stride=2, padding=1)),
                spectral_norm(nn.Conv2d(4 * c, 4 * c, 4, padding=1)),
            ]
        )
        self.verdict = spectral_norm(nn.Conv2d(4 * c, 1, 4, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """`x` `(N, C, H, W)` to one verdict a patch, `(N, 1, about H/8, about W/8)`: the higher, the more real."""
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        verdicts: Tensor = self.verdict(x)
        return verdicts


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators at full size, half size, and so on, and heads on what a frozen network sees.

    Args:
        channels: features of a patch discriminator's first layer.
        scales: how many of these there are.
        style: numbers of the style.
        heads: the heads, if there are any.

    """

    def __init__(self, channels: int, scales: int, style: int = 0, heads: ProjectedHeads | None = None) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(MAP_CHANNELS + style, channels) for _ in range(scales))
        self.heads = heads

    def forward(
        self, terrain: Tensor, height: Tensor, labels: Tensor, style: Tensor, glimpses: list[Glimpse]
    ) -> list[Tensor]:
        """Judge crops: the patch discriminators' verdicts from fine to coarse, then those of the heads.

        Args:
            terrain: `(N, 3, H, W)`.
            height: `(N, 1, H, W)`.
            labels: `(N, 7, H, W)`.
            style: `(N, S, 1, 1)`.
            glimpses: of the same crops; none if there are no heads.

        """
        verdicts = self.patches(what_it_sees(terrain, height, labels, style))
        return verdicts if self.heads is None else verdicts + self.heads(glimpses)

    def patches(self, x: Tensor) -> list[Tensor]:
        """Judge `what_it_sees` by the patch discriminators alone."""
        verdicts = []
        for i, scale in enumerate(self.scales):
            if i:
                x = F.avg_pool2d(x, 2)
            verdicts.append(scale(x))
        return verdicts
