"""The two-step generator, whole: segmentation map and noise to texture, height and shaded terrain."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from spade_terrain.card import HeightCode, NoiseInput
from spade_terrain.networks.generator import Generator, soften
from spade_terrain.networks.shadow import ShadowGenerator
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch, dry
from spade_terrain.training.losses import flip_each
from spade_terrain.training.style import STYLE, StyleMeter

HEIGHT_CODE = HeightCode()


class TerrainMaker(nn.Module):
    """The two-step generator: texture and height first, then the terrain, shaded by what the height alone says.

    With it goes the meter of what it was taught as style, if it was: it makes nothing, but is needed to teach more.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.style = STYLE if config.style else ()
        self.generator = Generator(
            config.channels, config.guide_channels, config.head_channels, style=len(self.style), noisy=config.noise
        )
        self.shadow = ShadowGenerator(HEIGHT_CODE)
        self.meter = StyleMeter(HEIGHT_CODE) if config.style else None

    def forward(
        self, labels: Tensor, noise: list[Tensor], style: Tensor, flips: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One-hot labels `(N, 7, H, W)`, noise and style `(N, S, 1, 1)` to texture, height and shaded terrain.

        They are `(N, 3, H, W)`, `(N, 1, H, W)` and `(N, 3, H, W)`. With `flips`, as `flip_each` takes them, texture and
        height are flipped first and shaded then.
        """
        texture, height = self.generator(labels, noise, style)
        if flips is not None:
            texture, height = flip_each(texture, flips), flip_each(height, flips)
        return texture, height, texture + self.shadow(height)

    @torch.no_grad()
    def soften(self, crops: Batch) -> Batch:
        """Real crops as they could have been made: all that their heights don't explain is as soft as textures are.

        Real terrain shows relief that is finer than its heights. A generator that is to make its like has nowhere to
        put it but into the texture, as a weave that looks the same from all sides.
        """
        land = dry(crops.height)  # (N, 1, H, W)
        shading = self.shadow(crops.height)  # (N, 1, H, W)
        ground = soften(crops.terrain - shading, land) + shading  # (N, 3, H, W)
        return replace(crops, terrain=torch.where(land > 0, ground, crops.terrain))

    def style_of(self, crops: Batch) -> Tensor:
        """Style of real crops `(N, S, 1, 1)`, to make their like with; `S` is 0 if it knows no style."""
        return crops.height.new_zeros((len(crops), 0, 1, 1)) if self.meter is None else self.meter(crops)


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
