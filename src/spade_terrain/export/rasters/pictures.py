"""`texture.png` and `terrain.png`: the ground's colour, without shadows and with."""

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import png


def write_texture(job: ExportJob) -> Files:
    """Write `texture.png`, and the like of each texture beside the main one."""
    files: Files = {}
    for texture, picture in job.pictures.items():
        name = job.texture_file("texture.png", texture)
        png.write(job.folder / name, picture.texture)
        files[name] = {"is": "the ground's colour without shadows, sRGB", "texture": texture}
    return files


def write_terrain(job: ExportJob) -> Files:
    """Write `terrain.png`, and the like of each texture beside the main one."""
    files: Files = {}
    for texture, picture in job.pictures.items():
        name = job.texture_file("terrain.png", texture)
        png.write(job.folder / name, picture.shaded)
        files[name] = {"is": "the texture with shading lit from the north-west, sRGB", "texture": texture}
    return files
