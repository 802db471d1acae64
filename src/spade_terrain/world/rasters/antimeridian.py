"""A raster cut at the antimeridian or on the far side, so that a patch across the end of its map comes out whole."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.rasters.vrt import Band, Box, Piece, file_of, mask_of, open_vrt

if TYPE_CHECKING:
    from rasterio.io import DatasetReader


@dataclass(frozen=True)
class View:
    """A raster turned about the Earth's axis.

    The Earth is the same all the way round: the patch at longitude L of a raster is the patch at L - `turn` of the
    raster that has been turned by `turn` to the west. So no new map projection is needed.

    Attributes:
        dataset: the raster, turned.
        turn: degrees; the ground at longitude L is at L - `turn` in `dataset`.

    """

    dataset: "DatasetReader"
    turn: float


def project(
    source: Any, target: Any, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points `(N,)` of one map on another; infinite where the other can't show them."""
    from rasterio._err import CPLE_BaseError
    from rasterio.warp import transform

    try:
        xs, ys = transform(source, target, x, y)
    except CPLE_BaseError:  # GDAL tells of a point off the map by an error, of which rasterio has no public name
        return np.full(x.shape, np.inf), np.full(x.shape, np.inf)
    return np.asarray(xs), np.asarray(ys)


def views(stack: ExitStack, dataset: "DatasetReader") -> tuple[View, ...]:
    """`dataset` within longitudes -180 to 180, and, if it goes round the Earth, cut on the far side too.

    Only maps on which longitude alone decides x can be turned: degrees, Mercator and the like. Others come back as
    they are. `stack` closes the views.
    """
    world = _world(dataset)
    if world is None:
        return (View(dataset, 0.0),)
    left, width = world
    step = dataset.transform.a
    columns = round(width / step)
    if dataset.width >= columns and abs(columns * step - width) <= step / 2:
        return tuple(_turned(stack, dataset, left, width, first, columns) for first in (0, columns // 2))
    start, end = dataset.bounds.left, dataset.bounds.right
    if start >= left - step / 2 and end <= left + width + step / 2:
        return (View(dataset, 0.0),)
    # A region beyond the antimeridian, or longitudes 0 to 360 with a gap: its middle goes to the middle of the map.
    west = left + (width - (end - start)) / 2
    return (_turned(stack, dataset, west, width, 0, dataset.width),)


def _turned(stack: ExitStack, dataset: "DatasetReader", left: float, width: float, first: int, columns: int) -> View:
    """`columns` of `dataset` from number `first` on, round the Earth, the first of them at x `left`."""
    from affine import Affine

    t = dataset.transform
    turn = (t.c + first * t.a - left) / width * 360
    if abs(turn) < 1e-9 and columns == dataset.width:
        return View(dataset, 0.0)
    height = dataset.height
    boxes: list[tuple[Box, Box]] = [((first, 0, columns - first, height), (0, 0, columns - first, height))]
    if first:
        boxes.append(((0, 0, first, height), (columns - first, 0, first, height)))
    file = file_of(dataset)
    bands = [
        Band(
            dataset.dtypes[i],
            [Piece(file, str(i + 1), *box) for box in boxes],
            nodata=dataset.nodatavals[i],
            colour=dataset.colorinterp[i].name.capitalize(),
        )
        for i in range(dataset.count)
    ]
    mask = mask_of(dataset, boxes) if _masked(dataset) else None
    transform = Affine(t.a, t.b, left, t.d, t.e, t.f)
    return View(open_vrt(stack, (columns, height), dataset.crs, transform, bands, mask), turn)


def _masked(dataset: "DatasetReader") -> bool:
    from rasterio.enums import MaskFlags

    flags = dataset.mask_flag_enums[0]
    return MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags


def _world(dataset: "DatasetReader") -> tuple[float, float] | None:
    """Left end and width of the whole world along x, in the map's unit; None if longitude alone doesn't decide x."""
    t = dataset.transform
    if t.b or t.d or t.a <= 0:
        return None
    lons, lats = (a.ravel() for a in np.meshgrid([-170.0, -90, 0, 90, 170], [-40.0, 0, 50]))
    x, y = project("EPSG:4326", dataset.crs, lons, lats)
    if not np.isfinite(x + y).all():
        return None
    rate, middle = np.polyfit(lons, x, 1)
    width = 360 * rate
    if width <= 0 or np.abs(middle + rate * lons - x).max() > 1e-5 * width:
        return None
    return float(middle - width / 2), float(width)
