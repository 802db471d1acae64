"""Fields between grids: smooth noise of a place, splines, finer heights, means over blocks."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import by_rows, kernel
from spade_terrain.noise import noise

Field = NDArray[np.float32]
Rows = tuple[int, int]
"""The first of some rows, and the one after the last."""
_ANOTHER_SEED = 0xD6E8FEB86659FD93  # so that valleys know nothing of the terrain's own noise
_MARGIN = 2  # grid points that a cubic reaches beyond the pixels


def smooth_noise(seed: int, salt: int, wavelength: int, shape: tuple[int, int], rows: Rows | None = None) -> Field:
    """Noise on a grid of `wavelength` pixels and its cubic B-spline in between: float32 `(H, W)`, mean 0.

    A pure function of seed, salt and place; its standard deviation is about 0.5, that of single pixels 1. `rows` asks
    for some of the rows alone.
    """
    first, last = rows or (0, shape[0])
    if wavelength == 1:
        single: Field = noise(seed ^ _ANOTHER_SEED, salt, 1, 0, first, shape[1], last - first)[0]
        return single
    top, bottom = _grid_rows(first, last, wavelength)
    columns = -(-shape[1] // wavelength) + 2 * _MARGIN
    grid = noise(seed ^ _ANOTHER_SEED, salt, 1, -_MARGIN, top, columns, bottom - top)[0]
    return _spline(grid, top, wavelength, shape[1], first, last)


def smooth_noise_at(seed: int, salt: int, wavelength: float, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two noises as `smooth_noise` makes them, at single points: float64 `(N, 2)`; `points` is x and y, `(N, 2)`."""
    at = points / wavelength - 0.5
    first = np.floor(at).astype(np.int64)
    (left, top), (right, bottom) = first.min(0) - 1, first.max(0) + 2
    grid = noise(seed ^ _ANOTHER_SEED, salt, 2, int(left), int(top), int(right - left + 1), int(bottom - top + 1))
    t = at - first
    s = 1 - t
    weights = [s**3 / 6, 2 / 3 - t * t * (2 - t) / 2, 2 / 3 - s * s * (2 - s) / 2, t**3 / 6]
    total = np.zeros(points.shape)
    for i, j in np.ndindex(4, 4):
        column, row = first[:, 0] - 1 + j - left, first[:, 1] - 1 + i - top
        total += (weights[j][:, 0] * weights[i][:, 1] * grid[:, row, column]).T
    return total


def enlarge(grid: Field, scale: int, rows: Rows | None = None) -> Field:
    """The cubic B-spline of a grid, `scale` times as fine: float32 `(scale H, scale W)`; it smooths a little.

    `rows` asks for some of the fine rows alone.
    """
    height, width = grid.shape
    first, last = rows or (0, scale * height)
    if scale == 1:
        return grid[first:last].copy()
    top, bottom = _grid_rows(first, last, scale)
    known = grid[np.arange(top, bottom).clip(0, height - 1)]
    return _spline(np.pad(known, ((0, 0), (_MARGIN, _MARGIN)), mode="edge"), top, scale, scale * width, first, last)


def refine(heights: Field, south: Field, east: Field, first: int) -> Field:
    """Heights twice as fine, by Catmull-Rom's cubic, which keeps peaks: some rows, from `first` on, float32 `(h, 2 W)`.

    Args:
        heights: float32 `(H, W)`.
        south: how far from its place each new pixel of these rows looks, in old pixels, float32 `(h, 2 W)`.
        east: as `south`.
        first: the first of the fine rows.

    """
    fine = np.empty(south.shape, np.float32)
    _refine_rows(first, heights, south, east, fine)
    return fine


