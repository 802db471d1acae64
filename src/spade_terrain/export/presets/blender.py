"""Blender: heights in metres as 32-bit EXR for a Displace modifier, a texture, and a script that builds the terrain."""

import shutil
from pathlib import Path
from typing import Any

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.meshes.glb import node_scale
from spade_terrain.export.presets import fitting
from spade_terrain.export.rasters import exr

_SCRIPT = Path(__file__).with_name("import_terrain.py")
"""Blender runs it, we only copy it; its numbers stand in `terrain.json`."""


def write(job: ExportJob, side: int) -> Files:
    """Write height map, texture, `import_terrain.py` and `blender.txt`; see `presets.Writer`."""
    rows, columns = job.height.shape
    exr.write_rows(job.folder / "blender-height.exr", job.height)
    shutil.copyfile(_SCRIPT, job.folder / _SCRIPT.name)
    unit = node_scale(job)  # as in the GLB: Blender's view ends long before the far side of a real country
    width, length = fitting.east_west(job) * unit, fitting.north_south(job) * unit
    strength = job.scale * job.vertical_scale * unit
    settings: dict[str, str | float] = {
        "All at once": f"blender --python {_SCRIPT.name}",
        "By hand, view": f"N > View > Clip End {10 * max(width, length):g}",
        "Add > Mesh > Grid": f"X Subdivisions {columns - 1}, Y Subdivisions {rows - 1}, Size 1",
        "Dimensions X": width,
        "Dimensions Y": length,
        "Object, then": "Apply > Scale; Shade Smooth",
        "Displace, Texture": "blender-height.exr, Color Space Non-Color, Extension Extend",
        "Displace, Coordinates": "UV",
        "Displace, Direction": "Z",
        "Displace, Midlevel": 0,
        "Displace, Strength": strength,
        "Material, Base Color": "blender-texture.png, Extend",
        "Material, Roughness": 1,
        "Light": "Sun, from the north-west",
        "Unit": f"1 Blender unit is {1 / unit:g} m",
        "Sea level": "Z = 0",
        "Axes": "X east, Y north, Z up",
    }
    numbers: dict[str, Any] = {"columns": columns, "rows": rows, "width": width, "length": length, "strength": strength}
    return (
        {
            "blender-height.exr": {"is": f"height in metres, {columns} x {rows} pixels, 32-bit float"},
            _SCRIPT.name: {"is": "builds the terrain: blender --python import_terrain.py"} | numbers,
        }
        | fitting.write_texture(job, "blender-texture.png", rows, columns)
        | fitting.write_settings(job, "blender.txt", "Blender: import settings", settings)
    )
