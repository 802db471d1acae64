"""Rough heights, of whatever kind, to `RoughHeights` of a map."""

import os
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, ParameterError, StorageError, one_line
from spade_terrain.inputs import as_path, check_input
from spade_terrain.maps.georeference import read_georeference
from spade_terrain.maps.heights.pictures import read_picture, shrinking
from spade_terrain.maps.heights.rasters import read_raster
from spade_terrain.maps.heights.rough import RoughHeights, check_metres, shrink
from spade_terrain.maps.images.tiff import read_directory
from spade_terrain.terrain import Georeference

HeightsSource = str | os.PathLike[str] | NDArray[np.floating[Any]]
"""What `read_heights` reads."""

_MOST_M = 100_000.0
"""The farthest from the sea that a range may go."""
_IGNORED = "so it is taken to cover the map's ground; save it as GeoTIFF with a coordinate system, or cut it out"
_BESIDE = 0.05
"""How much longer one side may be in proportion to the other than the map's, besides half a pixel."""


def read_heights(
    source: HeightsSource,
    wanted: tuple[float, float] | None,
    shape: tuple[int, int],
    place: Georeference | None = None,
) -> RoughHeights:
    """Rough heights of a map of `shape`, `(H, W)`, that cover the same ground, with as many pixels as they have.

    A GeoTIFF is taken from where the map lies, if both say where that is: it may cover more ground, or less, in a
    coordinate system of its own. One line tells what share of the map it leaves without heights.

    Args:
        source: the path of a GeoTIFF of metres, of a grey TIFF, or of a grey picture; or metres as an array, floats
            `(h, w)`, NaN where unknown.
        wanted: metres of black and of white, for a grey picture. Without it the painted land says what they are.
        shape: height and width of the map.
        place: where the map lies, if that is known.

    Raises:
        ParameterError: the range makes no sense, or is for what holds metres.
        MissingFileError: there is no such file.
        MapError: the file or array is not fit for use, knows no height, has other proportions than the map, or lies
            elsewhere.
        MissingLibraryError: it is a TIFF, and rasterio is not installed.

    """
    if wanted is not None:
        _check_range(wanted)
    if isinstance(source, str | os.PathLike):
        path = as_path(source, "guide")
        values, sides, is_grey = _read_file(path, shape, place, has_range=wanted is not None)
        name = path.name
    else:
        values, name, is_grey = _as_metres(source), "an array", False
        sides = values.shape[0], values.shape[1]
    _check_sides(sides, shape, name)
    if np.isnan(values).all():
        raise _unknown(name)
    heights = _settled(values, is_grey, wanted, shape, name)
    if np.isnan(heights.grid).all():
        raise _unknown(name)
    return heights


def _settled(
    values: NDArray[np.float32], is_grey: bool, wanted: tuple[float, float] | None, shape: tuple[int, int], name: str
) -> RoughHeights:
    """Values that are metres, or shades of grey, of which some are known, as heights of a map of `shape`."""
    if not is_grey:
        if wanted is not None:
            raise ParameterError(f"`guide_range` is for grey pictures, but {name} holds metres; leave it out")
        check_metres(values, name)
        metres = np.maximum(values, 0)
        return RoughHeights.fitted(metres, shape, name, (float(np.nanmin(metres)), float(np.nanmax(metres))))
    if wanted is None:
        return RoughHeights.fitted(values, shape, name, None)
    low, high = (float(end) for end in wanted)
    metres = np.maximum(np.float32(low) + values * np.float32(high - low), 0)
    return RoughHeights.fitted(metres, shape, name, (low, high))


def _read_file(
    path: Path, shape: tuple[int, int], place: Georeference | None, *, has_range: bool
) -> tuple[NDArray[np.float32], tuple[int, int], bool]:
    check_input(path)
    try:
        own = read_georeference(path, _IGNORED if place is not None else None)
        if read_directory(path) is None:
            return *read_picture(path), True
    except OSError as e:
        raise StorageError(f"can't read {path}: {one_line(e)}; give a file that you may read") from e
    raster = read_raster(path, own, shape, place, has_range=has_range)
    return raster.values, raster.shape, raster.is_grey


def _as_metres(array: object) -> NDArray[np.float32]:
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "fiu" or not array.size:
        found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ParameterError(f"`guide` is {found}; give a path, or heights in metres as float32 of the shape (H, W)")
    metres = np.ma.filled(array.astype(np.float32), np.nan)
    metres[~np.isfinite(metres)] = np.nan
    return shrink(metres, factor) if (factor := shrinking(*metres.shape)) > 1 else metres


def _unknown(name: str) -> MapError:
    return MapError(f"{name} knows no height, or too few; give one that does, or leave `guide` out")


def _check_sides(sides: tuple[int, int], shape: tuple[int, int], name: str) -> None:
    """Raise `MapError` if heights of these sides can't be of the same ground as a map of `shape`."""
    height, width = sides
    ratio = width * shape[0] / (height * shape[1])
    if max(ratio, 1 / ratio) > 1 + _BESIDE + 0.5 / min(sides):
        raise MapError(
            f"{name} is {width} x {height} pixels and the map {shape[1]} x {shape[0]}, of other proportions; "
            "give a `guide` that covers the same ground"
        )


def _check_range(wanted: tuple[float, float]) -> None:
    try:
        low, high = map(float, wanted)
    except (TypeError, ValueError) as e:
        raise ParameterError(f"`guide_range` is {wanted!r}; give two numbers, metres of black and of white") from e
    if not (isfinite(low) and isfinite(high) and -_MOST_M <= low < high <= _MOST_M and high > 0):
        raise ParameterError(
            f"`guide_range` is {low:g} to {high:g}; give metres of black and of white, the first below the second, "
            "and white above the sea"
        )
