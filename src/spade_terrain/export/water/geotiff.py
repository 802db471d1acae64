"""`bed.tif`, `flow.tif`, `wetness.tif` and `basins.tif`: what water does, for GIS programs, in its own units."""

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters.geotiff import georeference, write_raster
from spade_terrain.export.water.bed import bed
from spade_terrain.export.water.wetness import wetness


def write(job: ExportJob) -> Files:
    """Write all four; the terrain is one that water has carved."""
    water, place = job.terrain.hydrology, georeference(job.terrain)
    assert water is not None  # `check_formats` sees to it
    files: Files = {}
    for name, rows, meaning, unit, overviews in (
        ("bed.tif", bed(job), "height of the ground above the sea, under lakes too", "metre", "average"),
        ("flow.tif", water.upstream, "area upstream of each pixel, its own included", "square kilometre", "nearest"),
        (
            "wetness.tif",
            wetness(job),
            "topographic wetness index, ln(a / tan b); 0 where there is water",
            "",
            "average",
        ),
        ("basins.tif", water.basins, "number of the drainage basin, 1 the largest; 0 in the sea", "", "mode"),
    ):
        write_raster(job.folder / name, rows, place, meaning, unit, overviews)
        files[name] = {"is": f"{meaning}, {rows.dtype}, Cloud Optimized GeoTIFF"}
        if unit:
            files[name]["unit"] = unit
        files[name] |= {"crs": place.crs, "transform": list(place.transform)}
    return files
