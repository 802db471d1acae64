"""The two global rasters, and one square patch of both around a place."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.terrain import GSD
from spade_terrain.world.rasters.heights import HeightCode, in_metres
from spade_terrain.world.rasters.registration import Registration
from spade_terrain.world.rasters.resampling import Lattice, apply, lattice, reading, reason, sample, spot
from spade_terrain.world.rasters.seam import View, views
from spade_terrain.world.rasters.tiles import is_tile_folder, open_tiles, split_name
from spade_terrain.world.rasters.vrt import Band, Piece, file_of, mask_of, open_vrt, whole

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees; east is above 180 where the box crosses the 180th meridian."""


@dataclass(frozen=True)
class Raster:
    """An open raster.

    Attributes:
        name: what the user called it.
        views: the raster as it is, or turned to the middle of the map; if it goes round the Earth, also cut on the far
            side.
        remark: what the user should know of how it is read; empty if nothing.

    """

    name: str
    views: tuple[View, ...]
    remark: str


@dataclass(frozen=True)
class Rasters:
    """The open Terrain raster (RGB uint8) and Height raster (one band of metres), and where both have data.

    Attributes:
        terrain: the Terrain raster.
        height: the Height raster, decoded to metres; its grid and CRS may differ.
        bounds: the box both cover: west, south, east, north in degrees.
        height_code: how the Height raster's file writes heights.
        registration: how far the two lie apart, which `read_patch` then puts right.

    """

    terrain: Raster
    height: Raster
    bounds: Bounds
    height_code: HeightCode
    registration: Registration | None = None


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
def open_rasters(
    terrain: Path, height: Path, height_code: HeightCode = "metres", registration: Registration | None = None
) -> Iterator[Rasters]:
    """Open both rasters: anything GDAL reads, or `xyz:FOLDER` or `tms:FOLDER` for a folder of tiles `Z/X/Y.png`.

    `height_code` says how the Height raster writes heights: one band of metres or feet, or RGB as Terrarium or Mapbox
    tiles have it. `registration` says how far the rasters lie apart, if that is to be put right.

    Raises `TerrainError` if a file is missing or no raster, has the wrong bands or no georeference, if a folder of
    tiles has holes, or if the two rasters don't overlap.
    """
    with ExitStack() as stack:
        (t, t_remark), (h, h_remark) = _open(stack, terrain), _open(stack, height)
        t = _in_colour(stack, t, str(terrain))
        t_views = views(stack, t)
        h_views = tuple(View(in_metres(stack, v.dataset, height_code, str(height)), v.turn) for v in views(stack, h))
        tb, hb = _bounds(t_views[0]), _bounds(h_views[0])
        bounds = _overlap(tb, hb)
        if bounds[0] >= bounds[2] or bounds[1] >= bounds[3]:
            raise TerrainError(
                f"{terrain} covers {_degrees(tb)} and {height} covers {_degrees(hb)}: they don't overlap; "
                "give two rasters of the same region"
            )
        yield Rasters(
            Raster(str(terrain), t_views, t_remark),
            Raster(str(height), h_views, h_remark),
            bounds,
            height_code,
            registration,
        )


def read_patch(rasters: Rasters, lat: float, lon: float, size: int, gsd: float = GSD) -> RawPatch | None:
    """Sample one patch of `size` pixels out of both rasters, in an azimuthal-equidistant map centred on (lat, lon).

    Degrees in, `RawPatch` out; None if the patch leaves one of the rasters or holds a pole. A raster that goes round
    the Earth has no seam at the 180th meridian. Heights are moved to where the terrain shows them, if a registration
    says how far.

    Raises `TerrainError` if a raster's file turns out to be damaged.
    """
    patch = lattice(lat, lon, size, gsd)
    shown = _sample(rasters.terrain, patch, (1, 2, 3), "uint8")
    measured = _sample(rasters.height, patch, (1,), "float32")
    if shown is None or measured is None:
        return None
    valid = shown[1] & measured[1]
    if rasters.registration:
        measured = _sample(rasters.height, patch.moved(rasters.registration.at_heights), (1,), "float32")
        if measured is None:
            return None
        # Where heights lack, as they are and as they are moved, the terrain may show nothing real either.
        valid &= measured[1]
    metres = measured[0][..., 0]
    valid &= np.isfinite(metres)
    return RawPatch(shown[0], np.where(valid, metres, 0), valid)


