"""The shadow generator: height to shading. It sees nothing else, so no texture can reach the shading through it."""

import torch.nn.functional as F
from torch import Tensor, nn

from spade_terrain.card import HeightCode
from spade_terrain.networks.relief import surface_normals

SHADING_RADIUS = 3  # pixels: the slope reads 1 to each side, and each of the two convolutions 1 more


class ShadowGenerator(nn.Module):
    """Two convolutions on the height's gradients, without biases: flat ground gets no shading at all.

    Args:
        height_code: the one that heights are in.
        textures: how many there are to shade; each has convolutions of its own, since its light may be another.
        channels: between the two convolutions, for each texture.

    """

    def __init__(self, height_code: HeightCode, textures: int = 1, channels: int = 16) -> None:
        super().__init__()
        self.height_code = height_code
        hidden = textures * channels
        self.conv_1 = nn.Conv2d(2, hidden, 3, padding=1, bias=False, padding_mode="replicate")
        self.conv_2 = nn.Conv2d(hidden, textures, 3, padding=1, groups=textures, bias=False, padding_mode="replicate")

    def forward(self, height: Tensor) -> Tensor:
        """Height in the height code `(N, 1, H, W)` to the shading of each texture `(N, T, H, W)` (`shade` adds it)."""
        x = surface_normals(height, self.height_code)  # (N, 2, H, W)
        x = F.leaky_relu(self.conv_1(x), 0.2)  # (N, T channels, H, W)
        shading: Tensor = self.conv_2(x)  # (N, T, H, W)
        return shading


def shade(textures: Tensor, shading: Tensor) -> Tensor:
    """Add to the colours of each texture, `(N, 3 T, H, W)`, its `shading`, `(N, T, H, W)`."""
    return textures + shading.repeat_interleave(3, 1)  # (N, 3 T, H, W)
