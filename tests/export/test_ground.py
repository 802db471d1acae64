"""How large things are: every file of one run says the same of the ground, and heights are shown as the extent asks."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import trimesh
from PIL import Image

from spade_terrain.errors import MapError, ParameterError
from spade_terrain.export import ExportOptions, check_formats, save
from spade_terrain.export.ground import usual_vertical_scale
from spade_terrain.export.options import LIMITS, MOST_TRIANGLES
from spade_terrain.terrain import Georeference, Terrain

MakeTerrain = Callable[..., Terrain]

WEB = Georeference("EPSG:4326", (0.02, 0, 10, 0, -0.02, 60.6), (55_800.0, 111_400.0))  # pixels of 1,116 x 2,228 m


def _settings(path: Path) -> dict[str, str]:
    return dict(re.split(" {2,}", line, maxsplit=1) for line in path.read_text().splitlines()[2:] if "  " in line)


@pytest.mark.parametrize(
    ("gsd", "place", "pixel"),
    [
        (2000.0, None, (2000, 2000)),
        (30.0, None, (30, 30)),
        (1200.0, Georeference("EPSG:32633", (1200, 0, 0, 0, -1200, 0)), (1200, 1200)),
        (1577.0, WEB, (1116, 2228)),
    ],
)
def test_every_file_says_the_same(
    gsd: float, place: Georeference | None, pixel: tuple[float, float], make_terrain: MakeTerrain, tmp_path: Path
) -> None:
    terrain = replace(make_terrain(60, 90, top=gsd / 2), gsd=gsd, georeference=place)
    tools = ("unity:65", "unreal:127", "godot", "blender", "worldpainter")
    formats = ["geotiff", "obj", "glb", "stl", "normal"]
    save(terrain, tmp_path, formats, ExportOptions(presets=tools, vertical_scale=4))
    said = json.loads((tmp_path / "terrain.json").read_text())
    wide, long = 90 * pixel[0], 60 * pixel[1]
    assert said["gsd_m_per_px"] == pytest.approx((pixel[0] * pixel[1]) ** 0.5)
    assert said["pixel_m"] == pytest.approx({"east_west": pixel[0], "north_south": pixel[1]})
    assert said["extent_km"] == pytest.approx({"east_west": wide / 1000, "north_south": long / 1000})

    with rasterio.open(tmp_path / "height.tif") as tiff:
        units = place.metres_per_unit if place else (1, 1)
        assert (tiff.res[0] * units[0], tiff.res[1] * units[1]) == pytest.approx(pixel)

    shape = np.array([89 * pixel[0], terrain.height.max() * 4, 59 * pixel[1]])  # between the outer pixels' middles
    for name in ("obj", "glb", "stl"):
        read: Any = trimesh.load(tmp_path / f"terrain.{name}", process=False, force="mesh")
        size = np.ptp(read.bounds, axis=0)
        if name == "stl":
            size = np.array([size[0], size[2] - 3, size[1]]) / said["files"]["terrain.stl"]["mm_per_km"] * 1000
        else:
            size /= said["files"][f"terrain.{name}"]["units_per_m"]
        np.testing.assert_allclose(size, shape, rtol=1e-3)

    with Image.open(tmp_path / "normal.png") as image:
        leaning = np.asarray(image)[30, 60] / 127.5 - 1
    slope = float(terrain.height[30, 61] - terrain.height[30, 59]) * 4 / (2 * pixel[0])
    assert leaning[0] / leaning[2] == pytest.approx(-slope, abs=0.02 * max(1, abs(slope)))

    unity, unreal, godot = (_settings(tmp_path / f"{tool}.txt") for tool in ("unity", "unreal", "godot"))
    shrunk = 8000 / max(wide, long)
    assert float(unity["Terrain Size X"]) == pytest.approx(wide * shrunk, rel=1e-4)
    assert float(unity["Terrain Size Z"]) == pytest.approx(long * shrunk, rel=1e-4)
    assert float(unity["Terrain Size Y"]) == pytest.approx(shape[1] * shrunk, rel=1e-4)
    assert float(unreal["Scale Y"]) * 126 == pytest.approx(100 * long * shrunk, rel=1e-4)
    columns, rows = map(int, godot["Terrain3D > R16 Size"].split(", "))
    spacing = float(godot["Terrain3D > Mesh > Vertex Spacing"])
    assert (columns * spacing, rows * spacing) == pytest.approx((wide * shrunk, long * shrunk), rel=0.01)
    blender = _settings(tmp_path / "blender.txt")
    assert float(blender["Dimensions X"]) / float(blender["Dimensions Y"]) == pytest.approx(wide / long, rel=1e-4)
    with Image.open(tmp_path / "worldpainter-height.png") as image:
        assert image.width / image.height == pytest.approx(wide / long, rel=0.02)
    with Image.open(tmp_path / "texture.png") as image:
        assert image.size == (90, 60)


def test_the_preview_has_the_grounds_shape(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    sizes = []
    for place in (None, Georeference("EPSG:32633", (2000, 0, 0, 0, -8000, 0))):
        save(replace(make_terrain(64, 64), georeference=place), tmp_path, ["preview"])
        with Image.open(tmp_path / "preview.png") as image:
            sizes.append(image.width / image.height)
    assert sizes[1] < 0.9 * sizes[0]


@pytest.mark.parametrize(
    ("km", "scale"),
    [(128, 5), (512, 5), (1024, 5), (3200, 11), (8192, 20), (131_072, 20)],
)
def test_the_usual_vertical_scale(km: float, scale: float) -> None:
    assert usual_vertical_scale(km * 1000) == scale


@pytest.mark.parametrize(("gsd", "scale"), [(5000, 5), (2000, 5), (1000, 4), (250, 2.5), (30, 1.2), (1, 1)])
def test_steeper_ground_is_shown_less_steep(gsd: float, scale: float) -> None:
    assert usual_vertical_scale(512 * min(gsd, 2000), gsd) == scale


def test_it_never_falls_with_the_extent() -> None:
    scales = [usual_vertical_scale(1000 * 1.1**n) for n in range(130)]
    assert scales == sorted(scales)


def test_a_wide_map_is_not_flat(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(90, 160, gsd=20_000.0)  # 3,200 km
    save(terrain, tmp_path, ["stl", "obj"], ExportOptions(presets=("unity",)))
    said = json.loads((tmp_path / "terrain.json").read_text())
    assert (said["vertical_scale"], said["vertical_scale_is"]) == (11, "the usual one for the map's extent")
    assert {said["files"][f"terrain.{name}"]["vertical_scale"] for name in ("stl", "obj")} == {11}
    solid: Any = trimesh.load(tmp_path / "terrain.stl")
    assert solid.bounds[1, 2] > 1.5
    assert float(_settings(tmp_path / "unity.txt")["Terrain Size Y"]) > 80
    save(terrain, tmp_path, ["stl"], ExportOptions(vertical_scale=3))
    said = json.loads((tmp_path / "terrain.json").read_text())
    assert (said["vertical_scale"], said["vertical_scale_is"]) == (3, "as asked")


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [0.0, -1.0, 1e-30, 1e30, float("inf"), float("nan")])
def test_numbers_beyond_their_limits(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"^`{name}` is {re.escape(f'{value:g}')}; use a number from"):
        check_formats(None, 64, 64, ExportOptions(**{name: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize("triangles", [-5, 1, MOST_TRIANGLES + 1, 10**30])
def test_no_such_number_of_triangles(triangles: int) -> None:
    with pytest.raises(ParameterError, match=f"^`triangles` is {triangles}; use a number from 2 to 8,388,608$"):
        check_formats(["glb"], 64, 64, ExportOptions(triangles=triangles))


@pytest.mark.parametrize("least", [True, False])
def test_at_their_limits_files_hold_finite_numbers(least: bool, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    options = ExportOptions(**{name: limits[not least] for name, limits in LIMITS.items()})  # type: ignore[arg-type]
    terrain = make_terrain(64, 96)
    save(terrain, tmp_path, ["obj", "glb", "stl", "height"], options)
    text = (tmp_path / "terrain.json").read_text()
    assert not re.search("Infinity|NaN", text)
    for name in ("obj", "glb", "stl"):
        read: Any = trimesh.load(tmp_path / f"terrain.{name}", process=False, force="mesh")
        assert np.isfinite(read.vertices).all()
        assert len(np.unique(read.vertices[:, 0])) == 96 + (name == "stl")  # the middle of its underside
        if name == "obj":
            assert len(np.unique(read.vertices[:, 1])) > 100 or least


def test_a_small_obj_is_as_fine_as_a_large_one(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(64, 96), tmp_path, ["obj"], ExportOptions(playable_km=0.01, vertical_scale=5))
    read: Any = trimesh.load(tmp_path / "terrain.obj", process=False, force="mesh")
    steps = np.diff(np.unique(read.vertices[:, 0]))
    np.testing.assert_allclose(steps, 10 / 96, rtol=0.02)


@pytest.mark.parametrize("tool", ["unity", "unreal", "godot"])
@pytest.mark.parametrize("shape", [(64, 64), (512, 512), (40_000, 65_536)])
def test_engines_get_a_size_that_they_take(tool: str, shape: tuple[int, int]) -> None:
    from spade_terrain.export.presets import PRESETS

    preset = next(preset for preset in PRESETS if preset.name == tool)
    km = preset.playable_km(max(shape), None)
    assert km is not None
    assert 4 <= km <= 8
    if tool == "godot":
        assert 0.25 <= 1000 * km / min(max(shape), 16384) <= 100


@pytest.mark.parametrize(
    ("tool", "km", "message"),
    [
        ("godot", 1024, "`presets` godot `playable_km` 1024: godot takes 0.128 to 51.2 km of a map of 512 pixels"),
        ("godot", 0.1, "`presets` godot `playable_km` 0.1: godot takes 0.128 to 51.2 km of a map of 512 pixels"),
        ("unity", 200, "`presets` unity `playable_km` 200: unity takes 0.01 to 100 km of a map of 512 pixels"),
    ],
)
def test_sizes_that_a_tool_clamps(tool: str, km: float, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        check_formats(None, 512, 300, ExportOptions(presets=(tool,), playable_km=km))


def test_unity_clamps_heights(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(), tmp_path, options=ExportOptions(presets=("unity",), playable_km=100, vertical_scale=10))
    assert _settings(tmp_path / "unity.txt")["Terrain Size Y"].endswith(
        ", but Unity takes 10,000 at most: generate again with a lower --vertical-scale"
    )


@pytest.mark.parametrize("shape", [(64, 96), (300, 200)])
def test_layers_have_the_landscapes_size(shape: tuple[int, int], make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(*shape)
    terrain.labels[:] = np.arange(shape[1]) * 7 // shape[1]
    terrain.height[:] = 10
    save(terrain, tmp_path, ["masks", "splat"], ExportOptions(presets=("unreal:127",)))
    said = json.loads((tmp_path / "terrain.json").read_text())["files"]
    masks = {}
    for name in ("water", "grassland", "forest", "hills", "desert", "mountains", "tundra"):
        with Image.open(tmp_path / f"mask-{name}.png") as image:
            assert image.size == (127, 127)
            masks[name] = np.asarray(image)
        assert (said[f"mask-{name}.png"]["columns"], said[f"mask-{name}.png"]["rows"]) == (127, 127)
    assert np.all(sum(mask.astype(int) for mask in masks.values()) == 255)
    with Image.open(tmp_path / "splat-0.png") as image:
        np.testing.assert_array_equal(np.asarray(image)[..., 2], masks["forest"])
    # Vertices stand on the map's border; each has the class of the ground there.
    place = np.arange(127) / 126 * shape[1]
    expected = terrain.labels[0, np.minimum(place.astype(int), shape[1] - 1)]
    np.testing.assert_array_equal(masks["forest"][5] == 255, expected == 2)
    save(terrain, tmp_path, ["masks"], ExportOptions(presets=("unity",)))
    with Image.open(tmp_path / "mask-water.png") as image:
        assert image.size == (shape[1], shape[0])


@pytest.mark.parametrize(("shape", "written"), [((512, 512), True), ((400, 600), True), ((512, 513), False)])
def test_an_obj_of_a_large_map_has_to_be_asked_for(
    shape: tuple[int, int],
    written: bool,
    make_terrain: MakeTerrain,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert ("obj" in check_formats(None, *shape)) is written
    assert "glb" in check_formats(None, *shape)
    assert "obj" in check_formats(["obj"], *shape)
    monkeypatch.setattr("spade_terrain.export.formats.LARGEST_OBJ", 1000 if written else 100)
    with caplog.at_level(logging.WARNING):
        save(make_terrain(24, 40), tmp_path)
    assert (tmp_path / "terrain.obj").exists() is written
    assert [record.getMessage() for record in caplog.records] == (
        []
        if written
        else [
            "no terrain.obj is written of 40 x 24 pixels, since it would be very large; terrain.glb has the same mesh, "
            "and obj among the formats asks for both"
        ]
    )


def test_a_code_that_nobody_knows_is_found_before_the_work(caplog: pytest.LogCaptureFixture) -> None:
    place = Georeference("EPSG:29999", (2000, 0, 0, 0, -2000, 0))
    with pytest.raises(MapError, match=r"^the map lies in EPSG:29999, which PROJ does not know \([^\n]*without geo"):
        check_formats(["geotiff"], 64, 64, None, place)
    assert not caplog.records
    check_formats(["height"], 64, 64, None, place)
