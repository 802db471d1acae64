"""A `Terrain` as files: pictures, height map, meshes and a sidecar that explains them."""

import json
from pathlib import Path

from spade_terrain.export import glb, obj, png, preview, sidecar
from spade_terrain.export.files import staged
from spade_terrain.export.grid import mesh
from spade_terrain.terrain import Terrain

__all__ = ["check_folder", "save"]

FILES = {
    "texture.png": "the ground's colour without shadows, RGB",
    "terrain.png": "the texture with shading lit from the north-west, RGB",
    "height.png": "height above the sea, linear, 16-bit grey",
    "terrain.json": "this description",
    "terrain.obj": "mesh, one vertex a pixel, coloured by texture.png",
    "terrain.mtl": "material of terrain.obj",
    "terrain.glb": "the same mesh as binary glTF 2.0, texture included",
    "preview.png": "picture of the mesh",
}


def save(terrain: Terrain, folder: Path) -> list[Path]:
    """Write every file of `FILES` into `folder` (made if missing); returns their paths in that order.

    Files of the same names are replaced, others are left alone. The same terrain gives the same bytes.

    Raises `TerrainError` if the folder can't be written or the disk is full; nothing half-written is left behind.
    """
    with staged(folder) as stage:
        texture = png.encode(terrain.texture)
        (stage / "texture.png").write_bytes(texture)
        (stage / "terrain.png").write_bytes(png.encode(terrain.shaded))
        (stage / "height.png").write_bytes(png.encode(png.height_units(terrain.height)))
        description = json.dumps(sidecar.describe(terrain, FILES), indent=2)
        (stage / "terrain.json").write_text(description + "\n", encoding="utf-8", newline="\n")
        surface = mesh(terrain)
        obj.write(stage / "terrain.obj", surface, material_file="terrain.mtl")
        obj.write_material(stage / "terrain.mtl", texture_file="texture.png")
        glb.write(stage / "terrain.glb", surface, texture)
        (stage / "preview.png").write_bytes(png.encode(preview.render(terrain)))
    return [folder / name for name in FILES]


def check_folder(folder: Path) -> None:
    """Raise `TerrainError` if `folder` can't be made or written; leaves nothing behind."""
    with staged(folder):
        pass
