"""Upscaling of labels, with borders such as nature draws them.

The indicator of each class is interpolated by a quadratic B-spline, and the strongest class at a place has it: that
rounds off the pixels' corners. Before, places are displaced by noise of many wavelengths (domain warping, a fractal sum
of octaves), from some painted pixels down, which makes borders wander as coasts do. The displacement is small enough
not to fold the ground over, so what was painted in one piece stays in one piece.
"""

from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.noise import noise
from spade_terrain.palette import Labels
from spade_terrain.window import Window

WAVELENGTH = 16
"""Of the largest octave of the displacement, in painted pixels."""
_SMALLEST = 3
"""That of the smallest, in new pixels."""
_AMPLITUDE = 0.25
"""Of each octave, in its wavelengths: with 0.3 the ground begins to fold, and specks break off."""
_REACH = 32
"""Painted rows that a place may be displaced by, and its spline reach, at most: noise has bounds, of 3.46 each way."""
_ANOTHER_SEED = 0x9E3779B97F4A7C15  # so that borders know nothing of the terrain's own noise
_TILE = 512


def upscale_labels(labels: Labels, scale: int, seed: int, window: Window, wavelength: int = WAVELENGTH) -> Labels:
    """Labels of a window of a map upscaled `scale` times: uint8 `(H, W)`. Any window equals the same part of a larger.

    Args:
        labels: the painted map, uint8 `(H, W)`, 0..6.
        scale: new pixels a painted pixel; 1 lets borders wander and changes nothing else.
        seed: another seed, other borders.
        window: in pixels of the upscaled map.
        wavelength: that of the largest bends of borders, in painted pixels. They move borders by about a quarter of it.

    """
    return _upscale(_Rows(labels, 0, len(labels)), scale, seed, window, wavelength)


def upscale_stripes(
    painted: Iterator[Labels],
    painted_shape: tuple[int, int],
    scale: int,
    seed: int,
    shape: tuple[int, int],
    rows: int,
    wavelength: int = WAVELENGTH,
) -> Iterator[Labels]:
    """Labels of a whole map upscaled, `rows` rows at a time, of which only as many painted ones are held as they take.

    Args:
        painted: some rows of the painted map at a time, uint8 `(h, W)`, 0..6, from the first to the last.
        painted_shape: height and width of the painted map.
        scale: as `upscale_labels` takes it.
        seed: as `upscale_labels` takes it.
        shape: height and width of the upscaled map, `scale` times those of the painted one at most.
        rows: of the upscaled map.
        wavelength: as `upscale_labels` takes it.

    """
    height, width = painted_shape
    held = _Rows(np.empty((0, width), np.uint8), 0, height)
    for top in range(0, shape[0], rows):
        window = Window(0, top, shape[1], min(top + rows, shape[0]))
        first = min(max(0, window.y0 // scale - _REACH), height)
        last = min(-(-window.y1 // scale) + _REACH, height)
        parts = [held.labels[first - held.top :]]
        while sum(map(len, parts)) < last - first:
            parts.append(next(painted))
        parts = [part for part in parts if len(part)]
        held = _Rows(parts[0] if len(parts) == 1 else np.concatenate(parts), first, height)
        yield _upscale(held, scale, seed, window, wavelength)
    for _ in painted:  # what is wrong with the map as a whole, its end says
        pass


class _Rows(NamedTuple):
    """Rows of a painted map of `height` rows, from row `top` on: as many as the places at hand can reach."""

    labels: Labels
    top: int
    height: int


def _upscale(painted: _Rows, scale: int, seed: int, window: Window, wavelength: int) -> Labels:
    out = np.empty(window.shape, np.uint8)
    for tile in window.tiles(_TILE):
        out[tile.place(window)] = _upscale_tile(painted, scale, seed, tile, wavelength)
    return out


def _upscale_tile(painted: _Rows, scale: int, seed: int, tile: Window, wavelength: int) -> Labels:
    labels = painted.labels
    east, south = _displacement(scale, seed, tile, wavelength * scale)  # 2 x (H, W), in painted pixels
    x = (np.arange(tile.x0, tile.x1, dtype=np.float32) + 0.5) / scale + east
    y = (np.arange(tile.y0, tile.y1, dtype=np.float32)[:, None] + 0.5) / scale + south
    columns, column_weights = _taps(x, labels.shape[1])
    rows, row_weights = _taps(y, painted.height)
    rows = [row - painted.top for row in rows]
    reached = labels[rows[0].min() : rows[-1].max() + 1, columns[0].min() : columns[-1].max() + 1]
    classes = np.unique(reached)
    if len(classes) == 1:
        return np.full(tile.shape, classes[0])
    strengths = np.zeros((len(classes), *tile.shape), np.float32)
    for row, row_weight in zip(rows, row_weights, strict=True):
        for column, column_weight in zip(columns, column_weights, strict=True):
            label, weight = labels[row, column], row_weight * column_weight
            for strength, c in zip(strengths, classes, strict=True):
                strength += weight * (label == c)
    strongest: Labels = classes[strengths.argmax(0)]
    return strongest


def _displacement(scale: int, seed: int, tile: Window, wavelength: int) -> NDArray[np.float32]:
    """How far each place is displaced, east and south: `(2, H, W)`, in painted pixels; wavelength in new ones."""
    displaced = np.zeros((2, *tile.shape), np.float32)
    while wavelength >= _SMALLEST:
        octave = _smooth_noise(seed ^ _ANOTHER_SEED, wavelength, tile)
        octave *= np.float32(_AMPLITUDE * wavelength / scale)
        displaced += octave
        wavelength //= 2
    return displaced


def _smooth_noise(seed: int, wavelength: int, tile: Window) -> NDArray[np.float32]:
    """Noise on a grid of `wavelength` pixels, and in between its cubic B-spline: `(2, H, W)`."""
    rows, row_weights = _spline(tile.y0, tile.y1, wavelength)
    columns, column_weights = _spline(tile.x0, tile.x1, wavelength)
    y0, x0 = int(rows[0]), int(columns[0])
    grid = noise(seed, wavelength, 2, x0, y0, int(columns[-1]) - x0 + 4, int(rows[-1]) - y0 + 4)
    # Sums of single products, not of matrices: those come out the same on every machine, for windows of every size.
    along = reduce(np.add, (w[:, None] * grid[:, rows - y0 + i] for i, w in enumerate(row_weights)))
    both: NDArray[np.float32] = reduce(
        np.add, (w * along[:, :, columns - x0 + i] for i, w in enumerate(column_weights))
    )
    return both


def _spline(start: int, stop: int, wavelength: int) -> tuple[NDArray[np.int64], list[NDArray[np.float32]]]:
    """For the middle of each pixel, the first of the four grid points that reach it, and all their weights."""
    at = (np.arange(start, stop) + 0.5) / wavelength - 0.5
    before = np.floor(at)
    t = at - before
    s = 1 - t
    weights = [s * s * s / 6, 2 / 3 - t * t * (2 - t) / 2, 2 / 3 - s * s * (2 - s) / 2, t * t * t / 6]
    return before.astype(np.int64) - 1, [w.astype(np.float32) for w in weights]


def _taps(places: NDArray[np.float32], side: int) -> tuple[list[NDArray[np.intp]], list[NDArray[np.float32]]]:
    """The three painted pixels of one axis that reach `places`, and the weights there of their quadratic B-spline."""
    middle = np.floor(places)
    t = places - middle  # 0..1
    s = 1 - t
    weights = [s * s / 2, 0.5 + s * t, t * t / 2]
    return [(middle + step).clip(0, side - 1).astype(np.intp) for step in (-1, 0, 1)], weights
