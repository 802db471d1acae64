"""Measuring how far the Height raster lies beside the relief that the Terrain raster shows.

Two rasters of one world seldom fit: a shaded relief was drawn from other heights, on another grid, and either may have
been bent on its way here. Where the light comes from is known, so slopes that face it must be bright: of all
displacements the right one makes them agree best (phase by phase this is the registration by cross-correlation of
Barnea and Silverman, "A Class of Algorithms for Fast Digital Image Registration", 1972).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.palette import luminance
from spade_terrain.progress import track
from spade_terrain.storage.files import check_not_read, whole_file
from spade_terrain.terrain import GSD
from spade_terrain.world.masked import Mask, masked_blur
from spade_terrain.world.places import patch_grid
from spade_terrain.world.rasters.overview import Overview, make_overview
from spade_terrain.world.rasters.pair import RasterPair, RawPatch, read_patch
from spade_terrain.world.rasters.registration import COLUMNS_PER_DEGREE, ROWS_PER_DEGREE, SHAPE, Registration
from spade_terrain.world.water import painted_water, sea_mask

REACH = 5
"""Pixels that the rasters may lie apart, in each direction."""

_SIZE = 256  # pixels a side of the patches that are compared
_STEP_DEG = 3.6  # between their rows: they overlap, so that pixels along their borders can be left out
_SHIFTS = [(south, east) for south in range(-REACH, REACH + 1) for east in range(-REACH, REACH + 1)]
_SIDE = 2 * REACH + 1
_DETAIL_PX = 4.0  # colours that change more slowly belong to the land, not to a slope
_STEEP = 30.0  # metres a pixel from which on brightness hardly grows
_SPREAD = (1.0, 3.0)  # cells, down and across: one cell alone has too few slopes
# Where there is none, it is looked for around: far to the sides first, since what is bent along rows is so all along.
_AROUND = ((0.5, 1.0), (1.0, 4.0), (2.0, 16.0), (4.0, 64.0), (16.0, 64.0), (64.0, 64.0))
_ENOUGH = 0.05  # of the cells around must be clear
# A displacement is believed if the correlation there is above this, and its square times the pixels above that.
_CLEAR, _SURE = 0.2, 150.0


def register(pair: RasterPair) -> Registration:
    """Measure how far the two rasters of `pair` lie apart, all over the land that they share.

    They are read as they are: a registration that `pair` has already is left aside. Cells without slopes have what is
    found around them, first of all to their east and west.

    Raises `DataError` if the rasters are too small, if nowhere the terrain's relief looks like the heights, or for
    whatever `RasterPair.open` or `make_overview` finds wrong.
    """
    with replace(pair, registration=None).open() as rasters:
        overview = make_overview(rasters)
        products = np.zeros((len(_SHIFTS), *SHAPE), np.float32)
        energies = np.zeros((3, *SHAPE), np.float32)  # of the luminance, of the slopes; pixels
        for lat, lon in track(list(_places(overview)), "places"):
            raw = read_patch(rasters, lat, lon, _SIZE)
            if raw is not None:
                _add(raw, overview.sea_rgb, _cells(lat, lon), products, energies)
    if not energies[2].any():
        km = _SIZE * GSD / 1000
        raise DataError(f"no square of {km:.0f} km with land lies within both rasters; give larger ones")
    south, east, clear = _peaks(products, energies)
    if not clear.any():
        raise DataError(
            f"nowhere does the relief of {pair.terrain} look like the heights of {pair.height}: the Terrain raster "
            "must be shaded from the north-west, and lie within some kilometres of the heights"
        )
    south, east = _fill(south, clear), _fill(east, clear)
    before, after = (_agreement(products, energies, *moved) for moved in ((0 * south, 0 * east), (south, east)))
    return Registration((east * GSD).astype(np.float32), (-south * GSD).astype(np.float32), before, after)


def register_to(pair: RasterPair, out: Path) -> Registration:
    """Write what `register` measures to `out`, a `.npz` file, while no other run writes it.

    Raises as `register` does, and `FileInTheWayError` if another run is writing it or it is one of the rasters,
    `StorageError` if it can't be written, before anything is measured.
    """
    check_not_read([out], map(Path, pair.names))
    with whole_file(out) as draft:
        found = register(pair)
        found.save(draft)
    return found


def _places(overview: Overview) -> Iterator[tuple[float, float]]:
    """Centres of patches that together cover all land, degrees."""
    for lat in np.arange(-90 + _STEP_DEG / 2, 90, _STEP_DEG):
        count = max(1, round(360 * np.cos(np.deg2rad(lat)) / _STEP_DEG))
        for lon in (np.arange(count) + 0.5) * 360 / count - 180:
            if overview.coverage(float(lat), float(lon), _SIZE)[0] > 0:
                yield float(lat), float(lon)


def _cells(lat: float, lon: float) -> NDArray[np.int64]:
    """The cell of each pixel of the patch around (lat, lon): its place in a flat `SHAPE`, `(_SIZE, _SIZE)`."""
    lats, lons = patch_grid(lat, lon, _SIZE, points=_SIZE)
    rows = np.clip((90 - lats) * ROWS_PER_DEGREE, 0, SHAPE[0] - 1).astype(int)
    columns = ((lons + 180) * COLUMNS_PER_DEGREE).astype(int) % SHAPE[1]
    flat: NDArray[np.int64] = rows * SHAPE[1] + columns
    return flat


def _add(
    raw: RawPatch,
    sea_rgb: tuple[int, int, int],
    cells: NDArray[np.int64],
    products: NDArray[np.float32],
    energies: NDArray[np.float32],
) -> None:
    """Add what a patch says to `products` and `energies`, cell by cell."""
    fine, facing = _fine_luminance(raw, sea_rgb), _facing_light(raw)
    inner = (slice(REACH, -REACH),) * 2
    flat = cells[inner].ravel()
    used, where = np.unique(flat, return_inverse=True)

    def per_cell(values: NDArray[np.float32]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.bincount(where, values[inner].ravel(), len(used)).astype(np.float64)
        return sums

    for number, shift in enumerate(_SHIFTS):
        products[number].reshape(-1)[used] += per_cell(fine * np.roll(facing, shift, (0, 1)))
    energies[0].reshape(-1)[used] += per_cell(fine * fine)
    energies[1].reshape(-1)[used] += per_cell(facing * facing)
    energies[2].reshape(-1)[used] += per_cell((fine != 0).astype(np.float32))


def _fine_luminance(raw: RawPatch, sea_rgb: tuple[int, int, int]) -> NDArray[np.float32]:
    """The terrain's luminance less that around it, 0 on water and by it: `(H, W)`."""
    sea = sea_mask(raw.terrain, np.zeros_like(raw.height), sea_rgb)
    not_land = sea | painted_water(raw.terrain, sea) | ~raw.valid
    land: Mask = cv2.dilate(not_land.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    grey = luminance(raw.terrain)
    fine = np.clip(grey - masked_blur(grey, land, _DETAIL_PX), -40, 40)
    return np.where(land, fine, 0).astype(np.float32)


def _facing_light(raw: RawPatch) -> NDArray[np.float32]:
    """How far the ground faces the north-west, `(H, W)`: as slopes go, but steep ones hardly more than others."""
    south, east = np.gradient(np.maximum(raw.height, 0))
    facing = (south + east) / np.sqrt(2)
    return np.where(raw.valid, facing / np.sqrt(1 + np.square(facing / _STEEP)), 0).astype(np.float32)


def _peaks(
    products: NDArray[np.float32], energies: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], Mask]:
    """Where the luminance agrees best with the slopes: pixels to the south and the east, and whether that is clear."""
    correlations = np.stack([_blur(p, _SPREAD) for p in products])
    luminance, slopes, pixels = (_blur(e, _SPREAD) for e in energies)
    correlations /= np.sqrt(np.maximum(luminance * slopes, 1e-6))
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
    """Correlation of all the land's luminance with its slopes, once moved by so many pixels, to the nearest pixel."""
    number = (np.rint(south) + REACH) * _SIDE + np.rint(east) + REACH
    together = np.take_along_axis(products, number.astype(int)[None], 0)[0]
    return float(together.sum(dtype=np.float64) / np.sqrt(np.prod(energies[:2].sum((1, 2), dtype=np.float64))))