def shrink(field: Field, scale: int) -> Field:
    """Means over blocks of `scale` pixels: float32 `(H / scale, W / scale)`."""
    coarse = np.empty((field.shape[0] // scale, field.shape[1] // scale), np.float32)
    by_rows(_shrink_rows, coarse.shape, field, scale, coarse)
    return coarse


def smooth(field: Field, sigma: float) -> Field:
    """Gaussian smoothing, `sigma` in pixels, the borders repeated: float32 `(H, W)`."""
    reach = int(3 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    height, width = field.shape
    padded = np.pad(field, reach, mode="edge")
    along: Field = reduce(np.add, (w * padded[i : i + height] for i, w in enumerate(weights)))
    both: Field = reduce(np.add, (w * along[:, i : i + width] for i, w in enumerate(weights)))
    return both


def smooth_over(field: Field, where: NDArray[np.bool_], sigma: float) -> Field:
    """As `smooth`, of the pixels of `where` alone, which also says what pixels beside them get."""
    share = smooth(where.astype(np.float32), sigma)
    smoothed: Field = smooth(np.where(where, field, np.float32(0)), sigma)
    smoothed /= np.maximum(share, np.float32(1e-3))
    return smoothed


def _grid_rows(first: int, last: int, scale: int) -> Rows:
    """The rows of a grid that the spline of these fine rows looks at; there are some beyond the grid's ends."""
    return (2 * first + 1 - scale) // (2 * scale) - 1, (2 * last - 1 - scale) // (2 * scale) + 3


def _spline(grid: Field, top: int, scale: int, width: int, first: int, last: int) -> Field:
    """Fine rows from `first` to before `last`, of a grid whose first row is `top`.

    Grid point `_MARGIN` of a row lies in the middle of the first `scale` pixels.
    """
    out = np.empty((last - first, width), np.float32)
    _spline_rows(first, grid, top, scale, out)
    return out


@kernel
def _spline_rows(first: int, grid: Field, top: int, scale: int, out: Field) -> None:
    width = out.shape[1]
    row = np.empty(grid.shape[1], np.float32)
    for y in range(first, first + len(out)):
        at = (y + 0.5) / scale - 0.5
        y0 = int(np.floor(at))
        t = np.float32(at - y0)
        s = np.float32(1) - t
        w0, w1 = s * s * s / 6, np.float32(2 / 3) - t * t * (2 - t) / 2
        w2, w3 = np.float32(2 / 3) - s * s * (2 - s) / 2, t * t * t / 6
        above = y0 - 1 - top
        for x in range(len(row)):
            row[x] = w0 * grid[above, x] + w1 * grid[above + 1, x] + w2 * grid[above + 2, x] + w3 * grid[above + 3, x]
        for x in range(width):
            at = (x + 0.5) / scale - 0.5
            x0 = int(np.floor(at))
            t = np.float32(at - x0)
            s = np.float32(1) - t
            left = x0 + _MARGIN - 1
            out[y - first, x] = (
                s * s * s / 6 * row[left]
                + (np.float32(2 / 3) - t * t * (2 - t) / 2) * row[left + 1]
                + (np.float32(2 / 3) - s * s * (2 - s) / 2) * row[left + 2]
                + t * t * t / 6 * row[left + 3]
            )


@kernel
def _refine_rows(first: int, heights: Field, south: Field, east: Field, fine: Field) -> None:
    height, width = heights.shape
    for i_fine in range(len(fine)):
        y = first + i_fine
        for x in range(fine.shape[1]):
            at_y, at_x = (y + 0.5) / 2 - 0.5 + south[i_fine, x], (x + 0.5) / 2 - 0.5 + east[i_fine, x]
            y0, x0 = int(np.floor(at_y)), int(np.floor(at_x))
            t, u = np.float32(at_y - y0), np.float32(at_x - x0)
            total = np.float32(0)
            for i in range(4):
                row = min(max(y0 + i - 1, 0), height - 1)
                along = np.float32(0)
                for j in range(4):
                    along += _catmull_rom(j, u) * heights[row, min(max(x0 + j - 1, 0), width - 1)]
                total += _catmull_rom(i, t) * along
            fine[i_fine, x] = total


@kernel
def _catmull_rom(tap: int, t: np.float32) -> np.float32:
    half = np.float32(0.5)
    if tap == 0:
        return half * t * (t * (2 - t) - 1)
    if tap == 1:
        return half * (t * t * (3 * t - 5) + 2)
    if tap == 2:
        return half * t * (t * (4 - 3 * t) + 1)
    return half * t * t * (t - 1)


@kernel
def _shrink_rows(first: int, last: int, field: Field, scale: int, coarse: Field) -> None:
    for y in range(first, last):
        for x in range(coarse.shape[1]):
            total = 0.0
            for i in range(y * scale, (y + 1) * scale):
                for j in range(x * scale, (x + 1) * scale):
                    total += field[i, j]
            coarse[y, x] = total / (scale * scale)
