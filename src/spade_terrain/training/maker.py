"""The two-step generator, whole: segmentation map and noise to texture, height and shaded terrain."""

import torch
from torch import Tensor, nn

from spade_terrain.card import HeightCode, NoiseInput
from spade_terrain.networks.generator import Generator
from spade_terrain.networks.shadow import ShadowGenerator
from spade_terrain.training.config import Config

HEIGHT_CODE = HeightCode()


class TerrainMaker(nn.Module):
    """The two-step generator: texture and height first, then the terrain, shaded by what the height alone says."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.generator = Generator(config.channels, config.guide_channels, config.head_channels, noisy=config.noise)
        self.shadow = ShadowGenerator(HEIGHT_CODE)

    def forward(self, labels: Tensor, noise: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """One-hot labels `(N, 7, H, W)` and noise to texture `(N, 3, H, W)`, height `(N, 1, H, W)`, shaded terrain."""
        texture, height = self.generator(labels, noise)
        return texture, height, texture + self.shadow(height)


def draw_noise(inputs: tuple[NoiseInput, ...], count: int, size: int, random: torch.Generator) -> list[Tensor]:
    """Noise for `count` square maps of `size` pixels, distributed as generation's: the sum of four random bytes.

    It is drawn on `random`'s device.
    """
    maps = []
    for n in inputs:
        shape = (count, n.channels, size // n.stride, size // n.stride)
        four = torch.randint(0, 256, (4, *shape), generator=random, dtype=torch.uint8, device=random.device)
        maps.append((four.sum(0).float() - 510) * (3 / (65535.0)) ** 0.5)  # a byte's variance is (256**2 - 1) / 12
    return maps
