"""The global rasters of one world, and one square patch of them around a place."""

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
from spade_terrain.world.rasters.registration.stored import Registration
from spade_terrain.world.rasters.resampling import control_grid


@dataclass(frozen=True)
class RasterPair:
    """The Terrain and the Height raster of one world, and perhaps a satellite picture: what they are, how to read them.

    Attributes:
        terrain: the Terrain raster: anything GDAL reads, addresses and what lies in archives too, or `xyz:FOLDER` or
            `tms:FOLDER` for a folder of tiles `Z/X/Y.png`. Give an address as text: a `Path` folds its slashes.
        height: the Height raster, likewise.
        height_code: how it writes heights: one band of metres or feet, or RGB as Terrarium or Mapbox tiles have it.
        registration: how far they lie apart, if that is to be put right.
        satellite: a picture of the same ground as a satellite sees it, named like the others.

    """

    terrain: RasterName
    height: RasterName
    height_code: HeightEncoding = "metres"
    registration: Registration | None = None
    satellite: RasterName | None = None

    @property
    def names(self) -> dict[str, str]:
        """What the rasters are called, as text, by what they are."""
        names = {"terrain": self.terrain, "height": self.height, "satellite": self.satellite}
        return {kind: os.fspath(name) for kind, name in names.items() if name is not None}

    @contextmanager
    def open(self) -> Iterator["Rasters"]:
        """Open the rasters. A process opens its own: GDAL's handles can't be shared.

        Raises `MissingFileError` if a file is missing, and `DataError` if one is no raster, has the wrong bands or no
        georeference, if a folder of tiles has holes, or if the Terrain and the Height raster don't overlap.
        """
        names = self.names
        with ExitStack() as stack:
            terrain = _open_picture(stack, names["terrain"])
            file, remark = open_raster(stack, names["height"])
            height_views = tuple(
                View(in_metres(stack, v.dataset, self.height_code, names["height"]), v.turn) for v in views(stack, file)
            )
            yield Rasters(
                terrain,
                Raster(names["height"], height_views, remark),
                self._common_bounds(bounds_of(terrain.views[0]), bounds_of(height_views[0])),
                self.height_code,
                self.registration,
                _open_picture(stack, names["satellite"]) if "satellite" in names else None,
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
    """The open Terrain raster (RGB uint8), Height raster (one band of metres) and satellite picture (RGB uint8).

    Attributes:
        terrain: the Terrain raster.
        height: the Height raster, decoded to metres; its grid and CRS may differ.
        bounds: the box that terrain and height cover: west, south, east, north in degrees.
        height_code: how the Height raster's file writes heights.
        registration: how far they lie apart, which `read_patch` then puts right.
        satellite: the satellite picture, if there is one; its grid, CRS and bounds may differ.

    """

    terrain: Raster
    height: Raster
    bounds: Bounds
    height_code: HeightEncoding
    registration: Registration | None = None
    satellite: Raster | None = None


@dataclass(frozen=True)
class RawPatch:
    """One patch as the rasters give it, north up, `gsd` metres a pixel at its centre.

    Attributes:
        terrain: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; below-sea values as they are, 0 where not valid.
        valid: bool `(H, W)`, False where any raster has no data.
        satellite: uint8 RGB `(H, W, 3)`, if there is a satellite picture.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    valid: NDArray[np.bool_]
    satellite: NDArray[np.uint8] | None = None


def read_patch(rasters: Rasters, lat: float, lon: float, size: int, gsd: float = GSD) -> RawPatch | None:
    """Sample one patch of `size` pixels out of all rasters, in an azimuthal-equidistant map centred on (lat, lon).

    Degrees in, `RawPatch` out; None if the patch leaves one of the rasters or holds a pole. A raster that goes round
    the Earth is read across the antimeridian. Heights and the satellite picture are moved to where the terrain shows
    the same ground, if a registration says how far.

    Raises `DataError` if a raster's file turns out to be damaged.
    """
    patch = control_grid(lat, lon, size, gsd)
    shown = sample_raster(rasters.terrain, patch, (1, 2, 3), "uint8")
    measured = sample_raster(rasters.height, patch, (1,), "float32")
    if shown is None or measured is None:
        return None
    valid = shown[1] & measured[1]
    if rasters.registration:
        there = patch.moved(rasters.registration.height.places)
        measured = sample_raster(rasters.height, there, (1,), "float32")
        if measured is None:
            return None
        # Where heights lack, as they are and as they are moved, the terrain may show nothing real either.
        valid &= measured[1]
    metres = measured[0][..., 0]
    valid &= np.isfinite(metres)
    if rasters.satellite is None:
        return RawPatch(shown[0], np.where(valid, metres, 0), valid)
    displaced = rasters.registration.satellite if rasters.registration else None
    seen = sample_raster(rasters.satellite, patch.moved(displaced.places) if displaced else patch, (1, 2, 3), "uint8")
    if seen is None:
        return None
    valid &= seen[1]
    return RawPatch(shown[0], np.where(valid, metres, 0), valid, seen[0])


def _open_picture(stack: ExitStack, name: str) -> Raster:
    file, remark = open_raster(stack, name)
    return Raster(name, views(stack, in_colour(stack, file, name)), remark)


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
