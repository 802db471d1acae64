"""GeoTIFF and other TIFF files of heights, or of shades of grey. GDAL reads them, which knows how nodata is marked."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, one_line, root_cause
from spade_terrain.maps.georeference import METRES, north_up
from spade_terrain.maps.heights.pictures import shrinking
from spade_terrain.maps.heights.rough import check_marks, check_metres
from spade_terrain.maps.heights.warping import pieces_beneath, warp
from spade_terrain.maps.images.decoding import decoding, quiet
from spade_terrain.maps.images.pixels import turned
from spade_terrain.maps.images.tiff import read_tags
from spade_terrain.runtime.libraries import require
from spade_terrain.terrain import Georeference

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

_UNITS = {
    9001: ("", "m", "metre", "meter", "metres", "meters"),
    9002: ("ft", "foot", "feet", "international foot"),
    9003: ("us survey foot", "us-ft", "ftus", "us_survey_foot"),
    9036: ("km", "kilometre", "kilometer"),
}
"""How GDAL and other programs call units of heights, by EPSG code."""

_ALL = 0.995
"""The share of a map whose heights are known from which on nobody has to be told."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Raster:
    """What a TIFF holds.

    Attributes:
        values: float32 `(h, w)`, north on top, NaN where unknown: metres, or shades of grey from 0 to 1.
        shape: height and width that it has in its file; the map's, if it was taken from where the map lies.
        is_grey: whether they are shades.

    """

    values: NDArray[np.float32]
    shape: tuple[int, int]
    is_grey: bool


def read_raster(
    path: Path, own: Georeference | None, shape: tuple[int, int], place: Georeference | None, *, has_range: bool
) -> Raster:
    """Read a TIFF of one band, besides which it may have one of opacity.

    Floats and signed numbers are heights; so are unsigned ones of 16 bits if the file says where it lies, unless a
    range is given for them. Others are shades of grey.

    Args:
        path: of the TIFF.
        own: where it says that it lies, if it does.
        shape: height and width of the map.
        place: where the map lies, if that is known. A file that says where it lies is taken from there.
        has_range: whether there is a range of metres for shades of grey.

    Raises `MapError` if it holds something else, in units that are not known, or is damaged, or doesn't lie where the
    map does; `MissingLibraryError` if rasterio is not installed.

    """
    require("rasterio", f"{path}, which is a TIFF,", "formats")
    import rasterio
    from rasterio.errors import CRSError, RasterioError
    from rasterio.windows import Window

    tags = read_tags(path)
    beneath = place if own is not None else None
    with decoding(path), quiet():
        try:
            with rasterio.open(path, driver="GTiff") as raster:
                dtype, sides = raster.dtypes[0], raster.shape
                is_grey = dtype == "uint8" or (dtype == "uint16" and (has_range or own is None))
                if beneath is None:
                    values = _read(path, raster, Window(0, 0, raster.width, raster.height))
                else:
                    values, sides = _read_beneath(path, raster, shape, beneath, is_grey=is_grey), shape
        except CRSError as e:
            raise MapError(
                f"no way leads from the coordinate system of {path} to the map's; save it in the map's, or without "
                "georeferencing"
            ) from e
        except RasterioError as e:
            raise MapError(f"{path} can't be read ({one_line(root_cause(e))}); save or copy it again") from e
    if is_grey:
        values /= np.float32(255 if dtype == "uint8" else 65535)
    if beneath is not None:
        if (known := 1 - float(np.isnan(values).mean())) < _ALL:
            _log.warning(
                "%s, taken from where it lies, knows the height of %.2g%% of the map; the rest is the model's",
                path.name,
                100 * known,
            )
        return Raster(values, sides, is_grey)
    if own is not None:
        values = north_up(values, own)[0]
    elif tags is not None:
        values = turned(values, tags.orientation)
    sideways = (values.shape[0] < values.shape[1]) != (sides[0] < sides[1])
    return Raster(values, sides[::-1] if sideways else sides, is_grey)


def _read_beneath(
    path: Path, raster: "DatasetReader", shape: tuple[int, int], place: Georeference, *, is_grey: bool
) -> NDArray[np.float32]:
    """Values on the ground of a map of `shape` that lies at `place`."""
    values: NDArray[np.float32] | None = None
    for piece in pieces_beneath(raster, shape, place):
        there = _read(path, raster, piece.window)
        if not is_grey and not np.isnan(there).all():
            check_metres(there, path.name)  # before what marks a lack of data is averaged with heights
        warped = warp(there, piece, raster.crs, shape, place)
        values = warped if values is None else np.where(np.isnan(values), warped, values)
    if values is None or np.isnan(values).all():
        raise MapError(
            f"{path} lies elsewhere than the map, or knows no height there; give heights of the same ground, or save "
            "them without georeferencing"
        )
    return values


def _read(path: Path, raster: "DatasetReader", window: "Window") -> NDArray[np.float32]:
    """Values as they lie in a window of the file, or means of some of them; in metres if they are heights."""
    from rasterio.enums import ColorInterp, Resampling

    bands = [kind for kind in raster.colorinterp if kind != ColorInterp.alpha]
    dtype = raster.dtypes[0]
    if len(bands) != 1 or "complex" in dtype or bands[0] == ColorInterp.palette:
        raise MapError(f"{path} has {len(bands)} bands of {dtype}; give one of heights, or a grey picture")
    height, width = window.height, window.width
    factor = shrinking(height, width)
    small = {
        "window": window,
        "out_shape": (-(-height // factor), -(-width // factor)),
        "resampling": Resampling.average,
    }
    values: NDArray[np.float32] = raster.read(1, out_dtype=np.float32, masked=True, **small).filled(np.nan)
    values[~np.isfinite(values)] = np.nan
    if ColorInterp.alpha in raster.colorinterp:  # GDAL's mask heeds it if it has 8 bits or 16
        values[raster.read(raster.colorinterp.index(ColorInterp.alpha) + 1, **small) == 0] = np.nan
    metres = _metres_per_unit(path, raster.units[0] or "")
    if dtype != "uint8":
        check_marks(values, path.name)
        values = values * np.float32(raster.scales[0] * metres) + np.float32(raster.offsets[0] * metres)
    return values


def _metres_per_unit(path: Path, unit: str) -> float:
    for code, names in _UNITS.items():
        if unit.strip().lower() in names:
            return METRES[code]
    raise MapError(f"{path} has heights in {unit!r}; save it in metres or feet")
