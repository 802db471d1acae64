"""What is random in a training step: noise, flips, shifts and classes.

Each is drawn for the whole batch from one random state, so that all processes draw the same.
"""

import torch
from torch import Tensor

from spade_terrain.card import NoiseInput
from spade_terrain.palette import CLASSES

_FLIP_ODDS = torch.tensor([0, 0, 0, 1, 2, 3])


def draw_noise(inputs: tuple[NoiseInput, ...], count: int, size: int, random: torch.Generator) -> list[Tensor]:
    """Noise for `count` square maps of `size` pixels, distributed as generation's: the sum of four random bytes.

    It is drawn on `random`'s device: for each of the `inputs` `(count, channels, size / stride, size / stride)`, of
    mean 0 and variance 1.
    """
    maps = []
    for n in inputs:
        shape = (count, n.channels, size // n.stride, size // n.stride)
        four = torch.randint(0, 256, (4, *shape), generator=random, dtype=torch.uint8, device=random.device)
        maps.append((four.sum(0).float() - 510) * (3 / (65535.0)) ** 0.5)  # a byte's variance is (256**2 - 1) / 12
    return maps


def draw_flips(count: int, random: torch.Generator) -> Tensor:
    """Draw a flip for each of `count` crops, half of them none: `(count,)`, places in `FLIPS`, on the CPU."""
    return _FLIP_ODDS[torch.randint(len(_FLIP_ODDS), (count,), generator=random)]


def draw_shifts(count: int, size: int, share: float, random: torch.Generator) -> Tensor:
    """Draw `(count, 2)` integers, rows and columns, of at most `share` of `size` either way; on `random`'s device."""
    most = int(share * size)
    return torch.randint(-most, most + 1, (count, 2), generator=random, device=random.device)


def draw_classes(count: int, random: torch.Generator) -> Tensor:
    """Draw which classes of each of `count` crops are to be real: `(count, 7)` of 0 or 1, on `random`'s device."""
    return torch.randint(2, (count, len(CLASSES)), generator=random, device=random.device).float()


def draw_window(crop: int, size: int, random: torch.Generator) -> tuple[slice, slice]:
    """Draw rows and columns of a window of `size` pixels a side in crops of `crop`."""
    row, column = torch.randint(crop - size + 1, (2,), generator=random).tolist()
    return slice(row, row + size), slice(column, column + size)
