"""The two-step generator: segmentation map and noise to texture and height, then height to shading."""

import torch
from torch import Tensor, nn

from spade_terrain.networks.blur import blur_land
from spade_terrain.networks.fine_relief import FineRelief
from spade_terrain.networks.generator import Generator
from spade_terrain.networks.relief import land_mask
from spade_terrain.networks.shadow import ShadowGenerator, shade

FLIPS = ((), (3,), (2,), (2, 3))
"""The dimensions of `(N, C, H, W)` to flip: none, left-right, up-down, both. Only none leaves the light where it is."""


class TwoStepGenerator(nn.Module):
    """Textures and height first; then the terrain, which is each texture with shading made of the height alone.

    Args:
        generator: makes textures and height.
        shadow: makes the shading.
        fine_relief: makes the shading of what is finer than heights, if there is to be any.
        style: names of the style's numbers.

    """

    def __init__(
        self,
        generator: Generator,
        shadow: ShadowGenerator,
        fine_relief: FineRelief | None = None,
        style: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.style = style
        self.generator = generator
        self.shadow = shadow
        self.fine_relief = fine_relief

    def forward(
        self,
        labels: Tensor,
        noise: list[Tensor],
        style: Tensor,
        height_guide: Tensor,
        flips: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Invent one terrain for each segmentation map.

        Args:
            labels: one-hot float `(N, 7, H, W)`.
            noise: as `Generator.noise_inputs` says.
            style: `(N, S, 1, 1)`.
            height_guide: as `Generator.forward` takes it.
            flips: `(N,)`, as `flip_each` takes them: textures and height are flipped first and shaded then.

        Returns:
            textures `(N, 3 T, H, W)`, height `(N, 1, H, W)` in the height code, shaded terrain `(N, 3 T, H, W)` and, as
            `Generator.forward` says, the elevation `(N, 1, H, W)`, which is never flipped.

        """
        texture, height, elevation = self.generator(labels, noise, style, height_guide)
        if flips is not None:
            texture, height = flip_each(texture, flips), flip_each(height, flips)
        shading = self.shadow(height)  # (N, T, H, W)
        if self.fine_relief is not None:
            shading = shading + self.fine_relief(noise[-1], height)
        return texture, height, shade(texture, shading), elevation

    @torch.no_grad()
    def blur_texture(self, terrain: Tensor, height: Tensor) -> Tensor:
        """Blur the texture of real terrain as the generator blurs its own: all but the shading of its height.

        Real terrain shows relief that is finer than its heights. A generator that is to make its like has nowhere to
        put it but into the texture, as a weave that looks the same from all sides.

        Args:
            terrain: `(N, 3 T, H, W)`.
            height: `(N, 1, H, W)` in the height code.

        Returns:
            terrain `(N, 3 T, H, W)`; water stays as it is.

        """
        land = land_mask(height)  # (N, 1, H, W)
        shading = self.shadow(height)  # (N, T, H, W)
        blurred = shade(blur_land(shade(terrain, -shading), land), shading)  # (N, 3 T, H, W)
        return torch.where(land > 0, blurred, terrain)


def flip_each(maps: Tensor, choices: Tensor) -> Tensor:
    """Flip each of `maps` `(N, C, H, W)` its own way: `choices` `(N,)`, integers on the CPU, are places in `FLIPS`."""
    for dim in (2, 3):
        flips = torch.tensor([dim in f for f in FLIPS])[choices].view(-1, 1, 1, 1).to(maps.device, non_blocking=True)
        maps = torch.where(flips, maps.flip(dim), maps)
    return maps
