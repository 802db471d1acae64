"""`height.tif` and `texture.tif`: Cloud Optimized GeoTIFF, which GIS programs place on the ground by themselves."""

import logging
import tempfile
from pathlib import Path

import numpy as np

from spade_terrain.errors import MapError, one_line, root_cause
from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rows import slices
from spade_terrain.terrain import Georeference, Rows, TerrainRows

LOCAL_CRS = 'LOCAL_CS["spade-terrain",UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
"""The plane that a map without a georeference lies on: metres from its middle."""

_TILE = 512


def write(job: ExportJob) -> Files:
    """Write all files, each by way of a plain TIFF beside it: the layout of the finished one asks for all of it."""
    place = georeference(job.terrain)
    write_raster(job.folder / "height.tif", job.height, place, "height above the sea", "metre")
    where = {"crs": place.crs, "transform": list(place.transform)}
    files: Files = {
        "height.tif": {"is": "height above the sea in metres, 32-bit float, Cloud Optimized GeoTIFF"} | where
    }
    for texture, picture in job.pictures.items():
        name = job.texture_file("texture.tif", texture)
        write_raster(job.folder / name, picture.texture, place, "the ground's colour", "")
        meaning = "the ground's colour without shadows, sRGB, Cloud Optimized GeoTIFF"
        files[name] = {"is": meaning, "texture": texture} | where
    return files


def georeference(terrain: TerrainRows) -> Georeference:
    """Where `terrain` lies: its own place, or on `LOCAL_CRS` with the middle of the map at (0, 0)."""
    if terrain.georeference is not None:
        return terrain.georeference
    rows, columns = terrain.height.shape
    gsd = terrain.gsd
    return Georeference(LOCAL_CRS, (gsd, 0.0, -columns / 2 * gsd, 0.0, -gsd, rows / 2 * gsd))


def check_place(place: Georeference) -> None:
    """Raise `MapError` if PROJ does not know the coordinate system of `place`."""
    import rasterio
    from rasterio.errors import CRSError

    logger = logging.getLogger("rasterio")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)  # it says the same in its own words
    try:
        with rasterio.Env():
            rasterio.CRS.from_user_input(place.crs)
    except CRSError as e:
        raise MapError(
            f"the map lies in {place.crs}, which PROJ does not know ({one_line(e)}); "
            "leave GeoTIFF and Zarr out of `formats`, or save the map without georeferencing"
        ) from e
    finally:
        logger.setLevel(level)


def write_raster(
    path: Path, image: Rows, place: Georeference, meaning: str, unit: str, overviews: str = "average"
) -> None:
    """Write one file.

    Args:
        path: which.
        image: numbers `(H, W)`, or uint8 RGB `(H, W, 3)`.
        place: where it lies.
        meaning: what its numbers are.
        unit: of them.
        overviews: how smaller versions of it are made, as GDAL calls it.

    Raises `OSError` if it can't be written.

    """
    import rasterio
    from rasterio._err import CPLE_BaseError  # what GDAL raises while it copies; rasterio exports it nowhere else
    from rasterio.errors import RasterioError
    from rasterio.shutil import copy

    colour = len(image.shape) == 3
    layout = {
        "driver": "GTiff",
        "height": image.shape[0],
        "width": image.shape[1],
        "count": image.shape[2] if colour else 1,
        "dtype": image.dtype,
        "crs": place.crs,
        "transform": rasterio.Affine(*place.transform),
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "bigtiff": "if_safer",
    } | ({"photometric": "rgb"} if colour else {})
    optimized = {
        "compress": "deflate",
        "predictor": "yes",
        "blocksize": _TILE,
        "overview_resampling": overviews,
        "bigtiff": "if_safer",
    }
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder, rasterio.Env(GDAL_CACHEMAX=256):
            plain = Path(folder) / "plain.tif"
            with rasterio.open(plain, "w", **layout) as tiff:
                if not colour:
                    tiff.set_band_description(1, meaning)
                    tiff.set_band_unit(1, unit)
                for rows in slices(image):
                    part = np.moveaxis(image[rows], -1, 0) if colour else image[rows][None]
                    tiff.write(part, window=((rows.start, rows.stop), (0, image.shape[1])))
            copy(plain, path, driver="COG", **optimized)
    except (RasterioError, CPLE_BaseError) as e:
        raise OSError(f"{path.name}: {root_cause(e)}") from e
