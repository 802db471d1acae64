"""Where the map in a GeoTIFF lies.

Tags and keys: OGC GeoTIFF Standard 1.1, https://docs.ogc.org/is/19-008r4/19-008r4.html.
"""

import logging
from dataclasses import replace
from math import cos, cosh, degrees, isfinite, pi, radians, sin, sqrt
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.maps.ground import LARGEST, SMALLEST
from spade_terrain.maps.images.pixels import turned
from spade_terrain.maps.images.tiff import orientation_of, read_directory
from spade_terrain.runtime.libraries import require
from spade_terrain.terrain import Georeference

_WIDTH, _HEIGHT = 256, 257
_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION, _KEYS = 33550, 33922, 34264, 34735
_MODEL_TYPE, _RASTER_TYPE, _GEODETIC_CRS, _PROJECTED_CRS = 1024, 1025, 2048, 3072
_ANGULAR_UNIT, _LINEAR_UNIT = 2054, 3076
_PROJECTED, _GEOGRAPHIC, _POINT = 1, 2, 2
_OWN = 32767
"""Stands for a coordinate system that has no EPSG code."""

_FLIPS = ((False, False), (True, False), (True, True), (False, True))
"""Whether a picture is mirrored, and put upside down, by orientation: 1 to 4; 5 to 8 transpose it first."""

_KILOMETRE = 9036
METRES = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937, _KILOMETRE: 1000.0}
"""The units of lengths by their EPSG codes: metre, foot, US survey foot, kilometre."""
_DEGREES = {9101: 180 / pi, 9102: 1.0, 9105: 0.9, 9122: 1.0}
"""The units of angles: radian, degree, grad, degree again."""
_WEB_MERCATOR = (3857, 3785, 900913)
"""Coordinate systems of web maps, whose metres are true at the equator only."""
_USUAL_UNITS = {4326, 4258, 4269, *_WEB_MERCATOR, *range(32601, 32661), *range(32701, 32761)}
"""Coordinate systems in degrees or metres that need no look-up: WGS 84, ETRS89, NAD83, web maps, UTM."""
_SOUTH_AFRICAN = {*range(2046, 2056), *range(22275, 22295, 2)}
"""Coordinate systems whose x grows westwards, and y southwards: Hartebeesthoek94 / Lo and Cape / Lo."""
_EARTH, _FLATTENING = 6_378_137.0, 1 / 298.257223563
"""The Earth's radius at the equator in metres, and how much less it is at the poles: WGS 84."""

_WORLD_FILES = (".wld", ".tfw", ".pgw", ".jgw", ".bpw", ".gfw", ".tifw", ".pngw", ".jpgw")
"""What the names of files end in that say, beside a picture, where it lies."""

_SAVE_MAP = "nor the size of its pixels; give that with `gsd`, or save the map as GeoTIFF with a coordinate system"

_log = logging.getLogger(__name__)

Number = TypeVar("Number", bound=np.generic)
Transform = tuple[float, float, float, float, float, float]


def read_georeference(path: Path, unused: str | None = _SAVE_MAP) -> Georeference | None:
    """Where a picture lies, upright, as a GeoTIFF says; else `None`, with a warning if it says so in another way.

    The warning ends with `unused`, what follows from it that the place is not used; with `None` there is none.

    Raises `OSError` if it can't be read, `MapError` if what it says makes no sense, and `MissingLibraryError` if its
    coordinate system has no EPSG code and rasterio, which can spell it out, is not installed.
    """
    tags = read_directory(path)
    if tags is None:
        _warn_unused(path, _world_file(path), unused)
        return None
    try:
        scale, tiepoint, matrix, keys = (
            tags.get(number, ()) for number in (_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION, _KEYS)
        )
        width, height = int(tags[_WIDTH]), int(tags[_HEIGHT])
        transform = _transform(*(tuple(map(float, numbers)) for numbers in (scale, tiepoint, matrix)))
        # Each key is its number, a place (0: the value itself follows), a count, and the value; four numbers go before.
        values = {keys[i]: keys[i + 3] for i in range(4, len(keys) - 3, 4) if keys[i + 1] == 0}
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    if transform is None:
        _warn_unused(path, "by control points" if len(tiepoint) > 6 else _world_file(path), unused)
        return None
    a, b, c, d, e, f = transform
    if not isfinite(sum(transform)) or a * e == b * d:
        raise _damaged(path)
    if values.get(_RASTER_TYPE) == _POINT:
        transform = (a, b, c - (a + b) / 2, d, e, f - (d + e) / 2)
    geographic = values.get(_MODEL_TYPE) == _GEOGRAPHIC
    if not geographic and values.get(_MODEL_TYPE) != _PROJECTED and _LINEAR_UNIT not in values:
        _warn_unused(path, "in no coordinate system", unused)
        return None
    code = int(values.get(_GEODETIC_CRS if geographic else _PROJECTED_CRS, _OWN))
    unit_code = values.get(_ANGULAR_UNIT if geographic else _LINEAR_UNIT, 0)  # 0 stands for none, too
    # Of EPSG's systems but one is in kilometres: a file that has them means another than the code says.
    crs = _own_crs(path) if code in (0, _OWN) or unit_code == _KILOMETRE else f"EPSG:{code}"
    code = _code_of(crs) or _OWN
    middle = transform[3] * width / 2 + transform[4] * height / 2 + transform[5]
    if unit_code:
        unit = (_DEGREES if geographic else METRES).get(unit_code)
    else:
        unit = 1.0 if code in _USUAL_UNITS else _unit_of(path, crs, geographic=geographic)
    if unit is None:
        raise MapError(
            f"{path} lies in units that we don't know; reproject it to metres or degrees, or save it without "
            "georeferencing and give its pixels with `gsd`"
        )
    upright = _turned(transform, orientation_of(tags), width, height)
    place = Georeference(crs, upright, _metres_per_unit(code, not geographic, unit, middle))
    if not all(SMALLEST <= side <= LARGEST for side in place.pixel):
        raise _damaged(path)
    return place


