"""The two global rasters, and one square patch of both around a place."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.terrain import GSD
from spade_terrain.world.places import Bounds
from spade_terrain.world.rasters.antimeridian import View, views
from spade_terrain.world.rasters.heights import HeightEncoding, in_metres
from spade_terrain.world.rasters.names import RasterName
from spade_terrain.world.rasters.raster import Raster, bounds_of, in_colour, open_raster, sample_raster
from spade_terrain.world.rasters.registration import Registration
from spade_terrain.world.rasters.resampling import control_grid


@dataclass(frozen=True)
class RasterPair:
    """The Terrain and the Height raster of one world: which they are, and how they are read.

    Attributes:
        terrain: the Terrain raster: anything GDAL reads, addresses and what lies in archives too, or `xyz:FOLDER` or
            `tms:FOLDER` for a folder of tiles `Z/X/Y.png`. Give an address as text: a `Path` folds its slashes.
        height: the Height raster, likewise.
        height_code: how it writes heights: one band of metres or feet, or RGB as Terrarium or Mapbox tiles have it.
        registration: how far the two lie apart, if that is to be put right.

    """

    terrain: RasterName
    height: RasterName
    height_code: HeightEncoding = "metres"
    registration: Registration | None = None

    @property
    def names(self) -> tuple[str, str]:
        """Of the Terrain and of the Height raster, as text."""
        return os.fspath(self.terrain), os.fspath(self.height)

    @contextmanager
    def open(self) -> Iterator["Rasters"]:
        """Open both rasters. A process opens its own: GDAL's handles can't be shared.

        Raises `MissingFileError` if a file is missing, and `DataError` if one is no raster, has the wrong bands or no
        georeference, if a folder of tiles has holes, or if the two rasters don't overlap.
        """
        terrain_name, height_name = self.names
        with ExitStack() as stack:
            terrain, terrain_remark = open_raster(stack, terrain_name)
            height, height_remark = open_raster(stack, height_name)
            terrain_views = views(stack, in_colour(stack, terrain, terrain_name))
            height_views = tuple(
                View(in_metres(stack, v.dataset, self.height_code, height_name), v.turn) for v in views(stack, height)
            )
            yield Rasters(
                Raster(terrain_name, terrain_views, terrain_remark),
                Raster(height_name, height_views, height_remark),
                self._common_bounds(bounds_of(terrain_views[0]), bounds_of(height_views[0])),
                self.height_code,
                self.registration,
            )

    def _common_bounds(self, terrain: Bounds, height: Bounds) -> Bounds:
        bounds = _overlap(terrain, height)
        if bounds[0] >= bounds[2] or bounds[1] >= bounds[3]:
            raise DataError(
                f"{self.terrain} covers {_degrees(terrain)} and {self.height} covers {_degrees(height)}: "
                "they don't overlap; give two rasters of the same region"
            )
        return bounds


@dataclass(frozen=True)
class Rasters:
    """The open Terrain raster (RGB uint8) and Height raster (one band of metres), and where both have data.

    Attributes:
        terrain: the Terrain raster.
        height: the Height raster, decoded to metres; its grid and CRS may differ.
        bounds: the box both cover: west, south, east, north in degrees.
        height_code: how the Height raster's file writes heights.
        registration: how far the two lie apart, which `read_patch` then puts right.

    """

    terrain: Raster
    height: Raster
    bounds: Bounds
    height_code: HeightEncoding
    registration: Registration | None = None


@dataclass(frozen=True)
class RawPatch:
    """One patch as the rasters give it, north up, `gsd` metres a pixel at its centre.

    Attributes:
        terrain: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; below-sea values as they are, 0 where not valid.
        valid: bool `(H, W)`, False where either raster has no data.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    valid: NDArray[np.bool_]


def read_patch(rasters: Rasters, lat: float, lon: float, size: int, gsd: float = GSD) -> RawPatch | None:
    """Sample one patch of `size` pixels out of both rasters, in an azimuthal-equidistant map centred on (lat, lon).

    Degrees in, `RawPatch` out; None if the patch leaves one of the rasters or holds a pole. A raster that goes round
    the Earth is read across the antimeridian. Heights are moved to where the terrain shows them, if a registration
    says how far.

    Raises `DataError` if a raster's file turns out to be damaged.
    """
    patch = control_grid(lat, lon, size, gsd)
    shown = sample_raster(rasters.terrain, patch, (1, 2, 3), "uint8")
    measured = sample_raster(rasters.height, patch, (1,), "float32")
    if shown is None or measured is None:
        return None
    valid = shown[1] & measured[1]
    if rasters.registration:
        measured = sample_raster(rasters.height, patch.moved(rasters.registration.at_heights), (1,), "float32")
        if measured is None:
            return None
        # Where heights lack, as they are and as they are moved, the terrain may show nothing real either.
        valid &= measured[1]
    metres = measured[0][..., 0]
    valid &= np.isfinite(metres)
    return RawPatch(shown[0], np.where(valid, metres, 0), valid)


def _overlap(a: Bounds, b: Bounds) -> Bounds:
    """The box that both cover; there is none if its west is not before its east, or its south not before its north."""
    south, north = max(a[1], b[1]), min(a[3], b[3])
    for whole_world, other in ((a, b), (b, a)):
        # Without this, a region across the antimeridian would lose the part on the far side.
        if whole_world[2] - whole_world[0] >= 360 - 1e-6:
            return other[0], south, other[2], north
    west, east = max(
        ((max(a[0], b[0] + turn), min(a[2], b[2] + turn)) for turn in (0, -360, 360)), key=lambda x: x[1] - x[0]
    )
    return west, south, east, north


def _degrees(b: Bounds) -> str:
    return f"longitudes {b[0]:.1f} to {b[2]:.1f}, latitudes {b[1]:.1f} to {b[3]:.1f}"
