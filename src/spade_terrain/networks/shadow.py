"""The shadow generator: height to shading. It sees nothing else, so no texture can reach the shading through it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spade_terrain.card import HeightCode
from spade_terrain.terrain import GSD

EXAGGERATION = 15.0
SHADING_RADIUS = 3  # pixels that the slope (1) and the two convolutions (1 + 1) look aside


def surface_normals(code: Tensor, height_code: HeightCode) -> Tensor:
    """Height in the height code `(N, 1, H, W)` to the horizontal part (east, south) of its normals `(N, 2, H, W)`.

    The ground is raised `EXAGGERATION` times first: real slopes over 2,000 m pixels are a few degrees. Bounded by 1,
    and exactly 0 on flat ground.
    """
    metres = ((code.clamp_min(-1) + 1) / 2).square() * height_code.max_m
    around = F.pad(metres, (1, 1, 1, 1), mode="replicate")  # (N, 1, H+2, W+2)
    east = around[:, :, 1:-1, 2:] - around[:, :, 1:-1, :-2]
    south = around[:, :, 2:, 1:-1] - around[:, :, :-2, 1:-1]
    slope = torch.cat([east, south], 1) * (-EXAGGERATION / (2 * GSD))  # (N, 2, H, W)
    return slope * torch.rsqrt(1 + slope.square().sum(1, keepdim=True))


class ShadowGenerator(nn.Module):
    """Two convolutions on the height's gradients, without biases: flat ground gets no shading at all."""

    def __init__(self, height_code: HeightCode, channels: int = 16) -> None:
        super().__init__()
        self.height_code = height_code
        self.conv_1 = nn.Conv2d(2, channels, 3, padding=1, bias=False, padding_mode="replicate")
        self.conv_2 = nn.Conv2d(channels, 1, 3, padding=1, bias=False, padding_mode="replicate")

    def forward(self, height: Tensor) -> Tensor:
        """Height in the height code `(N, 1, H, W)` to shading `(N, 1, H, W)`, to be added to the texture's channels."""
        normals = surface_normals(height, self.height_code)  # (N, 2, H, W)
        shading: Tensor = self.conv_2(F.leaky_relu(self.conv_1(normals), 0.2))
        return shading