def _warn_unused(path: Path, how: str | None, unused: str | None) -> None:
    """Say that a picture lies somewhere in a way that is not used, and what follows."""
    if how and unused:
        _log.warning("%s: its place, given %s, is not used, %s", path, how, unused)


def _world_file(path: Path) -> str | None:
    """That there is a world file beside a picture, if there is."""
    names = (path.with_suffix(end) for end in _WORLD_FILES)
    return next((f"by {name.name}" for name in names if name.exists()), None)


def north_up(labels: NDArray[Number], place: Georeference) -> tuple[NDArray[Number], Georeference]:
    """Labels or heights `(H, W)` and their place with north on top and east on the right, as near as quarter turns go.

    Programs write rows from the south, too, and turned or mirrored ones.
    """
    a, b, _, d, e, _ = place.transform
    swapped = abs(b * d) > abs(a * e)  # rows run north, or south
    if swapped:
        a, e = b, d
    if _code_of(place.crs) in _SOUTH_AFRICAN:
        a, e = -a, -e
    orientation = 1 + 4 * swapped + _FLIPS.index((a < 0, e > 0))
    rows, columns = labels.shape
    upright = replace(place, transform=_turned(place.transform, orientation, columns, rows))
    return np.ascontiguousarray(turned(labels, orientation)), upright


def _transform(scale: tuple[float, ...], tiepoint: tuple[float, ...], matrix: tuple[float, ...]) -> Transform | None:
    if len(matrix) == 16:
        return matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]
    if len(scale) < 2 or len(tiepoint) != 6:
        return None
    column, row, _, x, y, _ = tiepoint
    return scale[0], 0.0, x - column * scale[0], 0.0, -scale[1], y + row * scale[1]


def _turned(place: Transform, orientation: int, columns: int, rows: int) -> Transform:
    """The transform of a picture of so many pixels when it is turned as `pixels.turned` does it."""
    a, b, c, d, e, f = place
    swapped, flip = divmod(orientation - 1, 4)
    if swapped:
        a, b, d, e, columns, rows = b, a, e, d, rows, columns
    mirrored, flipped = _FLIPS[flip]
    if mirrored:
        a, c, d, f = -a, c + a * columns, -d, f + d * columns
    if flipped:
        b, c, e, f = -b, c + b * rows, -e, f + e * rows
    return a, b, c, d, e, f


def _metres_per_unit(code: int, projected: bool, unit: float, y: float) -> tuple[float, float]:
    """Metres on the ground of a unit along x and along y, at `y`; `unit` is in metres or degrees."""
    if projected:
        true = unit / cosh(min(abs(y) / _EARTH, 5)) if code in _WEB_MERCATOR else unit
        return true, true
    latitude = radians(min(abs(y * unit), 89))
    squared = _FLATTENING * (2 - _FLATTENING)  # of the ellipsoid's eccentricity
    bulge = 1 - squared * sin(latitude) ** 2
    along, across = _EARTH * cos(latitude) / sqrt(bulge), _EARTH * (1 - squared) / bulge**1.5
    return radians(unit) * along, radians(unit) * across


def _code_of(crs: str) -> int | None:
    """The EPSG code of a coordinate system that is given by it."""
    authority, _, code = crs.partition(":")
    return int(code) if authority == "EPSG" else None


def _unit_of(path: Path, crs: str, *, geographic: bool) -> float:
    """Metres, or degrees, that a unit of a coordinate system is by PROJ's tables."""
    require("rasterio", f"the unit of {crs}, which {path} does not say,", "formats")
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    try:
        unit = float(CRS.from_user_input(crs).units_factor[1])
    except CRSError as e:
        raise _damaged(path) from e
    return degrees(unit) if geographic else unit


def _own_crs(path: Path) -> str:
    """The coordinate system by the EPSG code that GDAL finds it to have, else as WKT."""
    require("rasterio", f"the coordinate system of {path}, which has no EPSG code,", "formats")
    import rasterio.errors

    try:
        with rasterio.open(path) as raster:
            crs = raster.crs
    except rasterio.errors.RasterioError as e:
        raise _damaged(path) from e
    if crs is None:
        raise _damaged(path)
    code = crs.to_epsg(confidence_threshold=100)
    return str(crs.to_wkt()) if code is None else f"EPSG:{code}"


def _damaged(path: Path) -> MapError:
    return MapError(f"{path} does not say where it lies in a way that makes sense; save it without georeferencing")
