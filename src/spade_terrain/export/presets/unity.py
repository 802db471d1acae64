"""Unity: a headless 16-bit height map for Import Raw, and a texture."""

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.presets import fitting
from spade_terrain.export.rasters.raw import write_units
from spade_terrain.export.rows import Flipped

_HIGHEST = 10_000.0
"""Metres that Unity clamps a terrain's height to."""


def write(job: ExportJob, side: int) -> Files:
    """Write `unity-height.raw`, `unity-texture.png` and `unity.txt`; see `presets.Writer`."""
    # Unity's first row is the south; written so, nothing needs to be flipped there.
    write_units(job.folder / "unity-height.raw", Flipped(fitting.units(job, side, side, corners=True)))
    raw = {"is": f"height, {side} x {side} 16-bit numbers, little-endian, rows from south to north"}
    settings: dict[str, str | float] = {
        "Import": "Terrain > Terrain Settings > Texture Resolutions > Import Raw: unity-height.raw",
        "Depth": "Bit 16",
        "Resolution": side,
        "Byte Order": "Windows",
        "Flip Vertically": "off",
        "Terrain Size X": fitting.east_west(job),
        "Terrain Size Y": fitting.at_most(fitting.top(job), _HIGHEST, "Unity"),
        "Terrain Size Z": fitting.north_south(job),
        "Sea level": "Y = 0 of the terrain",
        "Terrain layer": "diffuse unity-texture.png, Tiling Settings Size X and Y as Terrain Size X and Z, Offset 0",
    }
    return (
        {"unity-height.raw": raw}
        | fitting.write_texture(job, "unity-texture.png", side - 1, side - 1)
        | fitting.write_settings(job, "unity.txt", "Unity: import settings", settings)
    )