def _sample(
    raster: Raster, patch: Lattice, bands: tuple[int, ...], dtype: str
) -> tuple[NDArray[Any], NDArray[np.bool_]] | None:
    """The pixels of a patch `(H, W, C)`, and where the raster holds data; None if the patch leaves it."""
    found = next(filter(None, (spot(v, patch) for v in raster.views)), None)
    return sample(found, bands, dtype) if found else None


def read_warped(
    dataset: "DatasetReader", bands: tuple[int, ...], dtype: str, grid: dict[str, Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Read `bands` `(C, H, W)` as `dtype` on another grid (`WarpedVRT` options), and where they hold data `(H, W)`.

    Raises `TerrainError` if the file can't be read throughout.
    """
    from rasterio.enums import ColorInterp
    from rasterio.vrt import WarpedVRT

    with reading():
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


def _open(stack: ExitStack, path: Path) -> tuple["DatasetReader", str]:
    """Open a file or a folder of tiles; `stack` closes it. The second value is `Raster.remark`."""
    try:
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
    except ImportError as e:
        raise TerrainError("reading rasters takes rasterio: pip install 'spade-terrain[world]'") from e
    if tiles := split_name(path):
        return open_tiles(stack, tiles[1], tiles[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it becomes an error below
            dataset = stack.enter_context(rasterio.open(path))
    except RasterioIOError as e:
        if is_tile_folder(path):
            raise TerrainError(
                f"{path} is a folder of tiles: write xyz:{path} if row 0 is the northernmost, tms:{path} if not"
            ) from e
        # GDAL knows names that are no files, so it goes first.
        if not path.exists():
            raise TerrainError(f"no such file: {path}") from e
        raise TerrainError(f"{path} is not a raster that GDAL can read: {reason(e)}") from e
    if not dataset.count:
        names = dataset.subdatasets
        raise TerrainError(f"{path} holds {len(names)} rasters; name one" + (f", such as {names[0]}" if names else ""))
    if dataset.crs is None:
        raise TerrainError(
            f"{path} has no coordinate reference system; if you know it, write it in: "
            f"rio edit-info --crs EPSG:4326 {path}"
        )
    return dataset, ""


def _in_colour(stack: ExitStack, dataset: "DatasetReader", name: str) -> "DatasetReader":
    """`dataset` as RGB: as it is, or by its colour table."""
    from rasterio.enums import ColorInterp

    if dataset.count in (3, 4) and dataset.dtypes[0] == "uint8":
        return dataset
    if dataset.count != 1 or dataset.colorinterp[0] != ColorInterp.palette:
        raise TerrainError(
            f"{name} has {dataset.count} bands of {dataset.dtypes[0]}; the Terrain raster must be 8-bit RGB"
        )
    file, box = file_of(dataset), whole(dataset)
    bands = [Band("uint8", [Piece(file, "1", box, box, component=i)]) for i in (1, 2, 3)]
    return open_vrt(stack, box[2:], dataset.crs, dataset.transform, bands, mask_of(dataset, [(box, box)]))


def _bounds(view: View) -> Bounds:
    from rasterio.warp import transform_bounds

    dataset = view.dataset
    columns, rows = np.array([(0, 0, 1, 1), (0, 1, 1, 0)]) * np.array([[dataset.width], [dataset.height]])
    # From the corners: `dataset.bounds` is upside down where the rows go north, and too small where they are askew.
    x, y = apply(dataset.transform, columns, rows)
    box = (x.min(), y.min(), x.max(), y.max())
    west, south, east, north = map(float, transform_bounds(dataset.crs, "EPSG:4326", *box))
    if east - west >= 360 - 1e-6:
        return -180.0, south, 180.0, north
    return west + view.turn, south, east + view.turn, north


def _overlap(a: Bounds, b: Bounds) -> Bounds:
    """The box that both cover; there is none if its west is not before its east, or its south not before its north."""
    south, north = max(a[1], b[1]), min(a[3], b[3])
    for whole_world, other in ((a, b), (b, a)):
        # Without this, a region across the 180th meridian would lose the part on the far side.
        if whole_world[2] - whole_world[0] >= 360 - 1e-6:
            return other[0], south, other[2], north
    west, east = max(
        ((max(a[0], b[0] + turn), min(a[2], b[2] + turn)) for turn in (0, -360, 360)), key=lambda x: x[1] - x[0]
    )
    return west, south, east, north


def _degrees(b: Bounds) -> str:
    return f"longitudes {b[0]:.1f} to {b[2]:.1f}, latitudes {b[1]:.1f} to {b[3]:.1f}"
