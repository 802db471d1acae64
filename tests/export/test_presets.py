"""What each tool is given, read back as that tool reads it."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from spade_terrain.errors import TerrainError
from spade_terrain.export import ExportOptions, check_formats, save
from spade_terrain.export.presets import PRESETS, chosen
from spade_terrain.terrain import Terrain

MakeTerrain = Callable[..., Terrain]
SHAPES = [(40, 56), (56, 40)]


def _settings(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()[2:]
    return dict(re.split(" {2,}", line, maxsplit=1) for line in lines if "  " in line)


def _with_a_northern_ridge(terrain: Terrain) -> Terrain:
    """The first sixth of the rows is high, the rest is sea."""
    terrain.height[:] = 0
    terrain.height[: len(terrain.height) // 6] = 4000
    return terrain


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("preset", "side"), [("unity", 65), ("unity:33", 33), ("unity:129", 129)])
def test_unity(preset: str, side: int, shape: tuple[int, int], make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = _with_a_northern_ridge(make_terrain(*shape))
    save(terrain, tmp_path, options=ExportOptions(presets=(preset,), playable_km=7, vertical_scale=10, relief=2))
    heights = np.fromfile(tmp_path / "unity-height.raw", "<u2").reshape(side, side)
    assert heights[-1].min() == 65535  # Unity's last row is the north
    assert heights[: side * 3 // 4].max() == 0
    said = _settings(tmp_path / "unity.txt")
    assert said["Resolution"] == str(side)
    assert (said["Byte Order"], said["Flip Vertically"]) == ("Windows", "off")
    ground = 2000 * max(shape)
    assert float(said["Terrain Size X"]) == pytest.approx(7000 * shape[1] / max(shape))
    assert float(said["Terrain Size Z"]) == pytest.approx(7000 * shape[0] / max(shape))
    assert float(said["Terrain Size Y"]) == pytest.approx(4000 * 2 * 10 * 7000 / ground, rel=1e-4)
    with Image.open(tmp_path / "unity-texture.png") as texture:
        assert texture.size == (side - 1, side - 1)


@pytest.mark.parametrize(("preset", "side"), [("unreal", 127), ("unreal:253", 253)])
def test_unreal(preset: str, side: int, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(120, 90)
    save(terrain, tmp_path, options=ExportOptions(presets=(preset,), playable_km=2, vertical_scale=5))
    heights = cv2.imread(str(tmp_path / "unreal-height.png"), cv2.IMREAD_UNCHANGED)
    assert heights is not None
    assert heights.dtype == np.uint16
    assert heights.shape == (side, side)
    said = _settings(tmp_path / "unreal.txt")
    # A Landscape's vertex lies at (value - 32768) / 128 cm times its Z scale, above its location.
    z = (heights.astype(float) - 32768) / 128 * float(said["Scale Z"]) + float(said["Location Z"])
    top = 100 * float(terrain.height.max()) * 5 * 2000 / (120 * 2000)
    assert z.min() == pytest.approx(0, abs=1e-4 * top)
    assert z.max() == pytest.approx(top, rel=5e-3)  # resampling may miss the very peak
    assert float(said["Scale Z"]) == pytest.approx(top / 512, rel=1e-4)
    assert float(said["Scale X"]) * (side - 1) == pytest.approx(200_000 * 90 / 120, rel=1e-4)
    assert float(said["Scale Y"]) * (side - 1) == pytest.approx(200_000, rel=1e-4)
    assert not any(re.search(r"\d+x\d+", p.name) for p in tmp_path.iterdir())  # Unreal would take it for a tile


def test_godot(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = _with_a_northern_ridge(make_terrain(60, 90))
    save(terrain, tmp_path, options=ExportOptions(presets=("godot:513",), playable_km=9, vertical_scale=5))
    said = _settings(tmp_path / "godot.txt")
    columns, rows = (int(n) for n in said["Terrain3D > R16 Size"].split(", "))
    units = np.fromfile(tmp_path / "godot-terrain3d.r16", "<u2").reshape(rows, columns)
    spacing = float(said["Terrain3D > Mesh > Vertex Spacing"])
    assert spacing == 100
    np.testing.assert_allclose(
        units / 65535 * float(said["Terrain3D > R16 Range Y (top)"]),
        terrain.height * 5 * spacing / terrain.gsd,
        rtol=1e-4,
    )
    square = np.fromfile(tmp_path / "godot-hterrain.raw", "<u2").reshape(513, 513)
    assert square[0].min() == 65535
    assert square[256:].max() == 0
    assert 512 * float(said["HTerrain > Map Scale X"]) == pytest.approx(9000, rel=1e-4)
    assert 512 * float(said["HTerrain > Map Scale Z"]) == pytest.approx(6000, rel=1e-4)
    with Image.open(tmp_path / "godot-texture.png") as texture:
        np.testing.assert_array_equal(np.asarray(texture), terrain.texture)


@pytest.mark.parametrize(("playable_km", "width"), [(None, 18.0), (9.0, 9000.0)])
def test_blender(playable_km: float | None, width: float, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(60, 90)
    save(terrain, tmp_path, options=ExportOptions(presets=("blender",), playable_km=playable_km, vertical_scale=5))
    metres = OpenEXR.File(str(tmp_path / "blender-height.exr"), separate_channels=True).channels()["Y"].pixels
    np.testing.assert_array_equal(metres, terrain.height)
    said = _settings(tmp_path / "blender.txt")
    assert float(said["Dimensions X"]) == width
    assert float(said["Dimensions Y"]) == width * 60 / 90
    # Slopes are five times the truth.
    assert float(said["Displace, Strength"]) == pytest.approx(5 * width / (90 * terrain.gsd))


@pytest.mark.parametrize(
    ("preset", "km", "size"), [("", None, (90, 60)), (":300", None, (300, 200)), ("", 0.2, (200, 133))]
)
def test_worldpainter(
    preset: str, km: float | None, size: tuple[int, int], make_terrain: MakeTerrain, tmp_path: Path
) -> None:
    terrain = make_terrain(60, 90)
    save(
        terrain, tmp_path, options=ExportOptions(presets=("worldpainter" + preset,), playable_km=km, vertical_scale=200)
    )
    with Image.open(tmp_path / "worldpainter-height.png") as image:
        assert image.mode == "I;16"
        assert image.size == size
        assert np.asarray(image).min() == 0
        assert np.asarray(image).max() > 65000
    said = _settings(tmp_path / "worldpainter.txt")
    blocks = terrain.height.max() * 200 / (90 * terrain.gsd) * size[0]
    assert int(said["Minecraft level, high"]) == min(62 + round(blocks), 319)
    assert int(said["Minecraft level, low"]) < int(said["Water level"])


@pytest.mark.parametrize("km", [None, 5.0])
@pytest.mark.parametrize(
    ("shape", "gsd"), [((51, 51), 20_000.0), ((90, 160), 20_000.0), ((200, 30), 20_000.0), ((64, 64), 2000.0)]
)
def test_tools_take_the_numbers(
    shape: tuple[int, int], gsd: float, km: float | None, make_terrain: MakeTerrain, tmp_path: Path
) -> None:
    """Maps of the extents of 512 x 512, 1,600 x 900, 300 x 2,000 and 64 x 64 pixels of 2 km."""
    terrain = make_terrain(*shape, gsd=gsd)
    tools = ("unity:129", "unreal:127", "godot:513", "blender", "worldpainter")
    save(terrain, tmp_path, options=ExportOptions(presets=tools, playable_km=km))
    unity, unreal, godot, blender, blocks = (_settings(tmp_path / f"{tool.split(':')[0]}.txt") for tool in tools)
    longer = 1000 * (km or min(8, 0.1 * max(shape)))
    assert max(float(unity[f"Terrain Size {axis}"]) for axis in "XZ") == pytest.approx(
        max(8000, longer) if not km else longer
    )
    assert all(1 <= float(unity[f"Terrain Size {axis}"]) <= 100_000 for axis in "XZ")
    top = float(unity["Terrain Size Y"])
    assert 0.008 < top / max(float(unity[f"Terrain Size {axis}"]) for axis in "XZ") < 0.15  # neither flat nor needles
    assert 1 <= top <= 10_000
    assert float(unreal["Scale Z"]) * 512 / 100 == pytest.approx(top, rel=1e-3)
    assert float(unreal["Location Z"]) == pytest.approx(256 * float(unreal["Scale Z"]), rel=1e-4)
    assert 0.25 <= float(godot["Terrain3D > Mesh > Vertex Spacing"]) <= 100
    sides = [int(side) for side in godot["Terrain3D > R16 Size"].split(", ")]
    assert sides == [shape[1], shape[0]]
    assert 62 < int(blocks["Minecraft level, high"]) <= 319
    wide, long = (float(blender[f"Dimensions {axis}"]) for axis in "XY")
    assert wide / long == pytest.approx(shape[1] / shape[0], rel=1e-4)
    assert max(wide, long) == pytest.approx(longer if km else gsd * max(shape) / 10_000, rel=1e-4)


@pytest.mark.parametrize(("side", "region"), [(64, 256), (4096, 256), (4097, 512), (8192, 512), (16_384, 1024)])
def test_terrain3d_reaches_across_the_map(side: int, region: int, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    """It has 16 regions on either side of its origin, and the map begins there."""
    save(make_terrain(16, side), tmp_path, options=ExportOptions(presets=("godot:513",)))
    assert _settings(tmp_path / "godot.txt")["Terrain3D > Regions > Region Size"] == str(region)


def test_nothing_else_is_written_unless_asked_for(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    paths = save(make_terrain(), tmp_path / "tool", options=ExportOptions(presets=("unity",)))
    assert {p.name for p in paths} == {"terrain.json", "unity-height.raw", "unity-texture.png", "unity.txt"}
    assert {p.name for p in (tmp_path / "tool").iterdir()} == {p.name for p in paths}
    paths = save(make_terrain(), tmp_path / "both", ["r16"], ExportOptions(presets=("unity",)))
    assert {"height.r16", "unity-height.raw"} < {p.name for p in paths}


def test_all_sea_has_a_height_that_tools_take(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    presets = tuple(preset.name for preset in PRESETS)
    save(make_terrain(top=0.0), tmp_path, options=ExportOptions(presets=presets))
    assert float(_settings(tmp_path / "unity.txt")["Terrain Size Y"]) > 0
    assert float(_settings(tmp_path / "unreal.txt")["Scale Z"]) > 0
    assert not np.fromfile(tmp_path / "unity-height.raw", "<u2").any()


@pytest.mark.parametrize(
    ("shape", "preset", "side"),
    [
        ((512, 512), "unity", 513),
        ((512, 300), "unreal", 505),
        ((1024, 1024), "unreal", 1009),
        ((9000, 9), "unity", 4097),
    ],
)
def test_the_nearest_side_is_taken(shape: tuple[int, int], preset: str, side: int) -> None:
    assert chosen(ExportOptions(presets=(preset,)), *shape)[0][1] == side


@pytest.mark.parametrize(
    ("preset", "km", "message"),
    [
        ("maya", None, r"`presets` maya: no such tool; there are unity, unreal, godot, blender, worldpainter"),
        (
            "unity:1000",
            None,
            r"`presets` unity:1000: unity takes sides of 33, 65, 129, 257, 513, 1025, 2049, 4097 pix.*",
        ),
        ("unreal:", None, r"`presets` unreal:: unreal takes sides of 127, .*, 8129 pixels"),
        ("unreal:-127", None, r"`presets` unreal:-127: unreal takes sides of .*"),
        ("blender:512", None, r"`presets` blender:512: blender takes the map's own size; leave the number out"),
        ("worldpainter:63", None, r"`presets` worldpainter:63: worldpainter takes sides of 64 to 30000 pixels"),
        (
            "worldpainter",
            40.0,
            r"`presets` worldpainter `playable_km` 40: worldpainter takes sides of 64 to 30000.*",
        ),
    ],
)
def test_impossible_presets(preset: str, km: float | None, message: str) -> None:
    with pytest.raises(TerrainError, match=f"^{message}$"):
        check_formats(None, 64, 64, ExportOptions(presets=(preset,), playable_km=km))


def test_a_tool_named_twice() -> None:
    with pytest.raises(TerrainError, match=r"^`presets` names unity twice, "):
        check_formats(None, 64, 64, ExportOptions(presets=("unity", "unreal", "unity:65")))


def test_a_library_that_a_preset_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(TerrainError, match=r"^`presets` blender takes OpenEXR, "):
        check_formats(None, 64, 64, ExportOptions(presets=("unity", "blender")))
