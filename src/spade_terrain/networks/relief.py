"""What heights say, in the height code that networks see: where land is, and how its surface is inclined."""

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.card import HeightCode
from spade_terrain.terrain import GSD

EXAGGERATION = 15.0
SEA_STEP = 0.25
"""By how much discriminators see all land raised, in the height code: as much as the sea lies below 140 m."""


def land_mask(height: Tensor) -> Tensor:
    """Where `height`, in the height code, is above the sea: 0 or 1, of the same shape and dtype."""
    return (height > -1).to(height)


def above_a_step(height: Tensor) -> Tensor:
    """`height` in the height code as discriminators see it: all land is raised by `SEA_STEP`.

    Convolutions hardly see the 0.04 that lie between the sea and a plain at 3 m: in the sea's blue that would pass for
    a bay, and cost no painted land.
    """
    return height + SEA_STEP * land_mask(height)


def surface_normals(height: Tensor, height_code: HeightCode) -> Tensor:
    """Height in the height code `(N, 1, H, W)` to the horizontal part (east, south) of its normals `(N, 2, H, W)`.

    The ground is raised `EXAGGERATION` times first: real slopes over 2,000 m pixels are a few degrees. Bounded by 1,
    and exactly 0 on flat ground.
    """
    metres = ((height.clamp_min(-1) + 1) / 2).square() * height_code.max_m  # (N, 1, H, W)
    padded = F.pad(metres, (1, 1, 1, 1), mode="replicate")  # (N, 1, H+2, W+2)
    east = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]  # (N, 1, H, W)
    south = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]  # (N, 1, H, W)
    slope = torch.cat([east, south], 1) * (-EXAGGERATION / (2 * GSD))  # (N, 2, H, W)
    return slope * torch.rsqrt(1 + slope.square().sum(1, keepdim=True))
