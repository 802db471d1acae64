"""The two global rasters, and one square patch of both around a place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.terrain import GSD

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True)
class Rasters:
    """The open Terrain raster (RGB uint8) and Height raster (one band of metres), and where both have data.

    Attributes:
        terrain: the Terrain raster.
        height: the Height raster; its grid and CRS may differ.
        bounds: the box both cover: west, south, east, north in degrees.

    """

    terrain: "DatasetReader"
    height: "DatasetReader"
    bounds: Bounds


@dataclass(frozen=True)
class RawPatch:
    """One patch as the rasters give it, north up, `gsd` metres a pixel at its centre.

    Attributes:
        terrain: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; below-sea values as they are, 0 where not valid.
        valid: bool `(H, W)`, False where either raster has no data.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    valid: NDArray[np.bool_]


@contextmanager
def open_rasters(terrain: Path, height: Path) -> Iterator[Rasters]:
    """Open both rasters (anything GDAL reads).

    Raises `TerrainError` if a file is missing or no raster, has the wrong bands or no georeference, or if the two
    don't overlap.
    """
    with _open(terrain) as t, _open(height) as h:
        if t.count not in (3, 4) or t.dtypes[0] != "uint8":
            raise TerrainError(f"{terrain} has {t.count} bands of {t.dtypes[0]}; the Terrain raster must be 8-bit RGB")
        if h.count != 1:
            raise TerrainError(f"{height} has {h.count} bands; the Height raster must have one, of metres")
        tb, hb = _bounds(t), _bounds(h)
        bounds = (max(tb[0], hb[0]), max(tb[1], hb[1]), min(tb[2], hb[2]), min(tb[3], hb[3]))
        if bounds[0] >= bounds[2] or bounds[1] >= bounds[3]:
            raise TerrainError(
                f"{terrain} covers {_degrees(tb)} and {height} covers {_degrees(hb)}: they don't overlap; "
                "give two rasters of the same region"
            )
        yield Rasters(t, h, bounds)


def read_patch(rasters: Rasters, lat: float, lon: float, size: int, gsd: float = GSD) -> RawPatch | None:
    """Warp one patch of `size` pixels out of both rasters, in an azimuthal-equidistant map centred on (lat, lon).

    Degrees in, `RawPatch` out; None if the patch leaves one of the rasters or crosses a seam of its map (the
    180th meridian, a pole), which would tear it.
    """
    border = _border(size)
    if not all(_holds(d, lat, lon, border, size, gsd) for d in (rasters.terrain, rasters.height)):
        return None
    rgb, rgb_valid = _warp(rasters.terrain, (1, 2, 3), "uint8", lat, lon, size, gsd)
    metres, metres_valid = _warp(rasters.height, (1,), "float32", lat, lon, size, gsd)
    valid = rgb_valid & metres_valid & np.isfinite(metres[0])
    return RawPatch(np.ascontiguousarray(rgb.transpose(1, 2, 0)), np.where(valid, metres[0], 0), valid)


def read_warped(
    dataset: "DatasetReader", bands: tuple[int, ...], dtype: str, grid: dict[str, Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Read `bands` `(C, H, W)` as `dtype` on another grid (`WarpedVRT` options), and where they hold data `(H, W)`."""
    from rasterio.enums import ColorInterp
    from rasterio.vrt import WarpedVRT

    if dataset.nodata is not None:
        with WarpedVRT(dataset, dtype=dtype, src_nodata=dataset.nodata, nodata=dataset.nodata, **grid) as vrt:
            pixels = vrt.read(bands)
        return pixels, ((pixels != dataset.nodata) & np.isfinite(pixels)).any(0)
    alpha = next((i + 1 for i, c in enumerate(dataset.colorinterp) if c == ColorInterp.alpha), dataset.count + 1)
    with WarpedVRT(dataset, dtype=dtype, add_alpha=alpha > dataset.count, **grid) as vrt:
        # One read for colours and mask: a second one would warp everything again.
        pixels = vrt.read((*bands, alpha))
    # A pixel with some nodata under the kernel is only partly opaque, and counts as nodata: no void leaks in.
    return pixels[:-1], pixels[-1] >= 255


def _open(path: Path) -> "DatasetReader":
    try:
        import rasterio
        from rasterio.errors import RasterioIOError
    except ImportError as e:
        raise TerrainError("reading rasters takes rasterio: pip install 'spade-terrain[world]'") from e
    if not path.exists():
        raise TerrainError(f"no such file: {path}")
    try:
        dataset = rasterio.open(path)
    except RasterioIOError as e:
        raise TerrainError(f"{path} is not a raster that GDAL can read: {e}") from e
    if dataset.crs is None:
        dataset.close()
        raise TerrainError(f"{path} has no coordinate reference system; give a georeferenced raster")
    return dataset


def _bounds(dataset: "DatasetReader") -> Bounds:
    from rasterio.warp import transform_bounds

    west, south, east, north = transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
    return float(west), float(south), float(east), float(north)


def _degrees(b: Bounds) -> str:
    return f"longitudes {b[0]:.1f} to {b[2]:.1f}, latitudes {b[1]:.1f} to {b[3]:.1f}"


def _local_crs(lat: float, lon: float) -> Any:
    from rasterio.crs import CRS

    return CRS.from_proj4(f"+proj=aeqd +lat_0={lat:.8f} +lon_0={lon:.8f} +datum=WGS84 +units=m +no_defs")


def _border(size: int) -> NDArray[np.float64]:
    along = np.linspace(0, size, 65)
    low, high = np.zeros_like(along), np.full_like(along, size)
    sides = [(along, low), (high, along), (along[::-1], high), (low, along[::-1])]
    return np.concatenate([np.stack(s, 1) for s in sides])


def _holds(
    dataset: "DatasetReader", lat: float, lon: float, border: NDArray[np.float64], size: int, gsd: float
) -> bool:
    """Whether the patch lies within the raster in one piece."""
    from rasterio.warp import transform

    x, y = (border[:, 0] - size / 2) * gsd, (size / 2 - border[:, 1]) * gsd
    xs, ys = map(np.asarray, transform(_local_crs(lat, lon), dataset.crs, x, y))
    b = dataset.bounds
    inside = (xs >= b.left) & (xs <= b.right) & (ys >= b.bottom) & (ys <= b.top)
    steps = np.hypot(np.diff(xs), np.diff(ys))
    steps = steps[steps > 0]
    # Across a seam one step is as long as the whole world; within, steps differ by a few times only.
    return bool(np.isfinite(xs).all() and inside.all() and steps.max() < 20 * np.median(steps))


def _warp(
    dataset: "DatasetReader", bands: tuple[int, ...], dtype: str, lat: float, lon: float, size: int, gsd: float
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin

    half = size / 2 * gsd
    grid = {
        "crs": _local_crs(lat, lon),
        "transform": from_origin(-half, half, gsd, gsd),
        "width": size,
        "height": size,
        # GDAL widens its kernel when it shrinks, so cubic doesn't alias at high latitudes, where Mercator is finer.
        "resampling": Resampling.cubic,
    }
    return read_warped(dataset, bands, dtype, grid)
