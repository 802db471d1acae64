"""An array in several resolutions, each half of the one before, written in one pass over its rows."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.terrain import Rows

CHUNK = 256
"""Pixels a side of what is read at once."""
SHARD = 4096
"""Columns of a file, at most. It has as many rows as a chunk, so that a wide map is held a chunk's rows at a time."""

Halved = Callable[[NDArray[Any]], NDArray[Any]]
"""Makes one pixel of each 2 x 2, or of what there is of them at the borders."""


def level_shapes(rows: int, columns: int) -> list[tuple[int, int]]:
    """Rows and columns of all levels, the whole map first, the last one being a chunk at most."""
    shapes = [(rows, columns)]
    while max(shapes[-1]) > CHUNK:
        rows, columns = -(-rows // 2), -(-columns // 2)
        shapes.append((rows, columns))
    return shapes


def write_levels(arrays: Sequence[Any], source: Rows, halved: Halved) -> None:
    """Write `source` into arrays `(H, W, ...)` of the shapes that `level_shapes` says, each made of the one before."""
    waiting: list[list[NDArray[Any]]] = [[] for _ in arrays]
    written = [0] * len(arrays)

    def put(level: int, rows: NDArray[Any]) -> None:
        waiting[level].append(rows)
        height = arrays[level].shape[0]
        count = sum(map(len, waiting[level]))
        if count < CHUNK and written[level] + count < height:
            return
        band = waiting[level][0] if len(waiting[level]) == 1 else np.concatenate(waiting[level])
        waiting[level].clear()
        arrays[level][written[level] : written[level] + count] = band
        written[level] += count
        if level + 1 < len(arrays):
            put(level + 1, halved(band))

    for top in range(0, source.shape[0], CHUNK):
        put(0, source[top : min(top + CHUNK, source.shape[0])])


def average(values: NDArray[Any]) -> NDArray[Any]:
    """Means: of floats, or of uint8, rounded."""
    north_west, north_east, south_west, south_east = _quarters(values)
    if values.dtype == np.uint8:
        total = north_west.astype(np.uint16)
        for quarter in (north_east, south_west, south_east):
            total += quarter
        rounded: NDArray[Any] = ((total + 2) // 4).astype(np.uint8)
        return rounded
    mean: NDArray[Any] = (north_west + north_east + south_west + south_east) * values.dtype.type(0.25)
    return mean


def largest(values: NDArray[Any]) -> NDArray[Any]:
    """The largest of each four: what is thin doesn't get lost."""
    north_west, north_east, south_west, south_east = _quarters(values)
    found: NDArray[Any] = np.maximum(np.maximum(north_west, north_east), np.maximum(south_west, south_east))
    return found


def nearest(values: NDArray[Any]) -> NDArray[Any]:
    """One of each four: of what has no means."""
    return values[::2, ::2]


def _quarters(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The four pixels of each 2 x 2; at an odd border what there is stands for what there is not."""
    odd = [(0, values.shape[0] % 2), (0, values.shape[1] % 2), (0, 0)][: values.ndim]
    even = np.pad(values, odd, mode="edge") if any(after for _, after in odd) else values
    return even[::2, ::2], even[::2, 1::2], even[1::2, ::2], even[1::2, 1::2]
