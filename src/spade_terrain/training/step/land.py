"""What painted coasts become: the price of land lost where somebody would miss it, and of coasts left as painted."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.networks.coast import SHORE_DEPTH
from spade_terrain.palette import WATER

RETREAT = 4
"""Pixels that an open coast may lie behind the painted one for nothing."""
NARROW = 13
"""Land that a square of this many pixels a side does not fit in is narrow: islands, isthmuses, spits."""
SUNK = 0.25
"""Share of open coasts, the `RETREAT` pixels along them, that should lie below the sea. In real crops half of it does;
less keeps more of what people paint."""
_MARGIN = 0.02  # above and below the sea, in the height code: 1 m


class Zones(NamedTuple):
    """Painted land by how it is missed, each `(N, 1, H, W)`, 1 where it is."""

    open_coast: Tensor
    inland: Tensor
    narrow: Tensor


def painted_zones(labels: Tensor) -> Zones:
    """Zones of the land of one-hot `labels` `(N, 7, H, W)`.

    Inland lies further than `RETREAT` from painted water; narrow land is islands, isthmuses and spits, all over.
    """
    land = 1 - labels[:, WATER : WATER + 1]  # (N, 1, H, W)
    inland = eroded(land, 2 * RETREAT + 1)
    narrow = land - _dilated(eroded(land, NARROW), NARROW)
    return Zones(land * (1 - inland) * (1 - narrow), inland, narrow)


def land_loss(
    elevation: Tensor, zones: Zones, mean_over_processes: Callable[[Tensor], Tensor] = lambda mean: mean
) -> Tensor:
    """How deep painted land is sunk where it may not be, as a share of the deepest that is of any use; 0 if it is not.

    Inland counts, and so does narrow land: lost, it takes a way over land, or an island, with it. Both are averaged
    apart, since there is little that is narrow.

    Args:
        elevation: `(N, 1, H, W)` above the lowest that land can sink, in the height code.
        zones: of the painted map.
        mean_over_processes: averages how much land counts over the processes that share a batch.

    """
    sunk = F.relu(SHORE_DEPTH + _MARGIN - elevation.float()) / SHORE_DEPTH  # (N, 1, H, W)
    missed = zones.inland, zones.narrow
    lost, counted = (
        torch.stack([(x * where).sum() for where in missed]) for x in (sunk, torch.ones_like(sunk))
    )  # 2 x (2,)
    return (lost / mean_over_processes(counted).clamp_min(1)).sum()


def shore_loss(
    elevation: Tensor, zones: Zones, mean_over_processes: Callable[[Tensor], Tensor] = lambda mean: mean
) -> Tensor:
    """How high the lowest `SUNK` of each crop's open coasts stand above the sea, on average; 0 if so much is sunk.

    A generator that has once lifted its coasts is slow to find back: what is just above the sea, and what would look
    right a little below, lie far apart in the height code. This says how much is to sink, and the discriminator where.

    Args:
        elevation: `(N, 1, H, W)` above the lowest that land can sink, in the height code.
        zones: of the painted map.
        mean_over_processes: averages how much coast counts over the processes that share a batch.

    """
    coast = zones.open_coast
    counted = (SUNK * coast.sum((1, 2, 3))).floor()  # (N,)
    rising = torch.where(coast > 0, elevation.float(), torch.inf).flatten(1).sort(1).values  # (N, H W)
    lowest = torch.arange(rising.shape[1], device=rising.device) < counted[:, None]  # (N, H W)
    above = F.relu(torch.where(lowest, rising, 0) - (SHORE_DEPTH - _MARGIN)).sum()
    return above / mean_over_processes(counted.sum()).clamp_min(1)


def eroded(land: Tensor, side: int) -> Tensor:
    """Where a square of `side` pixels around a pixel of `land` `(N, 1, H, W)` is all land, as past the map's edge."""
    return -_dilated(-land, side)


def _dilated(land: Tensor, side: int) -> Tensor:
    """The highest value in a square of `side` pixels around each pixel: of its columns, then of these."""
    columns = F.max_pool2d(land, (side, 1), stride=1, padding=(side // 2, 0))
    return F.max_pool2d(columns, (1, side), stride=1, padding=(0, side // 2))
