"""The parts of a georeferenced raster that a map's ground lies in, and their values on the map's grid."""

from dataclasses import dataclass
from math import ceil, floor, pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.maps import limits
from spade_terrain.maps.heights.rough import quotient
from spade_terrain.terrain import Georeference

if TYPE_CHECKING:
    from affine import Affine
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

Places = NDArray[np.float64]

_NODES = 33
"""How many points along each side of a map are looked for in the raster."""
_MARGIN_PX = 4
"""How many pixels beyond them are read, besides as many as lie between two of them."""
_JUMP = 20
"""How many times as long as others a step between neighbours is that leads from one end of the raster to the other."""


@dataclass(frozen=True)
class Piece:
    """A part of a raster beneath a map: all of it, but for maps across the raster's ends.

    Attributes:
        window: its pixels.
        transform: of these; of geographic coordinates perhaps a full turn from the raster's own.
        ratio: how many of the map's pixels one is as wide, and as long; `None` where that can't be told.

    """

    window: "Window"
    transform: "Affine"
    ratio: tuple[float, float] | None


def pieces_beneath(raster: "DatasetReader", shape: tuple[int, int], place: Georeference) -> list[Piece]:
    """The pieces of a raster around the ground of a map of `shape` that lies at `place`.

    Raises `CRSError` if no way leads from one coordinate system to the other.
    """
    from affine import Affine
    from rasterio._err import CPLE_BaseError, CPLE_NotSupportedError  # rasterio has no public names for GDAL's errors
    from rasterio.errors import CRSError
    from rasterio.warp import transform
    from rasterio.windows import Window

    grid: Any = Affine(*place.transform)  # its types know of no arrays
    nodes = tuple(places.ravel() for places in np.meshgrid(*(np.linspace(0, side, _NODES) for side in shape[::-1])))
    try:
        x, y = (np.reshape(v, (_NODES, _NODES)) for v in transform(place.crs, raster.crs, *(grid @ nodes)))
    except CPLE_NotSupportedError as e:
        raise CRSError("GDAL knows none") from e
    except CPLE_BaseError:  # some are nowhere in the raster's system
        return [Piece(Window(0, 0, raster.width, raster.height), raster.transform, None)]
    # Longitudes may count from -180, from 0, or go on past an end, in the map as in the raster.
    turn = 2 * pi / raster.crs.units_factor[1] if raster.crs.is_geographic else 0.0
    pieces = []
    for moved in (0.0, -turn, turn) if turn else (0.0,):
        whole: Any = Affine.translation(moved, 0) @ raster.transform
        columns, rows = ~whole @ (x, y)
        ratio = _pixels_of_map(columns, shape), _pixels_of_map(rows, shape)
        for part in _parts(columns):
            left, right = _around(columns[part], columns, raster.width)
            top, bottom = _around(rows[part], rows, raster.height)
            if left < right and top < bottom:
                window = Window(left, top, right - left, bottom - top)
                pieces.append(Piece(window, whole @ Affine.translation(left, top), ratio))
    return pieces


def warp(
    values: NDArray[np.float32], piece: Piece, crs: Any, shape: tuple[int, int], place: Georeference
) -> NDArray[np.float32]:
    """Values `(h, w)` of a piece of a raster in `crs`, NaN where unknown, on the grid of a map of `shape` at `place`.

    Float32 `(H, W)`, or as many times fewer as it takes for them to be held in memory; linear between the raster's
    pixels, and the mean of them where they are finer; NaN where fewer than half are known.
    """
    from affine import Affine
    from rasterio.crs import CRS
    from rasterio.warp import Resampling, reproject

    factor = ceil(sqrt(shape[0] * shape[1] / limits.MAX_DECODED))
    made = -(-shape[0] // factor), -(-shape[1] // factor)
    sides = piece.window.height, piece.window.width
    grids = {
        "src_crs": crs,
        "src_transform": _scaled(piece.transform, sides, values.shape),
        "dst_crs": CRS.from_user_input(place.crs),
        "dst_transform": _scaled(Affine(*place.transform), shape, made),
        "resampling": Resampling.bilinear,
    }
    if piece.ratio is not None:  # GDAL itself would compare the sides of the piece and of the map, which may differ
        for name, ratio, axis in (("XSCALE", piece.ratio[0], 1), ("YSCALE", piece.ratio[1], 0)):
            read_px, made_px = sides[axis] / values.shape[axis], shape[axis] / made[axis]
            grids[name] = f"{min(1.0, ratio * read_px / made_px):.4g}"

    def warped(source: NDArray[np.float32]) -> NDArray[np.float32]:
        target = np.full(made, np.nan, np.float32)
        reproject(source, target, **grids, dst_nodata=np.nan)
        return target

    known = ~np.isnan(values)
    if known.all():
        return warped(values)
    # By GDAL's own nodata a mean would be unknown wherever the pixel in the middle is, and known wherever that is.
    return quotient(warped(np.where(known, values, np.float32(0))), warped(known.astype(np.float32)))


def _scaled(transform: "Affine", shape: tuple[int, int], fewer: tuple[int, ...]) -> "Affine":
    """The transform of pixels so large that as few of them as `fewer` cover what is of `shape` by `transform`."""
    from affine import Affine

    return transform @ Affine.scale(shape[1] / fewer[1], shape[0] / fewer[0])


def _parts(columns: Places) -> list[NDArray[np.bool_]]:
    """The nodes of each part of a map, bool `(N, N)`: two where it lies across the ends of a raster, else one."""
    known = np.isfinite(columns)
    steps = np.concatenate([np.abs(np.diff(columns, axis=axis)).ravel() for axis in (0, 1)])
    steps = steps[np.isfinite(steps)]
    if not len(steps) or steps.max() <= _JUMP * np.median(steps):
        return [known]
    ordered = np.sort(columns[known])
    widest = int(np.argmax(np.diff(ordered)))
    before, after = ordered[widest : widest + 2]
    if after - before <= np.ptp(ordered) / 2:  # a map around a pole is everywhere between them
        return [known]
    return [known & (columns <= before), known & (columns >= after)]


def _typical_step(places: Places, axis: int) -> float:
    """How many of the raster's pixels most often lie between two nodes along an axis of the map."""
    steps = np.abs(np.diff(places, axis=axis))
    steps = steps[np.isfinite(steps)]
    return float(np.median(steps)) if len(steps) else 0.0


def _pixels_of_map(places: Places, shape: tuple[int, int]) -> float:
    """How many of a map's pixels one of the raster's is, given the columns, or rows, of the nodes in it."""
    down, across = (_typical_step(places, axis) * (_NODES - 1) / shape[axis] for axis in (0, 1))
    return 1 / max(float(np.hypot(down, across)), 1e-9)


def _around(part: Places, places: Places, count: int) -> tuple[int, int]:
    """The first of `count` pixels, and the one after the last, around nodes `(M,)`, a part of all `places` `(N, N)`."""
    if not len(part):
        return 0, 0
    part = part.clip(-count, 2 * count)
    step = max(_typical_step(places, axis) for axis in (0, 1))
    margin = max(np.ptp(part) / (_NODES - 1), min(2 * step, count)) + _MARGIN_PX
    return max(0, floor(part.min() - margin)), min(count, ceil(part.max() + margin))
