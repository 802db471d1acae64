"""Meshes and presets of maps that are larger than meshes are, carved ones above all."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from spade_terrain.export import ExportOptions, check_formats, job, save
from spade_terrain.export.meshes import glb
from spade_terrain.export.meshes.grid import coarser
from spade_terrain.export.presets import PRESETS, chosen
from spade_terrain.terrain import Hydrology, Terrain

MakeTerrain = Callable[..., Terrain]


@pytest.fixture
def carved(make_terrain: MakeTerrain) -> Terrain:
    """A map of 80 x 60 pixels at a detail of 4."""
    terrain = make_terrain(240, 320, gsd=500.0)
    zero = np.zeros(terrain.height.shape, np.float32)
    water = Hydrology(4, [], [], zero.astype(np.uint8), zero, zero.astype(np.int32), zero)
    return replace(terrain, hydrology=water)


def _read(path: Path) -> Any:
    return trimesh.load(path, process=False, force="mesh")


def test_a_large_map_has_a_coarse_mesh(
    carved: Terrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    save(carved, tmp_path / "fine", ["obj", "glb", "stl"], ExportOptions(playable_km=16))
    assert not caplog.records
    monkeypatch.setattr(job, "LARGEST_MESH", 10_000)
    monkeypatch.setattr(job, "COARSE_MESH", 3_000)
    monkeypatch.setattr("spade_terrain.export.LARGEST_MESH", 10_000)
    for name in ("obj", "glb", "stl"):
        save(carved, tmp_path / "coarse", [name], ExportOptions(playable_km=16))
        assert f"{name} of 320 x 240 pixels: the mesh is a coarser grid" in caplog.text
        fine, coarse = (_read(tmp_path / folder / f"terrain.{name}") for folder in ("fine", "coarse"))
        wide = np.ptp(fine.vertices, axis=0)
        np.testing.assert_allclose(np.ptp(coarse.vertices, axis=0), wide, rtol=0.03)
        np.testing.assert_allclose(coarse.bounds.mean(0), fine.bounds.mean(0), atol=0.02 * wide.max())
    said = json.loads((tmp_path / "coarse" / "terrain.json").read_text())["files"]["terrain.stl"]
    fine_said = json.loads((tmp_path / "fine" / "terrain.json").read_text())["files"]["terrain.stl"]
    assert said["mm_per_km"] == pytest.approx(fine_said["mm_per_km"], rel=0.03)
    save(carved, tmp_path / "coarse", ["glb"])
    said = json.loads((tmp_path / "coarse" / "terrain.json").read_text())["files"]["terrain.glb"]
    assert 2_700 < said["vertices"] <= 3_000


def test_the_sea_stays_where_it_is() -> None:
    height = np.where(np.arange(64) < 30, 0, 500).astype(np.float32)[None].repeat(64, 0)
    coarse = coarser(height, 16 * 16)
    assert (coarse[:, :7] == 0).all()
    assert (coarse[:, 8:] > 400).all()
    assert coarse.shape == (16, 16)


def test_a_large_texture_is_made_smaller_in_a_glb(
    carved: Terrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glb, "LARGEST_TEXTURE", 100)
    save(carved, tmp_path, ["glb"])
    texture = _read(tmp_path / "terrain.glb").visual.material.baseColorTexture
    assert texture.size == (100, 75)


@pytest.mark.parametrize(
    ("map_side", "detail", "sides"),
    [
        (512, 4, {"unity": 2049, "unreal": 2017, "godot": 2049, "blender": 0, "worldpainter": 8000}),
        (512, 8, {"unity": 4097, "unreal": 4033, "godot": 4097, "blender": 0, "worldpainter": 8000}),
        (512, 16, {"unity": 4097, "unreal": 8129, "godot": 4097, "blender": 0, "worldpainter": 8000}),
        (1024, 16, {"unity": 4097, "unreal": 8129, "godot": 4097, "blender": 0, "worldpainter": 8000}),
    ],
)
def test_tools_get_the_finest_that_they_take(map_side: int, detail: int, sides: dict[str, int]) -> None:
    options = ExportOptions(presets=tuple(preset.name for preset in PRESETS), playable_km=8)
    side = map_side * detail
    assert check_formats(None, side, side, options, detail=detail) == []
    assert {preset.name: taken for preset, taken in chosen(options, side, side)} == sides


SETTINGS: dict[str, dict[str, Any]] = {
    "unity": {"Terrain Size X": 8000, "Terrain Size Z": 6000, "Terrain Size Y": "top"},
    "unreal:253": {"Scale X": 100 * 8000 / 252, "Scale Y": 100 * 6000 / 252, "Scale Z": "top / 5.12"},
    "godot": {"Terrain3D > Mesh > Vertex Spacing": 25, "Terrain3D > R16 Range Y (top)": "top"},
    "blender": {"Dimensions X": 8000, "Dimensions Y": 6000, "Displace, Strength": "steepness"},
    "worldpainter": {"Size": "8000 x 6000 blocks, 1 m each"},
}


@pytest.mark.parametrize("preset", SETTINGS)
def test_each_tool_at_detail_4_and_8_km(preset: str, carved: Terrain, tmp_path: Path) -> None:
    """Heights are as steep as those of the map's own pixels would be."""
    save(carved, tmp_path, options=ExportOptions(presets=(preset,), playable_km=8))
    name = preset.partition(":")[0]
    lines = (tmp_path / f"{name}.txt").read_text().splitlines()
    said = dict(re.split(" {2,}", line, maxsplit=1) for line in lines if "  " in line)
    steepness = 5 * 8000 / 160_000
    top = float(carved.height.max()) * steepness
    known = {"top": top, "top / 5.12": top / 5.12, "steepness": steepness}
    for setting, expected in SETTINGS[preset].items():
        if isinstance(expected, str) and expected not in known:
            assert said[setting] == expected
        else:
            wanted = known[expected] if isinstance(expected, str) else expected
            assert float(said[setting]) == pytest.approx(wanted, rel=1e-3)


def test_a_line_says_what_detail_a_tool_could_have(
    make_terrain: MakeTerrain, carved: Terrain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(make_terrain(64, 64), tmp_path, options=ExportOptions(presets=("unity:513",)))
    assert "`presets` unity: its 513 pixels are 64 enlarged; with `detail` 8 the land is as fine as that" in caplog.text
    caplog.clear()
    save(carved, tmp_path, options=ExportOptions(presets=("unity:1025",)))
    assert "its 1025 pixels are 320 enlarged; with `detail` 16" in caplog.text
    caplog.clear()
    save(carved, tmp_path, options=ExportOptions(presets=("unity:257",)))
    assert not caplog.records
