"""The price of painted land that sinks: high where somebody would miss it, nothing along open coasts."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.networks.coast import SHORE_DEPTH
from spade_terrain.palette import WATER

RETREAT = 4
"""Pixels that an open coast may lie behind the painted one for nothing."""
NARROW = 13
"""Land that a square of this many pixels a side does not fit in is narrow: islands, isthmuses, spits."""
_MARGIN = 0.02  # above the sea, in the height code: 1 m


def land_loss(
    elevation: Tensor, labels: Tensor, mean_over_processes: Callable[[Tensor], Tensor] = lambda mean: mean
) -> Tensor:
    """How deep painted land is sunk where it may not be, as a share of the deepest that is of any use; 0 if it is not.

    Land counts if it lies further than `RETREAT` from painted water, and narrow land counts all over: lost, it takes a
    way over land, or an island, with it. Both are averaged apart, since there is little that is narrow.

    Args:
        elevation: `(N, 1, H, W)` above the lowest that land can sink, in the height code.
        labels: one-hot `(N, 7, H, W)`.
        mean_over_processes: averages how much land counts over the processes that share a batch.

    """
    land = 1 - labels[:, WATER : WATER + 1]  # (N, 1, H, W)
    inland = _eroded(land, 2 * RETREAT + 1)  # (N, 1, H, W)
    narrow = land - F.max_pool2d(_eroded(land, NARROW), NARROW, stride=1, padding=NARROW // 2)  # (N, 1, H, W)
    sunk = F.relu(SHORE_DEPTH + _MARGIN - elevation.float()) / SHORE_DEPTH  # (N, 1, H, W)
    lost, counted = (torch.stack([(x * where).sum() for where in (inland, narrow)]) for x in (sunk, land))  # 2 x (2,)
    return (lost / mean_over_processes(counted).clamp_min(1)).sum()


def _eroded(land: Tensor, side: int) -> Tensor:
    """Where a square of `side` pixels around each pixel is all land; past the map's edge there is land."""
    return -F.max_pool2d(-land, side, stride=1, padding=side // 2)
