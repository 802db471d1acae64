"""The displacement at which two pictures of the same ground agree best, place by place.

Of all displacements the right one makes what they show correlate best (phase by phase this is the registration by
cross-correlation of Barnea and Silverman, "A Class of Algorithms for Fast Digital Image Registration", 1972).
"""

from itertools import chain
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.terrain import GSD
from spade_terrain.world.masked import Mask
from spade_terrain.world.rasters.registration.displacement import SHAPE, Displacement

REACH = 5
"""Pixels that the rasters may lie apart, in each direction."""

_SHIFTS = [(south, east) for south in range(-REACH, REACH + 1) for east in range(-REACH, REACH + 1)]
_SIDE = 2 * REACH + 1
_SPREAD = (1.0, 3.0)  # cells, down and across: one cell alone has too little to compare
# Where there is none, it is looked for around: far to the sides first, since what is bent along rows is so all along.
_AROUND = ((0.5, 1.0), (1.0, 4.0), (2.0, 16.0), (4.0, 64.0), (16.0, 64.0), (64.0, 64.0))
_ENOUGH = 0.05  # of the cells around must be clear
# A displacement is believed if the correlation there is above this, and its square times the pixels above that.
_CLEAR, _SURE = 0.2, 150.0


class Sums(NamedTuple):
    """Sums over the pixels of two pictures of the same ground, by cell.

    Attributes:
        cells: places in a flat `SHAPE`, int64 `(N,)`.
        values: float64 `(K, N)`: of the first times the second, displaced in every way within reach; then of the
            first with itself, of the second with itself, and pixels.

    """

    cells: NDArray[np.int64]
    values: NDArray[np.float64]


def sums_of(first: NDArray[np.float32], second: NDArray[np.float32], cells: NDArray[np.int64]) -> Sums:
    """The sums of two pictures `(H, W)`, 0 where nothing counts; `cells` lie in a flat `SHAPE`."""
    inner = (slice(REACH, -REACH),) * 2
    used, where = np.unique(cells[inner].ravel(), return_inverse=True)
    planes = chain(
        (first * np.roll(second, shift, (0, 1)) for shift in _SHIFTS),
        (first * first, second * second, (first != 0).astype(np.float32)),
    )
    return Sums(used, np.stack([np.bincount(where, plane[inner].ravel(), len(used)) for plane in planes]))


class Correlations:
    """Sums of a picture's products with another one, displaced in every way within reach, by cell of `SHAPE`."""

    def __init__(self) -> None:
        self._products = np.zeros((len(_SHIFTS), *SHAPE), np.float32)
        self._energies = np.zeros((3, *SHAPE), np.float32)  # of the first picture, of the second; pixels

    @property
    def empty(self) -> bool:
        """Whether nothing was added."""
        return not self._energies[2].any()

    def add(self, sums: Sums) -> None:
        """Add what `sums_of` found of two pictures."""
        for plane, of_plane in zip((*self._products, *self._energies), sums.values, strict=True):
            plane.reshape(-1)[sums.cells] += of_plane

    def displacement(self) -> Displacement | None:
        """Where the two agree best; where that is not clear, as around there. None if it is clear nowhere."""
        south, east, clear = _peaks(self._products, self._energies)
        if not clear.any():
            return None
        south, east = _fill(south, clear), _fill(east, clear)
        before, after = (
            _agreement(self._products, self._energies, *moved) for moved in ((0 * south, 0 * east), (south, east))
        )
        return Displacement((east * GSD).astype(np.float32), (-south * GSD).astype(np.float32), before, after)

    def offset(self) -> Displacement | None:
        """The one displacement at which they agree best everywhere, to a part of a pixel; None if none is clear."""
        first, second, pixels = self._energies.sum((1, 2), dtype=np.float64)
        sums = self._products.sum((1, 2), dtype=np.float64) / np.sqrt(max(first * second, 1e-6))
        correlations = sums.reshape(_SIDE, _SIDE)
        row, column = divmod(int(correlations.argmax()), _SIDE)
        top = correlations[row, column]
        if not (0 < row < _SIDE - 1 and 0 < column < _SIDE - 1 and top > _CLEAR and top * top * pixels > _SURE):
            return None
        lines = correlations[row - 1 : row + 2, column], correlations[row, column - 1 : column + 2]
        south, east = (float(_vertex(*line)) for line in lines)
        # What a parabola has at its vertex more than at its middle sample.
        more = sum((line[2] - line[0]) * at / 4 for line, at in zip(lines, (south, east), strict=True))
        to_east, to_north = (
            np.full(SHAPE, GSD * at, np.float32) for at in (column - REACH + east, REACH - row - south)
        )
        return Displacement(to_east, to_north, float(correlations[REACH, REACH]), float(top + more))


