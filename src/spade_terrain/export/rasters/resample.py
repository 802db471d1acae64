"""Maps brought to another number of pixels, some rows at a time."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.export import rows as streaming
from spade_terrain.terrain import Rows

_SUPPORT = {Image.Resampling.BICUBIC: 2, Image.Resampling.LANCZOS: 3}
"""Pixels of the coarser map that each filter reaches to either side."""

_HELD = 8
"""Stripes' worth of `source` held at once: fewer would read the margins between them too often."""


@dataclass(frozen=True)
class Nearest:
    """Labels (uint8 `(H, W)`) at `height` x `width` pixels, each that of the pixel it lies in; see `Resampled`."""

    source: Rows
    height: int
    width: int
    corners: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the map that is asked for."""
        return self.height, self.width

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of `source`."""
        return self.source.dtype

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """These rows, made now."""
        from_rows, columns = self._along(0), self._along(1)
        # One by one: between those that are asked for there may be many.
        parts = [self.source[row : row + 1][:, columns] for row in from_rows[rows].tolist()]
        return np.concatenate(parts) if parts else np.empty((0, self.width), self.dtype)

    def _along(self, axis: int) -> NDArray[np.int64]:
        """The pixel of `source` for each along `axis`."""
        side = self.source.shape[axis]
        middles = np.arange(self.shape[axis]) + 0.5 * (1 - self.corners)
        return np.clip(middles * side / (self.shape[axis] - self.corners), 0, side - 1).astype(np.int64)


@dataclass(frozen=True)
class Resampled:
    """`source` at `height` x `width` pixels, its border repeated outward; what is made smaller is averaged.

    Attributes:
        source: float32 `(H, W)`, or uint8 RGB `(H, W, 3)`.
        height: rows wanted.
        width: columns wanted.
        corners: the first and last rows and columns lie on the border of the map, like the vertices of a mesh that
            covers it; otherwise each pixel stands for its share of the map, as in a picture.
        resampling: the filter.

    """

    source: Rows
    height: int
    width: int
    corners: bool = False
    resampling: Image.Resampling = Image.Resampling.BICUBIC

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the map that is asked for."""
        return (self.height, self.width, *self.source.shape[2:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of `source`."""
        return self.source.dtype

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """These rows, made now."""
        start, stop, _ = rows.indices(self.height)
        step, margin = self._along(0)
        held = _HELD * streaming.STRIPE_PIXELS // self.source.shape[1]
        at_once = max(floor((held - 2 * (margin + 1)) / step), 1)
        parts = [self._part(i, min(i + at_once, stop)) for i in range(start, stop, at_once)]
        return np.concatenate(parts) if parts else np.empty((0, *self.shape[1:]), self.dtype)

    def _along(self, axis: int) -> tuple[float, int]:
        """Pixels of `source` for each pixel, and how many more the filter may reach to either side."""
        step = self.source.shape[axis] / (self.shape[axis] - self.corners)
        return step, ceil((_SUPPORT[self.resampling] + 1) * max(step, 1)) + 1

    def _part(self, start: int, stop: int) -> NDArray[Any]:
        """Rows `start` to `stop`."""
        offset = 0.5 * self.corners  # how far the first pixel's middle is from being inside the map
        step, margin = self._along(0)
        top, bottom = (start - offset) * step, (stop - offset) * step
        first, last = floor(top) - margin, ceil(bottom) + margin
        rows = self.source.shape[0]
        inside = self.source[max(first, 0) : min(last, rows)]
        step, margin = self._along(1)
        padding = [(max(-first, 0), max(last - rows, 0)), (margin, margin), (0, 0)]
        padded = np.pad(inside, padding[: inside.ndim], mode="edge")
        left = margin - offset * step
        box = (left, top - first, left + self.width * step, bottom - first)
        return np.asarray(Image.fromarray(padded).resize((self.width, stop - start), self.resampling, box))
