"""The shadow generator: height to shading. It sees nothing else, so no texture can reach the shading through it."""

import torch.nn.functional as F
from torch import Tensor, nn

from spade_terrain.card import HeightCode
from spade_terrain.networks.relief import surface_normals

SHADING_RADIUS = 3  # pixels: the slope reads 1 to each side, and each of the two convolutions 1 more


class ShadowGenerator(nn.Module):
    """Two convolutions on the height's gradients, without biases: flat ground gets no shading at all."""

    def __init__(self, height_code: HeightCode, channels: int = 16) -> None:
        super().__init__()
        self.height_code = height_code
        self.conv_1 = nn.Conv2d(2, channels, 3, padding=1, bias=False, padding_mode="replicate")
        self.conv_2 = nn.Conv2d(channels, 1, 3, padding=1, bias=False, padding_mode="replicate")

    def forward(self, height: Tensor) -> Tensor:
        """Height in the height code `(N, 1, H, W)` to shading `(N, 1, H, W)`, to be added to the texture's channels."""
        x = surface_normals(height, self.height_code)  # (N, 2, H, W)
        x = F.leaky_relu(self.conv_1(x), 0.2)  # (N, channels, H, W)
        shading: Tensor = self.conv_2(x)  # (N, 1, H, W)
        return shading
