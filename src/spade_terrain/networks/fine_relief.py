"""Light on relief that is finer than heights show: noise to shading, as strong as the ground is rough.

Pictures of real land show ridges and gullies that its height, at 2,000 m a pixel, knows nothing of. They can't be made
of the height, and must not be in the texture; so, like the noise layers of a generator (Karras et al., "A Style-Based
Generator Architecture for Generative Adversarial Networks", CVPR 2019), they are drawn at random.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spade_terrain.card import HeightCode
from spade_terrain.networks.generator import HEAD_NOISE
from spade_terrain.networks.relief import land_mask, surface_normals


class FineRelief(nn.Module):
    """Two convolutions on noise, their features weighted by the ground's steepness and height between them.

    It begins as none at all: a generator that was trained without it stays as it is.

    Args:
        height_code: the one that heights are in.
        textures: how many there are to shade.
        channels: between the two convolutions, for each texture.

    """

    def __init__(self, height_code: HeightCode, textures: int = 1, channels: int = 16) -> None:
        super().__init__()
        self.height_code = height_code
        hidden = textures * channels
        self.conv_1 = nn.Conv2d(HEAD_NOISE, hidden, 3, padding=1, padding_mode="replicate")
        self.roughness = nn.Conv2d(2, hidden, 1)
        self.conv_2 = nn.Conv2d(hidden, textures, 3, padding=1, groups=textures, bias=False, padding_mode="replicate")
        nn.init.zeros_(self.conv_2.weight)

    def forward(self, noise: Tensor, height: Tensor) -> Tensor:
        """Noise `(N, 2, H, W)` and height in the height code `(N, 1, H, W)` to shading `(N, T, H, W)`; 0 at sea."""
        steepness = surface_normals(height, self.height_code).square().sum(1, keepdim=True).add(1e-6).sqrt()
        ground = torch.cat([steepness, height + 1], 1)  # (N, 2, H, W)
        x = F.leaky_relu(self.conv_1(noise), 0.2) * self.roughness(ground)  # (N, T channels, H, W)
        shading: Tensor = land_mask(height) * self.conv_2(x)  # (N, T, H, W)
        return shading
