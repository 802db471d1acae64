"""The cells of a map, and how they are drawn.

A cell is the ground that is nearer to its site than to any other (a Voronoi cell). So a pixel has the class of the
nearest site, whatever the file: some have the sites alone, others polygons too, which are no better (older versions
round their corners down to whole units).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from spade_terrain.maps import limits
from spade_terrain.maps.azgaar.biomes import SEA
from spade_terrain.palette import WATER, Labels
from spade_terrain.terrain import GSD, SPRINGS, Course

WAVELENGTH = 8
"""Of the largest bends of borders, in pixels of a drawing. They bend a cell's edges; larger ones would move it away."""
_CELL = 7
"""Pixels a side of a usual cell, as it is drawn: few, so that upscaling rounds and bends its straight edges."""
_REACH = 1.4
"""No place of a cell on land is farther from its site, in spacings: sites are a grid, each moved by up to 0.45."""
_FINE = 1 << 32
"""Parts of a square pixel in which distances are compared."""
_HEIGHT_BITS, _FACT_BITS = 7, 10
"""Of a cell's height, and of its label and height together."""
_HEIGHTS = (1 << _HEIGHT_BITS) - 1
_ZERO = 18
"""The generator's height of 0 m, in its function `getHeight`; the lowest land, 20, has 4 m with its usual exponent."""


@dataclass(frozen=True)
class Cells:
    """The cells of a map. Where none is near, in the open sea of which the generator drops most cells, it is water.

    Attributes:
        size: width and height of the map, in its own units.
        spacing: side of a usual cell, in the same units.
        sites: a point of each cell, x and y: float64 `(N, 2)`.
        labels: class of each cell, 0..6: uint8 `(N,)`.
        heights: of each cell, in the generator's units, 0..100: int64 `(N,)`.
        exponent: of its heights, if the file tells: a cell of land is `(h - 18) ** exponent` metres high.
        metres: metres a unit of the map, if it is known.
        courses: of its rivers, in the map's own units, those first that others flow into.

    """

    size: tuple[float, float]
    spacing: float
    sites: NDArray[np.float64]
    labels: Labels
    heights: NDArray[np.int64]
    exponent: float | None
    metres: float | None
    courses: Sequence[Course]

    def shape(self, width: int | None) -> tuple[int, int]:
        """Height and width of the map with so many columns; by default a pixel is one unit of the map."""
        columns = round(self.size[0]) if width is None else width
        return round(columns * self.size[1] / self.size[0]), columns

    def gsd(self, width: int) -> float | None:
        """Metres a pixel of the map with so many columns, if known."""
        return self.metres and self.metres * self.size[0] / width

    def rivers(self, width: int) -> list[Course]:
        """Courses of rivers on the map with so many columns, in its pixels."""
        unit = width / self.size[0]
        least = SPRINGS * (self.gsd(width) or GSD)
        return [
            course._replace(points=course.points * unit, discharge=max(course.discharge, least))
            for course in self.courses
        ]

    def draw(self, width: int) -> tuple[Labels, NDArray[np.float32], int]:
        """Paint the cells coarsely: labels, uint8 `(h, w)`, and heights of the land in metres, float32 `(h, w)`.

        Last comes how many times to upscale that for a map of `width` columns; it may be some rows and columns larger
        than that map then. Heights are NaN in water, and everywhere if there is no exponent.
        """
        unit = width / self.size[0]
        height = self.size[1] * unit
        scale = max(1, round(self.spacing * unit / _CELL), ceil(sqrt(width * height / limits.MAX_DECODED)))
        columns, rows = ceil(width / scale), ceil(height / scale)
        pixel = scale / unit
        facts = self.labels.astype(np.int64) << _HEIGHT_BITS | self.heights
        drawn = _nearest(self.sites / pixel, facts, (rows, columns), _REACH * self.spacing / pixel)
        labels = (drawn >> _HEIGHT_BITS).astype(np.uint8)
        metres = np.full(drawn.shape, np.nan, np.float32)
        if self.exponent is not None:
            land = (labels != WATER) & (drawn & _HEIGHTS >= SEA)
            metres[land] = (drawn[land] & _HEIGHTS).astype(np.float32) - _ZERO
            metres[land] **= np.float32(self.exponent)
        return labels, metres, scale


def _nearest(
    sites: NDArray[np.float64], facts: NDArray[np.int64], shape: tuple[int, int], reach: float
) -> NDArray[np.int64]:
    """The fact of the site (x, y in pixels) nearest to each pixel's middle; water at 0 beyond `reach` of them all.

    Facts have `_FACT_BITS` bits; of two sites as near, the lower counts.
    """
    rows, columns = shape
    around = ceil(reach)
    inside = ((sites > -around) & (sites < np.array([columns, rows]) + around)).all(1)
    sites, facts = sites[inside], facts[inside]
    x0, y0 = np.floor(sites.T).astype(np.int64)
    nearest = np.full(
        rows * columns, round((reach + 1) ** 2 * _FINE) << _FACT_BITS | WATER << _HEIGHT_BITS
    )  # a distance and a fact
    for y, x in np.ndindex(2 * around + 1, 2 * around + 1):
        column, row = x0 + x - around, y0 + y - around
        square = (column + 0.5 - sites[:, 0]) ** 2 + (row + 0.5 - sites[:, 1]) ** 2
        there = (column >= 0) & (column < columns) & (row >= 0) & (row < rows) & (square <= reach**2)
        here = (square[there] * _FINE).astype(np.int64) << _FACT_BITS | facts[there]
        np.minimum.at(nearest, row[there] * columns + column[there], here)
    return (nearest & ((1 << _FACT_BITS) - 1)).reshape(shape)
