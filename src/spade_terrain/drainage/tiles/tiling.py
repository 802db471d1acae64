"""How a map is divided into tiles, and how the pixels along a tile's sides are counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spade_terrain.window import Window

Pixels = NDArray[np.int64]
"""Pixels of a map, counted row by row: pixel (row, column) is `row * width + column`."""


@dataclass(frozen=True)
class Tiling:
    """A map's tiles, counted row by row.

    Attributes:
        rows: where rows of tiles begin, from 0 on, and the map's height.
        columns: where columns of tiles begin, from 0 on, and the map's width.

    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, int], side: int) -> "Tiling":
        """Squares of `side` pixels; the last ones end where a map of `(H, W)` pixels does."""
        rows, columns = ((*range(0, length, side), length) for length in shape)
        return cls(rows, columns)

    @property
    def shape(self) -> tuple[int, int]:
        """The map's rows and columns."""
        return self.rows[-1], self.columns[-1]

    def windows(self) -> Iterator[Window]:
        """All tiles, in their order."""
        for y0, y1 in pairwise(self.rows):
            for x0, x1 in pairwise(self.columns):
                yield Window(x0, y0, x1, y1)

    def locate(self, pixels: Pixels) -> tuple[Pixels, Pixels]:
        """Tell the tile that each pixel is in, and its place on that tile's perimeter, on which it has to be."""
        row, column = np.divmod(pixels, self.shape[1])
        rows, columns = np.array(self.rows), np.array(self.columns)
        down, right = np.searchsorted(rows, row, "right") - 1, np.searchsorted(columns, column, "right") - 1
        y, x = row - rows[down], column - columns[right]
        height, width = np.diff(rows)[down], np.diff(columns)[right]
        side = 2 * width + np.where(x == 0, 0, height - 2) + y - 1
        places = np.where(y == 0, x, np.where(y == height - 1, width + x, side))
        return down * (len(columns) - 1) + right, places


def perimeter(shape: tuple[int, int]) -> NDArray[np.int32]:
    """The pixels along the sides of a tile of `(h, w)`, counted within it: int32 `(P,)`, each once.

    First come those of its first row, then those of its last, of its first column and of its last one.
    """
    numbers = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape)
    last_row, last_column = (
        numbers[-1:] if shape[0] > 1 else numbers[:0],
        numbers[1:-1, -1 if shape[1] > 1 else shape[1] :],
    )
    return np.concatenate([part.ravel() for part in (numbers[0], last_row, numbers[1:-1, 0], last_column)])


def global_pixels(window: Window, width: int) -> Pixels:
    """The pixels of a tile of a map of that width: int64 `(h, w)`."""
    return np.arange(window.y0, window.y1, dtype=np.int64)[:, None] * width + np.arange(window.x0, window.x1)
