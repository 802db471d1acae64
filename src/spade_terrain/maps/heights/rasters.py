"""GeoTIFF and other TIFF files of heights, or of shades of grey. GDAL reads them, which knows how nodata is marked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, one_line, root_cause
from spade_terrain.maps.georeference import METRES, north_up, read_georeference
from spade_terrain.maps.heights.pictures import shrinking
from spade_terrain.maps.images.decoding import decoding, quiet
from spade_terrain.maps.images.pixels import turned
from spade_terrain.maps.images.tiff import read_tags
from spade_terrain.runtime.libraries import require

_UNITS = {
    9001: ("", "m", "metre", "meter", "metres", "meters"),
    9002: ("ft", "foot", "feet", "international foot"),
    9003: ("us survey foot", "us-ft", "ftus", "us_survey_foot"),
    9036: ("km", "kilometre", "kilometer"),
}
"""How GDAL and other programs call units of heights, by EPSG code."""


@dataclass(frozen=True)
class Raster:
    """What a TIFF holds.

    Attributes:
        values: float32 `(h, w)`, north on top, NaN where unknown: metres, or shades of grey from 0 to 1.
        shape: height and width that it has in its file.
        is_grey: whether they are shades.

    """

    values: NDArray[np.float32]
    shape: tuple[int, int]
    is_grey: bool


def read_raster(path: Path, *, has_range: bool) -> Raster:
    """Read a TIFF of one band, besides which it may have one of opacity.

    Floats and signed numbers are heights; so are unsigned ones of 16 bits if the file says where it lies, unless a
    range is given for them. Others are shades of grey.

    Raises `MapError` if it holds something else, in units that are not known, or is damaged; `MissingLibraryError` if
    rasterio is not installed.
    """
    require("rasterio", f"{path}, which is a TIFF,", "formats")
    from rasterio.errors import RasterioError

    tags = read_tags(path)
    with decoding(path), quiet():
        place = read_georeference(path)
        try:
            values, dtype, shape = _read(path)
        except RasterioError as e:
            raise MapError(f"{path} can't be read ({one_line(root_cause(e))}); save or copy it again") from e
    is_grey = dtype == "uint8" or (dtype == "uint16" and (has_range or place is None))
    if is_grey:
        values /= np.float32(255 if dtype == "uint8" else 65535)
    if place is not None:
        values = north_up(values, place)[0]
    elif tags is not None:
        values = turned(values, tags.orientation)
    sideways = (values.shape[0] < values.shape[1]) != (shape[0] < shape[1])
    return Raster(values, shape[::-1] if sideways else shape, is_grey)


def _read(path: Path) -> tuple[NDArray[np.float32], str, tuple[int, int]]:
    """Values as they lie in the file, in metres if they are heights; their type; and height and width."""
    import rasterio
    from rasterio.enums import ColorInterp, Resampling

    with rasterio.open(path, driver="GTiff") as raster:
        bands = [kind for kind in raster.colorinterp if kind != ColorInterp.alpha]
        dtype = raster.dtypes[0]
        if len(bands) != 1 or "complex" in dtype or bands[0] == ColorInterp.palette:
            raise MapError(f"{path} has {len(bands)} bands of {dtype}; give one of heights, or a grey picture")
        height, width = raster.shape
        factor = shrinking(height, width)
        small = {"out_shape": (-(-height // factor), -(-width // factor)), "resampling": Resampling.average}
        values = raster.read(1, out_dtype=np.float32, masked=True, **small).filled(np.nan)
        values[~np.isfinite(values)] = np.nan
        if ColorInterp.alpha in raster.colorinterp:  # GDAL's mask heeds it if it has 8 bits or 16
            values[raster.read(raster.colorinterp.index(ColorInterp.alpha) + 1, **small) == 0] = np.nan
        scale = _metres_per_unit(path, raster.units[0] or "") * raster.scales[0]
        if dtype != "uint8":
            values = values * np.float32(scale) + np.float32(raster.offsets[0])
    return values, dtype, (height, width)


def _metres_per_unit(path: Path, unit: str) -> float:
    for code, names in _UNITS.items():
        if unit.strip().lower() in names:
            return METRES[code]
    raise MapError(f"{path} has heights in {unit!r}; save it in metres or feet")
