"""Blender: heights in metres as 32-bit EXR for a Displace modifier, and a texture."""

from spade_terrain.export import exr
from spade_terrain.export.glb import node_scale
from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.presets import fitting


def write(job: ExportJob, side: int) -> Files:
    """Write `blender-height.exr`, `blender-texture.png` and `blender.txt`; see `presets.Writer`."""
    rows, columns = job.height.shape
    exr.write_rows(job.folder / "blender-height.exr", job.height)
    unit = node_scale(job)  # as in the GLB: Blender's view ends long before the far side of a real country
    settings: dict[str, str | float] = {
        "Unit": f"1 Blender unit is {1 / unit:g} m",
        "Plane, Dimensions X": fitting.east_west(job) * unit,
        "Plane, Dimensions Y": fitting.north_south(job) * unit,
        "Plane, then": "Apply > Scale; edit mode: Subdivide to about a cut for each pixel that you want to see",
        "Displace, Texture": "blender-height.exr, Color Space Non-Color, Extension Extend",
        "Displace, Coordinates": "UV",
        "Displace, Direction": "Z",
        "Displace, Midlevel": 0,
        "Displace, Strength": job.scale * job.vertical_scale * unit,
        "Material, Base Color": "blender-texture.png",
        "Sea level": "Z = 0",
        "Axes": "X east, Y north, Z up",
    }
    return (
        {"blender-height.exr": {"is": f"height in metres, {columns} x {rows} pixels, 32-bit float"}}
        | fitting.write_texture(job, "blender-texture.png", rows, columns)
        | fitting.write_settings(job, "blender.txt", "Blender: import settings", settings)
    )
