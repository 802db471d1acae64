"""Where the map in a GeoTIFF lies.

Tags and keys: OGC GeoTIFF Standard 1.1, https://docs.ogc.org/is/19-008r4/19-008r4.html.
"""

import warnings
from dataclasses import replace
from math import isfinite
from pathlib import Path

from PIL.TiffImagePlugin import TiffImageFile

from spade_terrain.errors import MapError
from spade_terrain.libraries import require
from spade_terrain.terrain import Georeference

_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION, _KEYS = 33550, 33922, 34264, 34735
_MODEL_TYPE, _RASTER_TYPE, _GEODETIC_CRS, _PROJECTED_CRS = 1024, 1025, 2048, 3072
_PROJECTED, _POINT = 1, 2
_OWN = 32767
"""Stands for a coordinate system that has no EPSG code."""

Transform = tuple[float, float, float, float, float, float]


def read_georeference(path: Path) -> Georeference | None:
    """Where a TIFF lies; `None` if it does not say, or is no TIFF. `OSError` if it can't be read.

    Raises `MapError` if what it says makes no sense, and `MissingLibraryError` if its coordinate system has no EPSG
    code and rasterio, which can spell it out, is not installed.
    """
    with path.open("rb") as file:
        if file.read(4)[:2] not in (b"II", b"MM"):
            return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of, we either accept or refuse
        with TiffImageFile(path) as image:
            scale, tiepoint, matrix, keys = (
                image.tag_v2.get(number, ()) for number in (_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION, _KEYS)
            )
    try:
        transform = _transform(scale, tiepoint, matrix)
        # Each key is its number, a place (0: the value itself follows), a count, and the value; four numbers go before.
        values = {keys[i]: keys[i + 3] for i in range(4, len(keys) - 3, 4) if keys[i + 1] == 0}
    except (TypeError, ValueError) as error:
        raise _damaged(path) from error
    if transform is None or not values:
        return None
    a, b, c, d, e, f = transform
    if not isfinite(sum(transform)) or a * e == b * d:
        raise _damaged(path)
    if values.get(_RASTER_TYPE) == _POINT:
        transform = (a, b, c - (a + b) / 2, d, e, f - (d + e) / 2)
    code = values.get(_PROJECTED_CRS if values.get(_MODEL_TYPE) == _PROJECTED else _GEODETIC_CRS, _OWN)
    return Georeference(_own_crs(path) if code in (0, _OWN) else f"EPSG:{code}", transform)


def upscale_georeference(place: Georeference, scale: int) -> Georeference:
    """The same place when each pixel has become `scale` x `scale`."""
    a, b, c, d, e, f = place.transform
    return replace(place, transform=(a / scale, b / scale, c, d / scale, e / scale, f))


def _transform(scale: tuple[float, ...], tiepoint: tuple[float, ...], matrix: tuple[float, ...]) -> Transform | None:
    if len(matrix) == 16:
        return matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]
    if len(scale) < 2 or len(tiepoint) != 6:
        return None
    column, row, _, x, y, _ = tiepoint
    return scale[0], 0.0, x - column * scale[0], 0.0, -scale[1], y + row * scale[1]


def _own_crs(path: Path) -> str:
    """The coordinate system as WKT."""
    require("rasterio", f"the coordinate system of {path}, which has no EPSG code,", "formats")
    import rasterio.errors

    try:
        with rasterio.open(path) as raster:
            crs = raster.crs
    except rasterio.errors.RasterioError as e:
        raise _damaged(path) from e
    if crs is None:
        raise _damaged(path)
    return str(crs.to_wkt())


def _damaged(path: Path) -> MapError:
    return MapError(f"{path} does not say where it lies in a way that makes sense; save it without georeferencing")
