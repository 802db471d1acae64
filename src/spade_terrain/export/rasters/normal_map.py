"""`normal.png`: which way the ground leans, for renderers that light a flat or simplified surface."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.meshes.grid import Normals
from spade_terrain.export.rasters import png
from spade_terrain.export.rows import Mapped


def write(job: ExportJob) -> Files:
    """Write the normal map, with heights as steep as in meshes."""
    taller = np.float32(job.vertical_scale)
    height = Mapped(job.height, lambda metres: metres * taller, np.float32)
    coded = Mapped(Normals(height, job.pixel), _coded, np.uint8, (3,))
    png.write(job.folder / "normal.png", coded)
    said = {
        "is": "the ground's normals in tangent space, RGB",
        "red": "east",
        "green": "north, up in the picture: OpenGL's convention, for Unity, Godot and Blender; invert it for Unreal",
        "blue": "up",
        "value": "round(127.5 * (component + 1))",
        "vertical_scale": job.vertical_scale,
    }
    return {"normal.png": said}


def _coded(normals: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Unit normals (float32 `(H, W, 3)`: X east, Y up, Z south) as colours."""
    east, up, south = np.moveaxis(normals, -1, 0)
    return np.rint(127.5 * (np.stack([east, -south, up], axis=-1) + 1)).astype(np.uint8)
