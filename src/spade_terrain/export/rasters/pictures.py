"""`texture.png` and `terrain.png`: the ground's colour, without shadows and with."""

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import png


def write_texture(job: ExportJob) -> Files:
    """Write `texture.png`."""
    png.write(job.folder / "texture.png", job.terrain.texture)
    return {"texture.png": {"is": "the ground's colour without shadows, sRGB"}}


def write_terrain(job: ExportJob) -> Files:
    """Write `terrain.png`."""
    png.write(job.folder / "terrain.png", job.terrain.shaded)
    return {"terrain.png": {"is": "the texture with shading lit from the north-west, sRGB"}}
