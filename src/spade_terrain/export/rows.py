"""Maps that are read some rows at a time, so that writing a file takes the same memory for a map of any size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spade_terrain.palette import WATER
from spade_terrain.terrain import Rows

STRIPE_PIXELS = 2**20
"""The most pixels that a writer reads at once, unless one row has more."""


def stripes(rows: Rows) -> Iterator[NDArray[Any]]:
    """`rows` from north to south in arrays of at most `STRIPE_PIXELS` pixels, or of one row."""
    return (rows[part] for part in slices(rows))


def slices(rows: Rows) -> Iterator[slice]:
    """Where the arrays of `stripes(rows)` begin and end."""
    height, width = rows.shape[:2]
    at_once = max(STRIPE_PIXELS // width, 1)
    return (slice(start, min(start + at_once, height)) for start in range(0, height, at_once))


@dataclass(frozen=True)
class Flipped:
    """`source` from south to north."""

    source: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        """Of `source`."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of `source`."""
        return self.source.dtype

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """These rows, the last of `source` being row 0."""
        start, stop, _ = rows.indices(self.shape[0])
        return self.source[self.shape[0] - stop : self.shape[0] - start][::-1]


@dataclass(frozen=True)
class Mapped:
    """`Rows` made from other rows when they are asked for.

    Attributes:
        source: the rows it is made from.
        function: turns some rows of `source` into as many of this map; each row must depend on that row alone.
        dtype: the type that `function` returns.
        channels: the shape of one pixel, `()` for `(H, W)` and `(C,)` for `(H, W, C)`.

    """

    source: Rows
    function: Callable[[NDArray[Any]], NDArray[Any]]
    type: DTypeLike
    channels: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width of `source`, and the channels."""
        return (*self.source.shape[:2], *self.channels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return np.dtype(self.type)

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """These rows, made now."""
        return self.function(self.source[rows])


@dataclass(frozen=True)
class Drawn:
    """The map as the terrain drew it: the painted `labels`, and water wherever the `height` is the sea's.

    A model may draw bays into painted land; a mask has to follow the coast that is to be seen.
    """

    labels: Rows
    height: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        """Of `labels`."""
        return self.labels.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of `labels`."""
        return self.labels.dtype

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """These rows, made now."""
        return np.where(self.height[rows] > 0, self.labels[rows], np.uint8(WATER))
