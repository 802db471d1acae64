"""Measuring how far the other rasters of a world lie beside its Terrain raster.

Two rasters of one world seldom fit: a shaded relief was drawn from other heights, on another grid, and either may have
been bent on its way here. Where the light comes from is known, so slopes that face it must be bright; and where the
Terrain raster paints water, a satellite picture must be dark.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.cluster.executor import Executor, Here, in_order
from spade_terrain.cluster.watched import watched
from spade_terrain.errors import DataError
from spade_terrain.storage.files import check_not_read, whole_file
from spade_terrain.terrain import GSD
from spade_terrain.world.places import patch_grid
from spade_terrain.world.rasters.overview import Overview, make_overview
from spade_terrain.world.rasters.pair import RasterPair, Rasters, read_patch
from spade_terrain.world.rasters.registration.correlation import Correlations, Sums, sums_of
from spade_terrain.world.rasters.registration.displacement import COLUMNS_PER_DEGREE, ROWS_PER_DEGREE, SHAPE
from spade_terrain.world.rasters.registration.signals import facing_light, fine_luminance, shores
from spade_terrain.world.rasters.registration.stored import Registration

_SIZE = 256  # pixels a side of the patches that are compared
_STEP_DEG = 3.6  # between their rows: they overlap, so that pixels along their borders can be left out


@dataclass(frozen=True)
class PlaceJob:
    """Compares the rasters at places, latitude and longitude in degrees; it returns sums of slopes, and of coasts.

    Attributes:
        pair: the rasters, which every worker finds under these names.
        overview: theirs.

    """

    pair: RasterPair
    overview: Overview

    @contextmanager
    def open(self) -> Iterator[Callable[[tuple[float, float]], tuple[Sums | None, Sums | None]]]:
        """As `Job` says."""
        with self.pair.open() as rasters:
            yield partial(_compared, rasters, self.overview)


def _compared(rasters: Rasters, overview: Overview, place: tuple[float, float]) -> tuple[Sums | None, Sums | None]:
    raw = read_patch(rasters, *place, _SIZE)
    if raw is None:
        return None, None
    cells = _cells(*place)
    slopes = sums_of(fine_luminance(raw, overview.sea_rgb), facing_light(raw), cells)
    if raw.satellite is None or not overview.satellite_sea_rgb:
        return slopes, None
    return slopes, sums_of(*shores(raw, raw.satellite, overview.sea_rgb, overview.satellite_sea_rgb), cells)


def register(pair: RasterPair, executor: Executor | None = None) -> Registration:
    """Measure how far the rasters of `pair` lie apart, all over the land that they share.

    They are read as they are: a registration that `pair` has already is left aside. Cells without slopes have what is
    found around them, first of all to their east and west. Of the satellite picture one offset is measured: shores are
    too few for more. Workers of `executor`, by default this process, read the rasters.

    Raises `DataError` if the rasters are too small, if nowhere the terrain's relief looks like the heights, or its
    shores like the satellite picture's, or for whatever `RasterPair.open` or `make_overview` finds wrong.
    """
    slopes, coasts = Correlations(), Correlations()
    pair = replace(pair, registration=None)
    with pair.open() as rasters:
        overview = make_overview(rasters)
    places = list(_places(overview))
    with closing(watched(executor or Here(), PlaceJob(pair, overview), places, "places")) as found:
        for _, (slope, coast) in in_order(places, found):  # as sums of floats are the same in one order only
            if slope:
                slopes.add(slope)
            if coast:
                coasts.add(coast)
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


def register_to(pair: RasterPair, out: Path, executor: Executor | None = None) -> Registration:
    """Write what `register` measures to `out`, a `.npz` file, while no other run writes it.

    Raises as `register` does, and `FileInTheWayError` if another run is writing it or it is one of the rasters,
    `StorageError` if it can't be written, before anything is measured.
    """
    check_not_read([out], map(Path, pair.names.values()))
    with whole_file(out) as draft:
        found = register(pair, executor)
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
