"""Which points of a jittered grid are neighbours in its Delaunay triangulation, without making all of that."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

_PAIRS, _ROUND = 2, 3
"""How many cells of the grid away a neighbour may be, and a point that decides whether it is one."""


def neighbours(points: NDArray[np.float64], grid: NDArray[np.int64], which: NDArray[np.int64]) -> NDArray[np.int64]:
    """All pairs of a point and a neighbour of it: int64 `(M, 2)`, sorted.

    Two points are neighbours if a circle through both holds no other. Its middle lies on their bisector, and each other
    point leaves a half of that; so they are if what all others leave is not empty.

    Args:
        points: x and y of all points, float64 `(N, 2)`.
        grid: which point each cell of a grid holds, -1 for none: int64 `(rows, columns)`.
        which: those whose neighbours are asked for, none within three cells of the grid's edge: int64 `(K,)`.

    """
    places = np.full(len(points), -1)
    places[grid[grid >= 0]] = np.flatnonzero(grid >= 0)
    around = {(y, x): grid.ravel()[places[which] + y * grid.shape[1] + x] for y, x in _steps(_ROUND)}
    found = []
    for step in _steps(_PAIRS):
        there = around[step] >= 0
        a, b = points[which[there]], points[around[step][there]]
        low, high = np.full(len(a), -np.inf), np.full(len(a), np.inf)
        for other in around.keys() - {step}:
            _cut(a, b, points[around[other][there]], around[other][there] >= 0, low, high)
        found.append(np.stack([which[there], around[step][there]], 1)[low < high])
    return np.unique(np.concatenate(found), axis=0)


def _steps(most: int) -> list[tuple[int, int]]:
    side = range(-most, most + 1)
    return [(y, x) for y, x in product(side, side) if (y, x) != (0, 0)]


def _cut(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    other: NDArray[np.float64],
    exists: NDArray[np.bool_],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> None:
    """Narrow `low` and `high`, between which the middle may lie, in lengths of `b - a` from halfway between them."""
    along = b - a
    away = other - (a + b) / 2
    # At `t` on the bisector, the other point is outside if  t * rise <= room.
    rise = 2 * (away[:, 1] * along[:, 0] - away[:, 0] * along[:, 1])
    room = (away**2).sum(1) - (along**2).sum(1) / 4
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = room / rise
    np.minimum(high, limit, out=high, where=exists & (rise > 0))
    np.maximum(low, limit, out=low, where=exists & (rise < 0))
    high[exists & (rise == 0) & (room < 0)] = -np.inf
