"""Flips of crops, each its own way."""

import torch
from torch import Tensor

FLIPS = ((), (3,), (2,), (2, 3))
"""The dimensions of `(N, C, H, W)` to flip: none, left-right, up-down, both. Only none leaves the light where it is."""


def flip_each(maps: Tensor, choices: Tensor) -> Tensor:
    """Flip each of `maps` `(N, C, H, W)` its own way: `choices` `(N,)`, integers on the CPU, are places in `FLIPS`."""
    for dim in (2, 3):
        flips = torch.tensor([dim in f for f in FLIPS])[choices].view(-1, 1, 1, 1).to(maps.device, non_blocking=True)
        maps = torch.where(flips, maps.flip(dim), maps)
    return maps
