"""An overview of the whole world: what colour the sea is, and roughly where there is land, sea or no data."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.console import say
from spade_terrain.errors import DataError
from spade_terrain.world.masked import Colour, Mask
from spade_terrain.world.places import patch_grid
from spade_terrain.world.rasters.heights import check_heights
from spade_terrain.world.rasters.pair import Rasters
from spade_terrain.world.rasters.raster import Raster, read_warped
from spade_terrain.world.water import sea_mask

NO_DATA, SEA, LAND = 0, 1, 2
_PER_DEGREE = 8


@dataclass(frozen=True)
class Overview:
    """A thumbnail of the rasters, to turn places down without reading them.

    Attributes:
        sea_rgb: the one flat blue that the Terrain raster paints the sea in.
        satellite_sea_rgb: the flat colour of the sea in the satellite picture, if there is one.
        surface: uint8 `(1440, 2880)`: `NO_DATA`, `SEA` or `LAND` in eighths of a degree, from 90 N and 180 W.

    """

    sea_rgb: Colour
    surface: NDArray[np.uint8]
    satellite_sea_rgb: Colour | None = None

    def coverage(self, lat: float, lon: float, size: int) -> tuple[float, bool]:
        """The share of land in the patch around (lat, lon), 0..1, and whether it seems to hold data throughout."""
        lats, lons = patch_grid(lat, lon, size)
        height, width = self.surface.shape
        rows = np.clip((90 - lats) * _PER_DEGREE, 0, height - 1).astype(int)
        columns = ((lons + 180) * _PER_DEGREE).astype(int) % width
        surface = self.surface[rows, columns]
        return float((surface == LAND).mean()), bool((surface != NO_DATA).all())


def make_overview(rasters: Rasters) -> Overview:
    """Read all rasters once, small; what the user should know of how they are read goes to stderr.

    Raises `DataError` if one of them holds no data, or they hold none in common, if heights can't be the Earth's in
    metres, or if the Height raster has no sea (0 m or less).
    """
    for raster in (rasters.terrain, rasters.height, rasters.satellite):
        if raster and raster.remark:
            say(raster.remark, sys.stderr)
    rgb, rgb_valid = _thumbnail(rasters.terrain, (1, 2, 3), "uint8")
    metres, metres_valid = _thumbnail(rasters.height, (1,), "float32")
    metres_valid &= np.isfinite(metres[0])
    known = {rasters.terrain.name: rgb_valid, rasters.height.name: metres_valid}
    if rasters.satellite:
        seen, seen_valid = _thumbnail(rasters.satellite, (1, 2, 3), "uint8")
        known[rasters.satellite.name] = seen_valid
    valid = _common(known)
    check_heights(metres[0][metres_valid], rasters.height_code, rasters.height.name)
    at_sea_level = (metres[0] <= 0) & valid
    if not at_sea_level.any():
        raise DataError("no pixel of the Height raster is at 0 m or below: the sea must be 0 in it")
    sea_rgb = _commonest(rgb, at_sea_level)
    sea = sea_mask(np.ascontiguousarray(rgb.transpose(1, 2, 0)), metres[0], sea_rgb)
    surface = np.where(valid, np.where(sea, SEA, LAND), NO_DATA).astype(np.uint8)
    return Overview(sea_rgb, surface, _commonest(seen, sea & valid) if rasters.satellite else None)


def _common(known: Mapping[str, Mask]) -> Mask:
    """Where all rasters hold data, of where each does, by name."""
    for name, valid in known.items():
        if not valid.any():
            raise DataError(f"{name} holds no data: all of it is nodata or masked; give another raster")
    common: Mask = np.logical_and.reduce(list(known.values()))
    if not common.any():
        raise DataError(
            f"{' and '.join(known)} hold data nowhere in common: where one has data, another is nodata or masked"
        )
    return common


def _commonest(rgb: NDArray[np.uint8], where: Mask) -> Colour:
    """The colour that most pixels of `rgb` `(3, H, W)` have `where` it counts."""
    colours, counts = np.unique(rgb[:, where], axis=1, return_counts=True)
    red, green, blue = (int(c) for c in colours[:, counts.argmax()])
    return red, green, blue


def _thumbnail(raster: Raster, bands: tuple[int, ...], dtype: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin

    grid = {
        "crs": "EPSG:4326",
        "transform": from_origin(-180, 90, 1 / _PER_DEGREE, 1 / _PER_DEGREE),
        "width": 360 * _PER_DEGREE,
        "height": 180 * _PER_DEGREE,
        # Nearest, since a mean of two pixels may have a colour, or a height, that neither has.
        "resampling": Resampling.nearest,
    }
    view = raster.views[0]
    pixels, valid = read_warped(view.dataset, bands, dtype, grid)
    columns = round(view.turn * _PER_DEGREE)
    return np.roll(pixels, columns, -1), np.roll(valid, columns, -1)
