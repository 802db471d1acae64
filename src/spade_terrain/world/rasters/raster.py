"""Opening one of the rasters: any file GDAL reads, or a folder of tiles, with its place on the Earth."""

import os
import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, MissingFileError, one_line, root_cause
from spade_terrain.inputs import check_input
from spade_terrain.runtime.libraries import require
from spade_terrain.world.places import Bounds
from spade_terrain.world.rasters.antimeridian import View
from spade_terrain.world.rasters.names import is_foreign, split_name
from spade_terrain.world.rasters.resampling import ControlGrid, footprint, reading, sample
from spade_terrain.world.rasters.tiles import is_tile_folder, open_tiles
from spade_terrain.world.rasters.vrt import Band, Piece, file_of, mask_of, open_vrt, whole

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

_PATIENCE = {"GDAL_HTTP_CONNECTTIMEOUT": "10", "GDAL_HTTP_LOW_SPEED_TIME": "12", "GDAL_HTTP_LOW_SPEED_LIMIT": "1"}
"""Seconds that GDAL waits for a server, and bytes a second below which it gives up; by itself it waits for ever."""


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


def open_raster(stack: ExitStack, name: str) -> tuple["DatasetReader", str]:
    """Open a file, what else GDAL knows by name, or a folder of tiles, `xyz:FOLDER` or `tms:FOLDER`; `stack` closes it.

    The second value is `Raster.remark`. Raises `MissingFileError` if there is no such file, `StorageError` if it is a
    pipe or a device, `DataError` if it is no raster, or has no georeference, `MissingLibraryError` if rasterio is not
    installed.
    """
    require("rasterio", "reading rasters", "world")
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    if tiles := split_name(name):
        return open_tiles(stack, tiles[1], tiles[0])
    path = Path(name)
    if path.exists() and not path.is_dir():
        check_input(path)
    for setting, seconds in _PATIENCE.items():
        os.environ.setdefault(setting, seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it becomes an error below
            dataset = stack.enter_context(rasterio.open(name))
    except RasterioIOError as e:
        if is_tile_folder(path):
            raise DataError(
                f"{name} is a folder of tiles: write xyz:{name} if row 0 is the northernmost, tms:{name} if not"
            ) from e
        # GDAL knows names that are no files, so it goes first.
        if not is_foreign(name) and not path.exists():
            raise MissingFileError(f"no such file: {name}") from e
        raise DataError(f"{name} is not a raster that GDAL can read: {one_line(root_cause(e))}; give another") from e
    if not dataset.count:
        names = dataset.subdatasets
        raise DataError(f"{name} holds {len(names)} rasters; name one" + (f", such as {names[0]}" if names else ""))
    if dataset.crs is None:
        raise DataError(
            f"{name} has no coordinate reference system; if you know it, write it in: "
            f"rio edit-info --crs EPSG:4326 {name}"
        )
    return dataset, ""


def in_colour(stack: ExitStack, dataset: "DatasetReader", name: str) -> "DatasetReader":
    """`dataset` as RGB: as it is, or by its colour table. Raises `DataError` if it is neither."""
    from rasterio.enums import ColorInterp

    if dataset.count in (3, 4) and dataset.dtypes[0] == "uint8":
        return dataset
    if dataset.count != 1 or dataset.colorinterp[0] != ColorInterp.palette:
        raise DataError(
            f"{name} has {dataset.count} bands of {dataset.dtypes[0]}; Terrain and satellite rasters must be 8-bit RGB"
        )
    file, box = file_of(dataset), whole(dataset)
    bands = [Band("uint8", [Piece(file, "1", box, box, component=i)]) for i in (1, 2, 3)]
    return open_vrt(stack, box[2:], dataset.crs, dataset.transform, bands, mask_of(dataset, [(box, box)]))


def bounds_of(view: View) -> Bounds:
    """The box that a view covers, degrees."""
    from rasterio.warp import transform_bounds

    dataset = view.dataset
    columns, rows = np.array([(0, 0, 1, 1), (0, 1, 1, 0)]) * np.array([[dataset.width], [dataset.height]])
    # From the corners: `dataset.bounds` is upside down where the rows go north, and too small where they are askew.
    x, y = dataset.transform @ (columns, rows)
    box = (x.min(), y.min(), x.max(), y.max())
    west, south, east, north = map(float, transform_bounds(dataset.crs, "EPSG:4326", *box))
    if east - west >= 360 - 1e-6:
        return -180.0, south, 180.0, north
    return west + view.turn, south, east + view.turn, north


def sample_raster(
    raster: Raster, patch: ControlGrid, bands: tuple[int, ...], dtype: str
) -> tuple[NDArray[Any], NDArray[np.bool_]] | None:
    """The pixels of a patch `(H, W, C)`, and where the raster holds data; None if the patch leaves it.

    Raises `DataError` if the file can't be read throughout.
    """
    found = next(filter(None, (footprint(v, patch) for v in raster.views)), None)
    return sample(found, bands, dtype) if found else None


def read_warped(
    dataset: "DatasetReader", bands: tuple[int, ...], dtype: str, grid: dict[str, Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Read `bands` `(C, H, W)` as `dtype` on another grid (`WarpedVRT` options), and where they hold data `(H, W)`.

    Raises `DataError` if the file can't be read throughout.
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
