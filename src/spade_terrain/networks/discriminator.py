"""The multi-scale patch discriminator: it tells real terrain, height and map from fake ones, patch by patch.

PatchGAN: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017; several scales:
Wang et al., "High-Resolution Image Synthesis with Conditional GANs", CVPR 2018; spectral normalisation: Miyato et al.,
"Spectral Normalization for Generative Adversarial Networks", ICLR 2018.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from spade_terrain.networks.projected import ProjectedFeatures, ProjectedHeads
from spade_terrain.networks.relief import above_a_step
from spade_terrain.palette import CLASSES

GRADIENT_GAIN = 20.0
TERRAIN = 3  # channels of one texture's terrain
MAP_CHANNELS = 1 + 2 + len(CLASSES)  # height, its gradients, labels


def discriminator_input(terrain: Tensor, height: Tensor, labels: Tensor, style: Tensor) -> Tensor:
    """Stack terrain, height, the height's gradients, labels and style to what patch discriminators take.

    The height is that of `above_a_step`; the gradients (east, south) are `GRADIENT_GAIN` times the difference of the
    height code to the next pixel: ridges and plains hardly change the height itself. The first texture's terrain comes
    first and the others' last, so that a discriminator of one texture can become one of two.

    Args:
        terrain: `(N, 3 T, H, W)`.
        height: `(N, 1, H, W)` in the height code.
        labels: one-hot `(N, 7, H, W)`.
        style: `(N, S, 1, 1)`, the same at every pixel.

    Returns:
        `(N, 3 T + 10 + S, H, W)`.

    """
    east = F.pad(height[..., :, 1:] - height[..., :, :-1], (0, 1, 0, 0))  # (N, 1, H, W)
    south = F.pad(height[..., 1:, :] - height[..., :-1, :], (0, 0, 0, 1))  # (N, 1, H, W)
    style_maps = style.expand(-1, -1, *height.shape[2:])  # (N, S, H, W)
    first, others = terrain[:, :TERRAIN], terrain[:, TERRAIN:]
    gradients = GRADIENT_GAIN * east, GRADIENT_GAIN * south
    return torch.cat([first, above_a_step(height), *gradients, labels, style_maps, others], 1)


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
        self.logits = spectral_norm(nn.Conv2d(4 * c, 1, 4, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """`x` `(N, C, H, W)` to one logit a patch, `(N, 1, H/8 - 2, W/8 - 2)`: the higher, the more real."""
        for layer in self.layers:  # (N, c, H/2, W/2), (N, 2c, H/4, W/4), (N, 4c, H/8, W/8), (N, 4c, H/8 - 1, W/8 - 1)
            x = F.leaky_relu(layer(x), 0.2)
        logits: Tensor = self.logits(x)  # (N, 1, H/8 - 2, W/8 - 2)
        return logits


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators at full size, half size, and so on, and heads on the features of a frozen network.

    Args:
        channels: features of a patch discriminator's first layer.
        scales: how many of these there are.
        textures: how many the terrain has.
        style: numbers of the style.
        heads: the heads, if there are any.

    """

    def __init__(
        self, channels: int, scales: int, textures: int = 1, style: int = 0, heads: ProjectedHeads | None = None
    ) -> None:
        super().__init__()
        inputs = TERRAIN * textures + MAP_CHANNELS + style
        self.scales = nn.ModuleList(PatchDiscriminator(inputs, channels) for _ in range(scales))
        self.heads = heads

    def forward(
        self, terrain: Tensor, height: Tensor, labels: Tensor, style: Tensor, features: ProjectedFeatures
    ) -> list[Tensor]:
        """Judge crops: logits of the patch discriminators, from fine to coarse, then those of the heads.

        Args:
            terrain: `(N, 3 T, H, W)`.
            height: `(N, 1, H, W)`.
            labels: `(N, 7, H, W)`.
            style: `(N, S, 1, 1)`.
            features: of the same crops; no heads read them if there are none.

        """
        logits = self.judge_patches(discriminator_input(terrain, height, labels, style))
        return logits if self.heads is None else logits + self.heads(features)

    def judge_patches(self, x: Tensor) -> list[Tensor]:
        """Logits of the patch discriminators alone for `x`, a `discriminator_input` `(N, C, H, W)`."""
        logits = []
        for i, scale in enumerate(self.scales):
            if i:
                x = F.avg_pool2d(x, 2)  # (N, C, H / 2**i, W / 2**i)
            logits.append(scale(x))
        return logits