def _peaks(
    products: NDArray[np.float32], energies: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], Mask]:
    """Where the pictures agree best: pixels to the south and the east, and whether that is clear."""
    correlations = np.stack([_blur(p, _SPREAD) for p in products])
    first, second, pixels = (_blur(e, _SPREAD) for e in energies)
    correlations /= np.sqrt(np.maximum(first * second, 1e-6))
    pixels *= 4 * np.pi * _SPREAD[0] * _SPREAD[1]  # as many as those whose mean is as steady
    best = correlations.argmax(0)
    row, column = best // _SIDE, best % _SIDE
    inside = (row > 0) & (row < _SIDE - 1) & (column > 0) & (column < _SIDE - 1)
    best = np.where(inside, best, len(_SHIFTS) // 2)

    def around(step: int) -> NDArray[np.float32]:
        values: NDArray[np.float32] = np.take_along_axis(correlations, (best + step)[None], 0)[0]
        return values

    top = around(0)
    vertex = [_vertex(around(-step), top, around(step)) for step in (_SIDE, 1)]
    return (
        (row - REACH + vertex[0]).astype(np.float32),
        (column - REACH + vertex[1]).astype(np.float32),
        inside & (top > _CLEAR) & (top * top * pixels > _SURE),
    )


def _vertex(before: NDArray[np.float32], top: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where between the neighbours, -0.5..0.5, the parabola through three values has its vertex."""
    bend = np.minimum(before - 2 * top + after, -1e-6)
    vertex: NDArray[np.float32] = np.clip((before - after) / (2 * bend), -0.5, 0.5)
    return vertex


def _fill(values: NDArray[np.float32], known: Mask) -> NDArray[np.float32]:
    """`values` smoothed where `known`, and elsewhere those from around, looked for wider and wider."""
    filled = np.full(values.shape, values[known].mean(), np.float32)
    missing = np.ones(values.shape, bool)
    for spread in _AROUND:
        weight = _blur(known.astype(np.float32), spread)
        mean = _blur(np.where(known, values, 0).astype(np.float32), spread) / np.maximum(weight, 1e-9)
        found = missing & (weight > _ENOUGH)
        filled[found] = mean[found]
        missing &= ~found
    return filled


def _blur(values: NDArray[np.float32], spread: tuple[float, float]) -> NDArray[np.float32]:
    """Gaussian blur of `SHAPE`, round the Earth; `spread` in cells, down and across."""
    down, across = spread
    reach = min(int(4 * across) + 1, SHAPE[1])
    wide = np.pad(values, ((0, 0), (reach, reach)), "wrap")
    return cv2.GaussianBlur(wide, (0, 0), across, sigmaY=down)[:, reach:-reach].astype(np.float32)


def _agreement(
    products: NDArray[np.float32], energies: NDArray[np.float32], south: NDArray[np.float32], east: NDArray[np.float32]
) -> float:
    """Correlation of all that was added, once moved by so many pixels, to the nearest pixel."""
    number = (np.rint(south) + REACH) * _SIDE + np.rint(east) + REACH
    together = np.take_along_axis(products, number.astype(int)[None], 0)[0]
    return float(together.sum(dtype=np.float64) / np.sqrt(np.prod(energies[:2].sum((1, 2), dtype=np.float64))))
