"""A sample of the world's land: the features of cells drawn evenly over it, each with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.progress import progress
from spade_terrain.world.classes.cells import FEATURES, Floats, cell_features, cells_of
from spade_terrain.world.masked import Mask
from spade_terrain.world.places import candidates
from spade_terrain.world.rasters.overview import Overview
from spade_terrain.world.rasters.pair import Rasters, read_patch
from spade_terrain.world.water import painted_water, remove_water, sea_mask, without_ponds

SAMPLE_FILE = "sample.npz"
SIZE = 256
"""Pixels a side of the patch that is read at each place."""

_SHARE = 40  # of a place's land cells, one in this many: neighbours tell the same
_MARGIN = 8  # cells along a patch's border, whose surroundings are cut off
_TRIES = 200_000


@dataclass(frozen=True)
class Sample:
    """`N` cells of land at `P` places.

    Attributes:
        features: float32 `(N, F)`, as `cell_features` gives them.
        place: int32 `(N,)`: which place each cell was taken from.
        cell: int32 `(N,)`: which cell of that place's patch, counted along its rows.
        lat: float64 `(P,)`: degrees, of each place's centre.
        lon: float64 `(P,)`: degrees.

    """

    features: Floats
    place: NDArray[np.int32]
    cell: NDArray[np.int32]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]

    def save(self, path: Path) -> None:
        """Write the sample as a `.npz` file."""
        np.savez_compressed(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Sample":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**arrays)


@dataclass(frozen=True)
class LandPatch:
    """The land around a place.

    Attributes:
        terrain: uint8 RGB `(SIZE, SIZE, 3)`, rivers gone.
        height: float32 `(SIZE, SIZE)`, metres.
        land: bool `(SIZE, SIZE)`: neither sea nor nodata.

    """

    terrain: NDArray[np.uint8]
    height: Floats
    land: Mask


def sample_land(rasters: Rasters, overview: Overview, count: int, seed: int) -> Sample:
    """Draw at least `count` cells of land, from places uniform on the raster's part of the sphere.

    Every place gives the same share of the land around it, so that each square kilometre of land counts the same.

    Raises `DataError` if the rasters hold too little land.
    """
    rng = np.random.default_rng((seed, 1))
    features, places, cells = [], [], []
    with progress("pixels of land", count) as shown:
        for lat, lon in _places(rasters, overview, seed):
            patch = read_land(rasters, overview, lat, lon)
            if patch is None:
                continue
            chosen = _draw_cells(patch, rng)
            vectors = cell_features(patch.terrain, patch.height, ~patch.land)
            features.append(vectors.reshape(-1, len(FEATURES))[chosen])
            cells.append(chosen.astype(np.int32))
            places.append((lat, lon))
            shown.advance(len(chosen))
            if shown.done >= count:
                break
    if (total := sum(map(len, cells))) < count:
        raise DataError(f"the land gives {total} pixels, not {count}; give larger rasters or ask for fewer `pixels`")
    place = np.repeat(np.arange(len(cells), dtype=np.int32), [len(c) for c in cells])
    lats, lons = np.array(places).T
    return Sample(np.concatenate(features), place, np.concatenate(cells), lats, lons)


def _draw_cells(patch: LandPatch, rng: np.random.Generator) -> NDArray[np.intp]:
    """Some of the patch's cells of land, as indices along its rows; none by its border."""
    land = cells_of(patch.land)
    land[:_MARGIN] = land[-_MARGIN:] = False
    land[:, :_MARGIN] = land[:, -_MARGIN:] = False
    return rng.choice(np.flatnonzero(land), int(land.sum()) // _SHARE, replace=False)


def read_land(rasters: Rasters, overview: Overview, lat: float, lon: float) -> LandPatch | None:
    """Read the patch of `SIZE` pixels around a place (degrees); None if it holds no data."""
    raw = read_patch(rasters, lat, lon, SIZE)
    if raw is None:
        return None
    height = np.maximum(raw.height, 0)
    sea = without_ponds(sea_mask(raw.terrain, height, overview.sea_rgb))
    # A void may be painted as sea: its pixels are neither land nor the land's surroundings.
    land = ~sea & raw.valid
    return LandPatch(remove_water(raw.terrain, painted_water(raw.terrain, sea), sea), height, land)


def _places(rasters: Rasters, overview: Overview, seed: int) -> Iterator[tuple[float, float]]:
    for lat, lon in islice(candidates(seed, 0, rasters.bounds), _TRIES):
        if overview.coverage(lat, lon, SIZE)[0] > 0:
            yield lat, lon
