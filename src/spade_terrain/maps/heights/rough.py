"""Rough heights on a grid of their own, as coarse as they come, and what they are at the pixels of the map."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.terrain import Guide
from spade_terrain.window import Window

_COLUMNS = 256
"""How many are averaged at once, in doubles."""
ABSURD_M = 30_000.0
"""Further than this from the sea no height is: it marks a lack of data."""
_NO_DATA = (-9999.0, -32768.0)
"""What most programs write where nothing is known; as heights, hardly a place on Earth."""


@dataclass(frozen=True, eq=False)
class RoughHeights:
    """Heights of a map, as far as they are known.

    Attributes:
        grid: float32 `(h, w)`, NaN where unknown: metres above the sea, or shades of grey from 0 to 1.
        pixel: pixels of the map that one of `grid` is, from north to south and from west to east, 1 or more.
        source: what to call them in messages and in the sidecar.
        range_m: metres of the lowest and the highest; `None` of shades of grey, whose heights the painted land decides.
        rule: how heights were made of what the file holds, if that wants saying.

    """

    grid: NDArray[np.float32]
    pixel: tuple[float, float]
    source: str
    range_m: tuple[float, float] | None
    rule: str = ""

    @classmethod
    def fitted(
        cls, grid: NDArray[np.float32], shape: tuple[int, int], source: str, range_m: tuple[float, float] | None
    ) -> Self:
        """Heights on a grid that spans the whole map of `shape`; one finer than the map is averaged to its pixels."""
        rows, columns = (min(sides) for sides in zip(grid.shape, shape, strict=True))
        if (rows, columns) != grid.shape:
            known = ~np.isnan(grid)
            sums, weights = (
                _area_means(_area_means(part, rows).T, columns).T
                for part in (np.where(known, grid, np.float32(0)), known.astype(np.float32))
            )
            grid = np.ascontiguousarray(quotient(sums, weights))
        return cls(grid, (shape[0] / rows, shape[1] / columns), source, range_m)

    @property
    def guide(self) -> Guide:
        """What a terrain says of them; they have to be in metres."""
        assert self.range_m is not None
        return Guide(self.source, self.range_m)

    def enlarged(self, times: int) -> "RoughHeights":
        """The same heights, of the map so many times as large."""
        return replace(self, pixel=(self.pixel[0] * times, self.pixel[1] * times))

    def window(self, window: Window) -> NDArray[np.float32]:
        """Heights at the pixels of a window, float32 `(H, W)`, NaN where unknown: linear between those of the grid.

        A pixel comes out the same in every window. Past the map's ends they go on as there.
        """
        rows, below, down = _between(window.y0, window.y1, self.pixel[0], self.grid.shape[0])
        columns, beside, right = _between(window.x0, window.x1, self.pixel[1], self.grid.shape[1])
        top, left = rows[0], columns[0]
        part = self.grid[top : below[-1] + 1, left : beside[-1] + 1]
        known = ~np.isnan(part)

        def between(values: NDArray[np.float32]) -> NDArray[np.float32]:
            along = values[rows - top] * (1 - down[:, None]) + values[below - top] * down[:, None]
            both: NDArray[np.float32] = along[:, columns - left] * (1 - right) + along[:, beside - left] * right
            return both

        return quotient(between(np.where(known, part, np.float32(0))), between(known.astype(np.float32)))

    def digest(self) -> str:
        """SHA-256 of all that decides what they are, in hexadecimal."""
        facts = repr((self.grid.shape, self.pixel, self.range_m)).encode()
        return sha256(facts + self.grid.tobytes()).hexdigest()


def check_marks(values: NDArray[np.float32], name: str) -> None:
    """Raise `MapError` if the lowest of heights, in whatever unit, is what marks a lack of data."""
    if not np.isnan(values).all() and (low := float(np.nanmin(values))) in _NO_DATA:
        raise MapError(
            f"{name} holds heights of {low:,.0f}; say where nothing is known (by nodata in a file, by NaN in an array)"
        )


def check_metres(values: NDArray[np.float32], name: str) -> None:
    """Raise `MapError` if some heights can't be metres, or none is of land."""
    check_marks(values, name)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if max(-low, high) > ABSURD_M:
        raise MapError(
            f"{name} holds heights from {low:,.0f} to {high:,.0f} m; say where nothing is known (by nodata in a file, "
            "by NaN in an array), and give metres, or the unit"
        )
    if high <= 0:
        raise MapError(f"{name} rises to {high:,.0f} m, which is no land; give heights above the sea, in metres")


def shrink(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Means of squares of `factor` x `factor` values, NaN where fewer than half are known."""
    known = ~np.isnan(values)
    parts = [np.where(known, values, np.float32(0)), known.astype(np.float32), np.ones(values.shape, np.float32)]
    for axis, side in enumerate(values.shape):
        parts = [np.add.reduceat(part, np.arange(0, side, factor), axis) for part in parts]
    sums, weights, sizes = parts
    return quotient(sums / sizes, weights / sizes)


def quotient(sums: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of what is known, NaN where it is less than half."""
    means: NDArray[np.float32] = np.where(weights >= 0.5, sums / np.maximum(weights, 0.5), np.float32(np.nan))
    return means


def _area_means(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """`count` rows, each the mean of as much of `values`, `(n, m)`, as it covers."""
    edges = np.arange(count + 1) * (len(values) / count)
    whole = np.minimum(edges.astype(np.int64), len(values) - 1)
    means = np.empty((count, values.shape[1]), np.float32)
    for left in range(0, values.shape[1], _COLUMNS):
        part = np.ascontiguousarray(values[:, left : left + _COLUMNS])  # (n, k)
        below = np.concatenate([np.zeros((1, part.shape[1])), part.cumsum(0, dtype=np.float64)])  # (n + 1, k)
        up_to = below[whole] + (edges - whole)[:, None] * part[whole]  # (count + 1, k)
        means[:, left : left + _COLUMNS] = np.diff(up_to, axis=0) * (count / len(values))
    return means


def _between(
    start: int, stop: int, pixel: float, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Of the middle of each pixel of the map: the two places on one axis of a grid around it, and how far between."""
    at = ((np.arange(start, stop) + 0.5) / pixel - 0.5).clip(0, count - 1)
    first = np.floor(at).astype(np.int64)
    return first, np.minimum(first + 1, count - 1), (at - first).astype(np.float32)
