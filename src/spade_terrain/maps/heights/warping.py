"""The part of a georeferenced raster that a map's ground lies in, and its values on the map's grid."""

from collections.abc import Sequence
from math import ceil, floor, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.maps import limits
from spade_terrain.terrain import Georeference

if TYPE_CHECKING:
    from affine import Affine
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

_NODES = 33
"""How many points along each side of a map are looked for in the raster."""
_MARGIN_PX = 4
"""How many pixels beyond them are read, besides as many as lie between two of them."""


def window_of(raster: "DatasetReader", shape: tuple[int, int], place: Georeference) -> "Window | None":
    """The pixels of a raster around the ground of a map of `shape` that lies at `place`; `None` if there are none.

    Raises `CRSError` if no way leads from one coordinate system to the other.
    """
    from affine import Affine
    from rasterio._err import CPLE_BaseError
    from rasterio.warp import transform
    from rasterio.windows import Window

    grid: Any = Affine(*place.transform)  # its types know of no arrays
    nodes = tuple(points.ravel() for points in np.meshgrid(*(np.linspace(0, side, _NODES) for side in shape[::-1])))
    try:
        x, y = map(np.array, transform(place.crs, raster.crs, *(grid @ nodes)))
    except CPLE_BaseError:  # some are nowhere in the raster's system; rasterio has no public name for GDAL's errors
        return Window(0, 0, raster.width, raster.height)
    (left, right), (top, bottom) = (
        _around(places, count)
        for places, count in zip(~raster.transform @ (x, y), (raster.width, raster.height), strict=True)
    )
    return Window(left, top, right - left, bottom - top) if left < right and top < bottom else None


def warp(
    values: NDArray[np.float32], raster: "DatasetReader", window: "Window", shape: tuple[int, int], place: Georeference
) -> NDArray[np.float32]:
    """Values `(h, w)` of a raster's window, NaN where unknown, on the grid of a map of `shape` that lies at `place`.

    Float32 `(H, W)`, or as many times fewer as it takes for them to be held in memory; linear between the raster's
    pixels, and the mean of them where they are finer.

    Raises `CRSError` if no way leads from one coordinate system to the other.
    """
    from rasterio.crs import CRS
    from rasterio.warp import Resampling, reproject

    factor = ceil(sqrt(shape[0] * shape[1] / limits.MAX_DECODED))
    warped = np.full([-(-side // factor) for side in shape], np.nan, np.float32)
    reproject(
        values,
        warped,
        src_crs=raster.crs,
        src_transform=_scaled(raster.window_transform(window), (window.height, window.width), values.shape),
        src_nodata=np.nan,
        dst_crs=CRS.from_user_input(place.crs),
        dst_transform=_scaled(place.transform, shape, warped.shape),
        dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )
    return warped


def _scaled(transform: Sequence[float], shape: tuple[int, int], fewer: tuple[int, ...]) -> "Affine":
    """The transform of pixels so large that as few of them as `fewer` cover what is of `shape` by `transform`."""
    from affine import Affine

    return Affine(*transform[:6]) @ Affine.scale(shape[1] / fewer[1], shape[0] / fewer[0])


def _around(places: NDArray[np.float64], count: int) -> tuple[int, int]:
    """The first of `count` pixels, and the one after the last, around places `(N,)`, of which some may be infinite."""
    places = places[np.isfinite(places)].clip(-count, 2 * count)
    if not len(places):
        return 0, 0
    margin = np.ptp(places) / (_NODES - 1) + _MARGIN_PX
    return max(0, floor(places.min() - margin)), min(count, ceil(places.max() + margin))
