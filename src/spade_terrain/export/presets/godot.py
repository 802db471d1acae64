"""Godot: a height map for Terrain3D, another for HTerrain, and a texture for both.

Godot's own PNG reader has 8 bits a channel, so neither is a PNG.
"""

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.presets import GODOT_PIXELS, fitting
from spade_terrain.export.rasters.raw import write_units

_REGION, _REACH = 256, 4
"""Pixels of Terrain3D's usual region; it has two to this power of them on either side of its origin."""


def write(job: ExportJob, side: int) -> Files:
    """Write two height maps, `godot-texture.png` and `godot.txt`; see `presets.Writer`. `side` is HTerrain's."""
    # Terrain3D's grid is square, and no picture in Godot is larger.
    longer = max(job.extent)
    pixels = min(max(job.height.shape), GODOT_PIXELS)
    columns, rows = (max(round(side / longer * pixels), 1) for side in job.extent)
    write_units(job.folder / "godot-terrain3d.r16", fitting.units(job, rows, columns, corners=False))
    write_units(job.folder / "godot-hterrain.raw", fitting.units(job, side, side, corners=True))
    top = fitting.top(job)
    spacing = (fitting.east_west(job) / (side - 1), fitting.north_south(job) / (side - 1))
    settings: dict[str, str | float] = {
        "Terrain3D > Importer > Height File": "godot-terrain3d.r16",
        "Terrain3D > R16 Size": f"{columns}, {rows}",
        "Terrain3D > R16 Range X (sea)": 0,
        "Terrain3D > R16 Range Y (top)": top,
        "Terrain3D > Color File": "godot-texture.png",
        "Terrain3D > Regions > Region Size": max(_REGION, 1 << (max(columns, rows) - 1).bit_length() - _REACH),
        "Terrain3D > Mesh > Vertex Spacing": longer * job.scale / pixels,
        "HTerrain > Import maps > Heightmap": "godot-hterrain.raw",
        "HTerrain > Raw Endianess": "Little Endian",
        "HTerrain > Bit Depth": "16",
        "HTerrain > Min Height (sea)": 0,
        "HTerrain > Max Height (top)": top,
        "HTerrain > Map Scale X": spacing[0],
        "HTerrain > Map Scale Z": spacing[1],
        "HTerrain > Colormap": "godot-texture.png",
        "Sea level": "Y = 0",
        "Axes": "X east, Y up, Z south; metres",
    }
    numbers = "16-bit numbers, little-endian, rows from north to south"
    return (
        {
            "godot-terrain3d.r16": {"is": f"height for Terrain3D, {columns} x {rows} {numbers}"},
            "godot-hterrain.raw": {"is": f"height for HTerrain, {side} x {side} {numbers}"},
        }
        | fitting.write_texture(job, "godot-texture.png", rows, columns)
        | fitting.write_settings(job, "godot.txt", "Godot: import settings", settings)
    )
