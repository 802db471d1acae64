"""The coast: where the generator may sink painted land below the sea, and what of it may not stay behind."""

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.palette import WATER

SHORE_DEPTH = 0.1  # how far below the sea painted land can sink, in the height code: as much as 22 m lie above it
SHORE_CELL = 8  # pixels; in a square of five cells there must be enough land for a bay
SHORE_CELLS = 5
SHORE_SHARES = (0.24, 0.26)  # of land there: below the first there are no bays, above the second there may be any
OPENING_RADIUS = 2  # pixels that `open_land` reads to each side
_CLIFF = 100.0  # higher than any land, in the height code


def shore_mask(labels: Tensor, cell: int) -> Tensor:
    """Where painted land may sink below the sea, 0..1 `(N, 1, H, W)`: not where it is an islet.

    Sunk, they would be gone, though somebody has painted them.

    Args:
        labels: one-hot `(N, 7, H, W)`.
        cell: side in pixels of the squares in which land is counted.

    """
    land = F.avg_pool2d(1 - labels[:, WATER : WATER + 1], cell)  # (N, 1, H/8, W/8)
    share = F.avg_pool2d(land, SHORE_CELLS, stride=1, padding=SHORE_CELLS // 2, count_include_pad=False)
    low, high = SHORE_SHARES
    shore: Tensor = F.interpolate((share - low) / (high - low), scale_factor=float(cell), mode="bilinear")
    return shore.clamp(0, 1)  # (N, 1, H, W)


def open_land(elevation: Tensor, water: Tensor) -> Tensor:
    """Morphological opening of the land that stands out of sunk land: what is narrower than three pixels sinks too.

    Where painted land sinks, a thread of it can be left along the painted coast; land that is narrow because it was
    painted so stays, since painted `water` counts as land here. Opening: Serra, "Image Analysis and Mathematical
    Morphology", 1982.

    Args:
        elevation: `(N, 1, H, W)` above the lowest that land can sink, in the height code.
        water: painted water, 0 or 1 `(N, 1, H, W)`.

    Returns:
        `elevation`, lowered where the opening takes it below the sea.

    """
    eroded = -F.max_pool2d(-(elevation + _CLIFF * water), 3, stride=1, padding=1)  # (N, 1, H, W)
    opened = F.max_pool2d(eroded - _CLIFF * water, 3, stride=1, padding=1)  # (N, 1, H, W)
    return torch.where(opened < SHORE_DEPTH, opened, elevation)
