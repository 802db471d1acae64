"""Measuring how far the other rasters of a world lie beside its Terrain raster.

Two rasters of one world seldom fit: a shaded relief was drawn from other heights, on another grid, and either may have
been bent on its way here. Where the light comes from is known, so slopes that face it must be bright; and where the
Terrain raster paints water, a satellite picture must be dark.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.progress import track
from spade_terrain.storage.files import check_not_read, whole_file
from spade_terrain.terrain import GSD
from spade_terrain.world.places import patch_grid
from spade_terrain.world.rasters.overview import Overview, make_overview
from spade_terrain.world.rasters.pair import RasterPair, read_patch
from spade_terrain.world.rasters.registration.correlation import Correlations
from spade_terrain.world.rasters.registration.displacement import COLUMNS_PER_DEGREE, ROWS_PER_DEGREE, SHAPE
from spade_terrain.world.rasters.registration.signals import facing_light, fine_luminance, shores
from spade_terrain.world.rasters.registration.stored import Registration

_SIZE = 256  # pixels a side of the patches that are compared
_STEP_DEG = 3.6  # between their rows: they overlap, so that pixels along their borders can be left out


def register(pair: RasterPair) -> Registration:
    """Measure how far the rasters of `pair` lie apart, all over the land that they share.

    They are read as they are: a registration that `pair` has already is left aside. Cells without slopes have what is
    found around them, first of all to their east and west. Of the satellite picture one offset is measured: shores are
    too few for more.

    Raises `DataError` if the rasters are too small, if nowhere the terrain's relief looks like the heights, or its
    shores like the satellite picture's, or for whatever `RasterPair.open` or `make_overview` finds wrong.
    """
    slopes, coasts = Correlations(), Correlations()
    with replace(pair, registration=None).open() as rasters:
        overview = make_overview(rasters)
        for lat, lon in track(list(_places(overview)), "places"):
            raw = read_patch(rasters, lat, lon, _SIZE)
            if raw is None:
                continue
            cells = _cells(lat, lon)
            slopes.add(fine_luminance(raw, overview.sea_rgb), facing_light(raw), cells)
            if raw.satellite is not None and overview.satellite_sea_rgb:
                coasts.add(*shores(raw, raw.satellite, overview.sea_rgb, overview.satellite_sea_rgb), cells)
    if slopes.empty:
        km = _SIZE * GSD / 1000
        raise DataError(f"no square of {km:.0f} km with land lies within all rasters; give larger ones")
    height = slopes.displacement()
    if height is None:
        raise DataError(
            f"nowhere does the relief of {pair.terrain} look like the heights of {pair.height}: the Terrain raster "
            "must be shaded from the north-west, and lie within some kilometres of the heights"
        )
    satellite = coasts.offset() if pair.satellite else None
    if pair.satellite and satellite is None:
        raise DataError(
            f"nowhere are the shores of {pair.satellite} those of {pair.terrain}: the satellite picture's water must "
            "be darker than its land, and lie within some kilometres of the Terrain raster's"
        )
    return Registration(height, satellite)


def register_to(pair: RasterPair, out: Path) -> Registration:
    """Write what `register` measures to `out`, a `.npz` file, while no other run writes it.

    Raises as `register` does, and `FileInTheWayError` if another run is writing it or it is one of the rasters,
    `StorageError` if it can't be written, before anything is measured.
    """
    check_not_read([out], map(Path, pair.names.values()))
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
