"""Builds the terrain of this folder in Blender (3.0 or newer): blender --python import_terrain.py.

A grid with a vertex a pixel, moved by the height map and coloured by the texture, a sun, and a camera that sees it all.
Heights are those of the modifier Displace: its Strength makes them taller. It reads terrain.json, blender-height.exr
and blender-texture.png beside it. X is east, Y north, Z up; the sea lies at Z = 0.
"""

import json
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import bmesh
import bpy
from mathutils import Matrix, Vector

FOLDER = Path(__file__).resolve().parent
MOST_VERTICES = 4_000_000
"""A larger map is given a coarser grid: Blender becomes slow beyond."""

SUN = (-1.0, 1.0, 0.95)
"""Where the sun stands: in the north-west, 34 degrees high."""


def main() -> None:
    """Build the terrain in the scene that is open; the cube and lamp of a new file make room for it."""
    said = json.loads((FOLDER / "terrain.json").read_text(encoding="utf-8"))["files"]["import_terrain.py"]
    if not bpy.data.filepath:
        for name in ("Cube", "Light"):
            if name in bpy.data.objects:
                bpy.data.objects.remove(bpy.data.objects[name])
    terrain = add("Terrain", grid(said))
    terrain.data.materials.append(material(said["columns"], said["rows"]))
    displace(terrain, said["strength"])
    size = max(said["width"], said["length"])
    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy = 3.0
    look(add("Sun", sun), [size * along for along in SUN])
    camera = add("Terrain camera", bpy.data.cameras.new("Terrain camera"))
    camera.data.clip_start, camera.data.clip_end = size / 1000, 10 * size
    look(camera, [-0.75 * size, -1.3 * size, 0.9 * size])
    bpy.context.scene.camera = camera
    show(size)


def add(name: str, data: Any) -> Any:
    """A new object of the scene."""
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def look(thing: Any, place: list[float]) -> None:
    """Put a lamp or camera at `place`, and turn it to the middle of the map."""
    thing.location = place
    thing.rotation_euler = (-Vector(place)).to_track_quat("-Z", "Y").to_euler()


def grid(said: dict[str, Any]) -> Any:
    """A flat grid whose vertices lie in the middle of pixels; its map of coordinates goes from 0 to 1 between them."""
    coarser = max(1, ceil(sqrt(said["columns"] * said["rows"] / MOST_VERTICES)))
    columns, rows = (max(said[side] // coarser, 2) for side in ("columns", "rows"))
    # From -1 to 1, and to the middles of the outer pixels.
    half = (said["width"] / 2 * (1 - 1 / columns), said["length"] / 2 * (1 - 1 / rows), 1.0, 1.0)
    square = bmesh.new()
    square.loops.layers.uv.new("Map")
    bmesh.ops.create_grid(
        square, x_segments=columns - 1, y_segments=rows - 1, size=1.0, matrix=Matrix.Diagonal(half), calc_uvs=True
    )
    for face in square.faces:
        face.smooth = True
    mesh = bpy.data.meshes.new("Terrain")
    square.to_mesh(mesh)
    square.free()
    return mesh


def displace(terrain: Any, strength: float) -> None:
    """Move the vertices up by the height map, each by its own pixel: without interpolation none is blurred."""
    texture = bpy.data.textures.new("Terrain height", "IMAGE")
    texture.image = bpy.data.images.load(str(FOLDER / "blender-height.exr"))
    texture.image.colorspace_settings.name = "Non-Color"
    texture.extension = "EXTEND"
    texture.use_interpolation = False
    modifier = terrain.modifiers.new("Displace", "DISPLACE")
    modifier.texture = texture
    modifier.texture_coords = "UV"
    modifier.direction = "Z"
    modifier.mid_level = 0.0
    modifier.strength = strength


def material(columns: int, rows: int) -> Any:
    """Matt, of the texture's colours; half a pixel of the texture lies beyond the outer vertices."""
    made = bpy.data.materials.new("Terrain")
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    surface = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 1.0
    for shine in ("Specular", "Specular IOR Level"):  # as it was called before Blender 4, and since
        if shine in surface.inputs:
            surface.inputs[shine].default_value = 0.0
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(FOLDER / "blender-texture.png"))
    texture.extension = "EXTEND"
    inner = nodes.new("ShaderNodeMapping")
    inner.inputs["Location"].default_value = (0.5 / columns, 0.5 / rows, 0.0)
    inner.inputs["Scale"].default_value = (1 - 1 / columns, 1 - 1 / rows, 1.0)
    links.new(nodes.new("ShaderNodeTexCoord").outputs["UV"], inner.inputs["Vector"])
    links.new(inner.outputs["Vector"], texture.inputs["Vector"])
    links.new(texture.outputs["Color"], surface.inputs["Base Color"])
    return made


def show(size: float) -> None:
    """Let every 3D view show the whole map, in colour."""
    for screen in bpy.data.screens:
        for space in (space for area in screen.areas for space in area.spaces if space.type == "VIEW_3D"):
            space.clip_start, space.clip_end = size / 1000, 10 * size
            space.shading.type = "MATERIAL"
            space.region_3d.view_location = (0.0, 0.0, 0.0)
            space.region_3d.view_distance = 1.5 * size


main()
