"""The adversarial losses, and the flips that keep light out of the texture.

Hinge loss: Lim and Ye, "Geometric GAN", 2017.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

FLIPS = ((), (3,), (2,), (2, 3))
"""The dimensions of `(N, C, H, W)` to flip: none, left-right, up-down, both. Only none leaves the light where it is."""

_CHANCES = torch.tensor([0, 0, 0, 1, 2, 3])


def hinge_discriminator(real: list[Tensor], made: list[Tensor]) -> Tensor:
    """Discriminator's hinge loss over all scales' verdicts: 2 when it can't tell anything, 0 when it is sure."""
    losses = [F.relu(1 - r.float()).mean() + F.relu(1 + m.float()).mean() for r, m in zip(real, made, strict=True)]
    return torch.stack(losses).mean()


def hinge_generator(made: list[Tensor]) -> Tensor:
    """Generator's side of the hinge loss: the better it is taken for real, the lower."""
    return -torch.stack([m.float().mean() for m in made]).mean()


def light_in_texture(texture: Tensor, normals: Tensor, land: Tensor) -> Tensor:
    """How much light there is in textures: the squared correlation of their fine lightness with the slopes.

    Colours may differ with the height, but not between slopes that face east and west, or north and south. The mean
    over both directions and all crops, 0..1.

    Args:
        texture: `(N, 3, H, W)`.
        normals: of the surface, their parts to the east and the south `(N, 2, H, W)`; they are not taught.
        land: `(N, 1, H, W)`, 1 on land, 0 on water.

    """

    def steady(x: Tensor) -> Tensor:
        mean = (x * land).sum((2, 3), keepdim=True) / land.sum((2, 3), keepdim=True).clamp_min(1)
        centred: Tensor = (x - mean) * land
        return centred

    fine, facing = steady(_fine(texture, land)), steady(normals.detach().float())
    together = (fine * facing).sum((2, 3))  # (N, 2)
    sizes = fine.square().sum((2, 3)) * facing.square().sum((2, 3))
    return (together.square() / sizes.clamp_min(1e-6)).mean()


def unexplained(
    terrain: Tensor, shading: Tensor, land: Tensor, over_processes: Callable[[Tensor], Tensor] = lambda mean: mean
) -> Tensor:
    """What shading leaves unexplained of real terrain: the share of its fine lightness, 0 or more; 1 if it is none.

    Args:
        terrain: real, `(N, 3, H, W)`.
        shading: of its height, `(N, 1, H, W)`.
        land: `(N, 1, H, W)`, 1 on land, 0 on water.
        over_processes: averages what there is to explain over the processes that share a batch.

    """
    wanted, got = (_fine_inland(m, land) for m in (terrain, shading))
    return (wanted - got).square().mean() / over_processes(wanted.square().mean()).clamp_min(1e-6)


def detail(
    texture: Tensor,
    land: Tensor,
    terrain: Tensor,
    real_land: Tensor,
    over_processes: Callable[[Tensor], Tensor] = lambda mean: mean,
) -> Tensor:
    """How much detail there is in textures: the mean square of their fine lightness, as a share of real terrain's.

    Args:
        texture: `(N, 3, H, W)`.
        land: of the textures, `(N, 1, H, W)`, 1 on land, 0 on water.
        terrain: real, `(N, 3, H, W)`.
        real_land: of the real terrain.
        over_processes: averages real terrain's over the processes that share a batch.

    """
    made, real = _fine_inland(texture, land), _fine_inland(terrain, real_land)
    return made.square().mean() / over_processes(real.square().mean()).clamp_min(1e-6)


def _fine_inland(picture: Tensor, land: Tensor) -> Tensor:
    """`_fine` of the land less two pixels along its coasts, 0 elsewhere: the line that follows a coast is no detail."""
    inland = -F.max_pool2d(-land, 5, stride=1, padding=2)
    return _fine(picture, inland) * inland


def _fine(picture: Tensor, land: Tensor) -> Tensor:
    """Lightness `(N, 1, H, W)` of pictures `(N, C, H, W)` less that of the land around each pixel."""
    grey = picture.float().mean(1, keepdim=True)  # (N, 1, H, W)
    around, share = (_mean_around(m) for m in (grey * land, land))
    return grey - around / share.clamp_min(1e-3)


def _mean_around(x: Tensor) -> Tensor:
    """Mean of the 9 x 9 pixels around each, with zeros past the edge."""
    return F.avg_pool2d(F.avg_pool2d(x, (9, 1), stride=1, padding=(4, 0)), (1, 9), stride=1, padding=(0, 4))


def draw_flips(count: int, random: torch.Generator) -> Tensor:
    """Draw a flip for each of `count` crops, half of them none: `(count,)`, places in `FLIPS`, on the CPU."""
    return _CHANCES[torch.randint(len(_CHANCES), (count,), generator=random)]


def flip_each(maps: Tensor, choices: Tensor) -> Tensor:
    """Flip each of `maps` `(N, C, H, W)` its own way: `choices` `(N,)`, integers on the CPU, are places in `FLIPS`."""
    for dim in (2, 3):
        flips = torch.tensor([dim in f for f in FLIPS])[choices].view(-1, 1, 1, 1).to(maps.device, non_blocking=True)
        maps = torch.where(flips, maps.flip(dim), maps)
    return maps
