"""Unreal Engine: a 16-bit PNG for a Landscape, and a texture."""

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.presets import fitting
from spade_terrain.export.rasters import png

_TOP = 65535
_MIDDLE = 32768  # the value that lies at the Landscape's own height
_UNITS_PER_CM = 128  # values a centimetre at a scale of 1


def write(job: ExportJob, side: int) -> Files:
    """Write `unreal-height.png`, `unreal-texture.png` and `unreal.txt`; see `presets.Writer`."""
    png.write(job.folder / "unreal-height.png", fitting.units(job, side, side, corners=True))
    scale_z = 100 * fitting.top(job) * _UNITS_PER_CM / _TOP
    settings: dict[str, str | float] = {
        "Import": "Landscape mode > Manage > New > Import from File: unreal-height.png",
        "Overall Resolution": f"{side} x {side}",
        "Location Z": _MIDDLE / _UNITS_PER_CM * scale_z,
        "Scale X": 100 * fitting.east_west(job) / (side - 1),
        "Scale Y": 100 * fitting.north_south(job) / (side - 1),
        "Scale Z": scale_z,
        "Sea level": "Z = 0 of the world",
        "Axes": "X east, Y south, Z up; centimetres",
        "Material": f"base colour unreal-texture.png; LandscapeLayerCoords with Mapping Scale {side - 1}",
    }
    texture = fitting.power_of_two(side)
    return (
        {"unreal-height.png": {"is": f"height, {side} x {side} pixels, 16-bit grey"}}
        | fitting.write_texture(job, "unreal-texture.png", texture, texture)
        | fitting.write_settings(job, "unreal.txt", "Unreal Engine: import settings", settings)
    )
