"""Sampling a raster on the map around a patch's centre, at one ground scale wherever on the Earth the patch lies.

The resampling is our own because it is nearer the truth than GDAL's warper with its cubic kernel, at every latitude and
on both kinds of map: `tests/world/rasters/test_resampling.py` compares both with ground that is known at every place.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, one_line, root_cause
from spade_terrain.world.rasters.antimeridian import View, project

if TYPE_CHECKING:
    from rasterio.io import DatasetReader
    from rasterio.windows import Window

Degrees = NDArray[np.float64]

_NODE_PX = 16
_REACH_PX = 2
"""How far from a point the cubic kernel takes pixels."""

_BEARABLE = 0.3
"""How much finer than the patch a raster may be before a mean of samples is nearer the truth than a single one."""


@dataclass(frozen=True)
class ControlGrid:
    """Points over a patch, from corner to corner, for which alone map projections are worked out.

    Between them projections are smooth enough to interpolate, to a hundredth of a pixel.

    Attributes:
        size: the patch's pixels a side.
        lats: latitudes, degrees, `(N, N)`, row 0 in the north.
        lons: longitudes, degrees, `(N, N)`.

    """

    size: int
    lats: NDArray[np.float64]
    lons: NDArray[np.float64]

    def moved(self, way: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]) -> "ControlGrid":
        """The control grid of the places that `way` leads to from its latitudes and longitudes."""
        return ControlGrid(self.size, *way(self.lats, self.lons))


@dataclass(frozen=True)
class Footprint:
    """Where a patch lies on a raster.

    Attributes:
        dataset: the raster.
        size: the patch's pixels a side.
        columns: for each point of the control grid its column in the raster `(N, N)`, in pixels from the left edge.
        rows: its row, from the top edge.

    """

    dataset: "DatasetReader"
    size: int
    columns: NDArray[np.float64]
    rows: NDArray[np.float64]


def control_grid(lat: float, lon: float, size: int, gsd: float) -> ControlGrid:
    """A patch of `size` pixels, each `gsd` metres, in an azimuthal-equidistant map centred on (lat, lon) degrees."""
    from rasterio.crs import CRS

    local = CRS.from_proj4(f"+proj=aeqd +lat_0={lat:.8f} +lon_0={lon:.8f} +datum=WGS84 +units=m +no_defs")
    line = np.linspace(-size / 2, size / 2, max(2, -(-size // _NODE_PX)) + 1) * gsd
    east, south = np.meshgrid(line, line)
    # By way of degrees, where both rasters part: PROJ takes ten times as long to plan a way from one map to another
    # as it takes to go it, and the ways from degrees are the same for all patches.
    lons, lats = project(local, "EPSG:4326", east.ravel(), -south.ravel())
    return ControlGrid(size, lats.reshape(east.shape), lons.reshape(east.shape))


def footprint(view: View, patch: ControlGrid) -> Footprint | None:
    """Where a patch lies on a raster; None if not within it, or not in one piece."""
    dataset = view.dataset
    lons = (patch.lons - view.turn + 180) % 360 - 180
    x, y = project("EPSG:4326", dataset.crs, lons.ravel(), patch.lats.ravel())
    if not np.isfinite(x + y).all():
        return None
    columns, rows = (a.reshape(lons.shape) for a in ~dataset.transform @ (x, y))
    inside = (columns >= 0) & (columns <= dataset.width) & (rows >= 0) & (rows <= dataset.height)
    steps = np.concatenate([_steps(columns, rows, axis).ravel() for axis in (0, 1)])
    # Across the map's end one step is as long as the whole world; within, steps differ by a few times only.
    if not inside.all() or steps.max() >= 20 * np.median(steps):
        return None
    return Footprint(dataset, patch.size, columns, rows)


def sample(at: Footprint, bands: tuple[int, ...], dtype: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The pixels of a patch `(H, W, C)`, and where the raster holds data throughout `(H, W)`.

    Cubic convolution (Keys 1981). Where the raster is finer than the patch, as Mercator is at high latitudes, several
    samples are taken to a pixel and weighted by the same kernel as wide as pixels are, so that what is finer than the
    patch doesn't alias.

    Raises `DataError` if the file can't be read throughout.
    """
    steps = (len(at.rows) - 1) / at.size
    down, across = (float(np.median(_steps(at.columns, at.rows, axis))) * steps for axis in (0, 1))
    # Beyond that GDAL shrinks on reading, with the file's overviews if it has them: no window is too large for memory.
    shrink = max(1, int(min(down, across) // 2))
    source, mask, columns, rows = _read(at, bands, dtype, shrink)
    counts = [max(1, ceil(s / shrink - _BEARABLE)) for s in (down, across)]
    to_rows, to_columns = (_between(len(columns), n * at.size) for n in counts)
    x, y = ((to_rows @ a @ to_columns.T).astype(np.float32) for a in (columns, rows))
    (along_y, top), (along_x, left) = (_taps(n) for n in counts)
    fine = cv2.remap(source, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    fine = cv2.sepFilter2D(fine, -1, along_x, along_y, anchor=(left, top))
    pixels = np.ascontiguousarray(fine[:: counts[0], :: counts[1]]).reshape(at.size, at.size, len(bands))
    if (mask == 255).all():
        return pixels, np.ones(pixels.shape[:2], bool)
    # A pixel with some nodata under its kernels counts as nodata: the cubic one is four by four, from the one before.
    whole = cv2.erode(np.where(mask == 255, 255, 0).astype(np.uint8), np.ones((4, 4), np.uint8), anchor=(1, 1))
    whole = cv2.remap(whole, np.floor(x), np.floor(y), cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    whole = cv2.erode(whole, np.ones((len(along_y), len(along_x)), np.uint8), anchor=(left, top))
    return pixels, whole[:: counts[0], :: counts[1]] == 255


@contextmanager
def reading() -> Iterator[None]:
    """What goes wrong in reading pixels becomes a `DataError`."""
    from rasterio.errors import RasterioError

    try:
        yield
    except RasterioError as e:
        raise DataError(
            f"a raster can't be read throughout: {one_line(root_cause(e))}; if its file is damaged, get it again"
        ) from e


def _steps(columns: NDArray[np.float64], rows: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """How many of the raster's pixels lie between neighbours of the control grid along an axis."""
    return np.hypot(np.diff(columns, axis=axis), np.diff(rows, axis=axis))


def _read(
    at: Footprint, bands: tuple[int, ...], dtype: str, shrink: int
) -> tuple[NDArray[Any], NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]:
    """The raster around the patch `(H, W, C)`, where it holds data (255), and the control grid in indices into it."""
    from rasterio.enums import Resampling

    window = _window(at, shrink)
    shape = (-(-window.height // shrink), -(-window.width // shrink))
    how = {"window": window, "resampling": Resampling.average}
    with reading():
        pixels = at.dataset.read(bands, out_shape=(len(bands), *shape), out_dtype=dtype, **how)
        mask = at.dataset.dataset_mask(out_shape=shape, **how)
    columns = (at.columns - window.col_off) * shape[1] / window.width - 0.5
    rows = (at.rows - window.row_off) * shape[0] / window.height - 0.5
    return np.ascontiguousarray(pixels.transpose(1, 2, 0)), mask, columns, rows


def _window(at: Footprint, shrink: int) -> "Window":
    from rasterio.windows import Window

    reach = (_REACH_PX + 1) * shrink
    top, left = (max(0, int(a.min()) - reach) for a in (at.rows, at.columns))
    bottom = min(at.dataset.height, int(at.rows.max()) + reach)
    right = min(at.dataset.width, int(at.columns.max()) + reach)
    return Window(left, top, right - left, bottom - top)


def _taps(count: int) -> tuple[NDArray[np.float64], int]:
    """Weights of the samples around a pixel's, of which there are `count`, and which of them is the pixel's first."""
    first = -2 * count
    weights = _cubic((np.arange(first, 3 * count) - (count - 1) / 2) / count)
    used = np.flatnonzero(weights)
    weights = weights[used[0] : used[-1] + 1]
    return weights / weights.sum(), int(-first - used[0])


def _between(nodes: int, samples: int) -> NDArray[np.float64]:
    """Weights `(samples, nodes)` by which values at nodes give those at samples: from end to end, cubic convolution."""
    where = (np.arange(samples) + 0.5) / samples * (nodes - 1)
    weights = _cubic(where[:, None] - np.arange(-1, nodes + 1))
    # The nodes beyond the ends are those of the parabola through the last three.
    inner = weights[:, 1:-1].copy()
    inner[:, :3] += weights[:, :1] * (3, -3, 1)
    inner[:, -3:] += weights[:, -1:] * (1, -3, 3)
    return inner


def _cubic(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """The kernel of cubic convolution, exact for parabolas (Keys 1981), at offsets in pixels."""
    d = np.abs(offsets)
    near, far = ((1.5 * d - 2.5) * d) * d + 1, ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))
