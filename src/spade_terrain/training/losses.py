"""The adversarial losses, and the flips that keep light out of the texture.

Hinge loss: Lim and Ye, "Geometric GAN", 2017.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

FLIPS = ((3,), (2,), (2, 3))
"""The dimensions of `(N, C, H, W)` to flip: left-right, up-down, both. None keeps the light in the north-west."""


def hinge_discriminator(real: list[Tensor], made: list[Tensor]) -> Tensor:
    """Discriminator's hinge loss over all scales' verdicts: 2 when it can't tell anything, 0 when it is sure."""
    losses = [F.relu(1 - r.float()).mean() + F.relu(1 + m.float()).mean() for r, m in zip(real, made, strict=True)]
    return torch.stack(losses).mean()


def hinge_generator(made: list[Tensor]) -> Tensor:
    """Generator's side of the hinge loss: the better it is taken for real, the lower."""
    return -torch.stack([m.float().mean() for m in made]).mean()


def flip_each(maps: Tensor, choices: Tensor) -> Tensor:
    """Flip each of `maps` `(N, C, H, W)` its own way: `choices` `(N,)`, integers on the CPU, are places in `FLIPS`."""
    for dim in (2, 3):
        flips = torch.tensor([dim in f for f in FLIPS])[choices].view(-1, 1, 1, 1).to(maps.device, non_blocking=True)
        maps = torch.where(flips, maps.flip(dim), maps)
    return maps
