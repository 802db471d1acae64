"""What Debian's Blender makes of the files for it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.export import ExportOptions, save
from spade_terrain.terrain import Georeference, Terrain

MakeTerrain = Callable[..., Terrain]

_LOOK = """
import json
import bpy
scene = bpy.context.evaluated_depsgraph_get()
made = bpy.data.objects["Terrain"]
mesh = made.evaluated_get(scene).to_mesh()
base = made.data.materials[0].node_tree.nodes["Principled BSDF"].inputs["Base Color"].links[0].from_node
inner = base.inputs["Vector"].links[0].from_node
offset, scale = (inner.inputs[name].default_value for name in ("Location", "Scale"))
uv = [[0, 0]] * len(mesh.vertices)
for loop, corner in zip(mesh.loops, mesh.uv_layers[0].data):
    uv[loop.vertex_index] = [corner.uv[i] * scale[i] + offset[i] for i in (0, 1)]
surface = made.data.materials[0].node_tree.nodes["Principled BSDF"]
said = {
    "objects": sorted(bpy.data.objects.keys()),
    "roughness": surface.inputs["Roughness"].default_value,
    "texture": base.image.name,
    "place": [list(vertex.co) for vertex in mesh.vertices],
    "uv": uv,
    "smooth": all(face.use_smooth for face in mesh.polygons),
    "clip_end": bpy.context.scene.camera.data.clip_end,
    "views": [s.clip_end for w in bpy.data.screens for a in w.areas for s in a.spaces if s.type == "VIEW_3D"],
}
json.dump(said, open("seen.json", "w"))
"""


@pytest.mark.skipif(shutil.which("blender") is None, reason="Debian's blender is not installed")
@pytest.mark.parametrize("playable_km", [None, 9.0])
def test_the_script_builds_the_terrain(playable_km: float | None, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    place = Georeference("EPSG:32633", (2000, 0, 0, 0, -1000, 0))
    terrain = replace(make_terrain(60, 90), georeference=place)
    save(terrain, tmp_path, options=ExportOptions(presets=("blender",), playable_km=playable_km, vertical_scale=7))
    (tmp_path / "look.py").write_text(_LOOK)
    command = ["blender", "--background", "--python-exit-code", "3", "--python", "import_terrain.py"]
    done = subprocess.run(
        [*command, "--python", "look.py"],
        cwd=tmp_path,
        env={**os.environ, "PWD": str(tmp_path)},  # which Blender believes, as a shell sets it
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    size = 18.0 if playable_km is None else 9000.0
    said = json.loads((tmp_path / "seen.json").read_text())
    assert said["objects"] == ["Camera", "Sun", "Terrain", "Terrain camera"]
    assert (said["roughness"], said["texture"], said["smooth"]) == (1.0, "blender-texture.png", True)
    assert min([said["clip_end"], *said["views"]]) == 10 * size
    assert said["views"]

    x, y, z = np.array(said["place"]).T
    unit = size / (90 * 2000)
    column, row = np.rint(x / (2000 * unit) + 89 / 2).astype(int), np.rint(59 / 2 - y / (1000 * unit)).astype(int)
    assert sorted(zip(row.tolist(), column.tolist(), strict=True)) == [(r, c) for r in range(60) for c in range(90)]
    np.testing.assert_allclose(z, terrain.height[row, column] * 7 * unit, rtol=1e-4, atol=1e-5 * unit)
    expected = np.stack([(column + 0.5) / 90, 1 - (row + 0.5) / 60], -1)
    np.testing.assert_allclose(said["uv"], expected, atol=1e-5)


def test_the_script_is_python_that_stands_alone(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(), tmp_path, options=ExportOptions(presets=("blender",)))
    source = (tmp_path / "import_terrain.py").read_text()
    compile(source, "import_terrain.py", "exec")
    assert "spade_terrain" not in source
    numbers = json.loads((tmp_path / "terrain.json").read_text())["files"]["import_terrain.py"]
    assert {"columns", "rows", "width", "length", "strength"} < numbers.keys()
