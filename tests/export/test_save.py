import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spade_terrain
from spade_terrain.errors import TerrainError
from spade_terrain.export import ExportOptions, check_folder, check_formats, save, write
from spade_terrain.export.formats import FORMATS
from spade_terrain.export.meshes import glb, obj
from spade_terrain.export.names import written
from spade_terrain.export.presets import PRESETS
from spade_terrain.palette import WATER
from spade_terrain.terrain import Terrain

MakeTerrain = Callable[..., Terrain]

FILES = [
    "terrain.json",
    "texture.png",
    "terrain.png",
    "height.png",
    "terrain.obj",
    "terrain.mtl",
    "terrain.glb",
    "preview.png",
]


def test_every_file_is_there_and_listed(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    paths = save(make_terrain(), tmp_path / "a" / "b")
    assert [p.name for p in paths] == FILES
    assert {p.name for p in (tmp_path / "a" / "b").iterdir()} == set(FILES)
    assert all(p.stat().st_size > 0 for p in paths)


def test_terrain_save_is_the_same_call(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    assert make_terrain().save(str(tmp_path)) == [tmp_path / name for name in FILES]


def test_same_terrain_same_bytes(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    for first, second in zip(save(make_terrain(), tmp_path / "1"), save(make_terrain(), tmp_path / "2"), strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_pictures_hold_the_arrays(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain()
    save(terrain, tmp_path)
    for name, array in (("texture.png", terrain.texture), ("terrain.png", terrain.shaded)):
        with Image.open(tmp_path / name) as image:
            assert image.mode == "RGB"
            np.testing.assert_array_equal(np.asarray(image), array)


def test_height_is_linear_16_bit_grey(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain()
    save(terrain, tmp_path)
    with Image.open(tmp_path / "height.png") as image:
        assert image.mode == "I;16"
        units = np.asarray(image)
    scale = json.loads((tmp_path / "terrain.json").read_text())["files"]["height.png"]["metres_per_unit"]
    assert units.max() == 65535
    assert (units[terrain.height == 0] == 0).all()
    np.testing.assert_allclose(units * scale, terrain.height, atol=0.51 * scale)


def test_sidecar_figures(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(rows=24, columns=40, gsd=500.0)
    save(terrain, tmp_path)
    card = json.loads((tmp_path / "terrain.json").read_text())
    assert card["generator"] == {"name": "spade-terrain", "version": spade_terrain.__version__}
    assert (card["model"], card["seed"], card["gsd_m_per_px"]) == ("tiny", 7, 500)
    assert (card["width_px"], card["height_px"]) == (40, 24)
    assert card["extent_km"] == {"east_west": 20, "north_south": 12}
    assert card["height_range_m"] == {"min": 0, "max": pytest.approx(float(terrain.height.max()))}
    land = float((terrain.height > 0).mean())
    assert card["land_share"] == pytest.approx(land)
    assert card["class_shares"]["forest"] == pytest.approx(land)
    assert sum(card["class_shares"].values()) == pytest.approx(1)
    assert card["files"]["height.png"]["bits"] == 16
    assert card["files"]["height.png"]["sea_level_value"] == 0
    assert "row 0 is north" in card["orientation"]
    assert card["files"]["terrain.obj"]["vertical_scale"] == card["vertical_scale"] == 3.1
    assert card["vertical_scale_is"] == "the usual one for the map's extent"
    assert card["pixel_m"] == {"east_west": 500, "north_south": 500}
    assert list(card["files"]) == FILES
    assert all(file["is"] for file in card["files"].values())


def test_a_lake_is_no_land(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(rows=24, columns=40)
    lake = terrain.labels.copy()
    lake[10:14, 20:25] = WATER
    save(replace(terrain, labels=lake), tmp_path)
    card = json.loads((tmp_path / "terrain.json").read_text())
    assert card["land_share"] == pytest.approx(((terrain.height > 0) & (lake != WATER)).mean())
    assert card["land_share"] < (terrain.height > 0).mean()


def test_all_sea(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(top=0.0), tmp_path)
    with Image.open(tmp_path / "height.png") as image:
        assert image.mode == "I;16"
        assert not np.asarray(image).any()
    card = json.loads((tmp_path / "terrain.json").read_text())
    assert card["files"]["height.png"]["metres_per_unit"] > 0
    assert card["land_share"] == 0


def test_other_files_stay_and_ours_are_replaced(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "terrain.json").write_text("old")
    save(make_terrain(), tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert json.loads((tmp_path / "terrain.json").read_text())["seed"] == 7


def test_files_of_an_earlier_run_that_are_not_replaced_are_told_of(
    make_terrain: MakeTerrain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "terrain.json").write_text("[]")  # not ours
    save(make_terrain(), tmp_path, ["texture", "height", "normal"])
    assert not caplog.records
    save(make_terrain(), tmp_path, ["height"])
    assert f"{tmp_path}: normal.png, texture.png stay of an earlier run, and terrain.json no longer" in caplog.text
    assert {path.name for path in tmp_path.iterdir()} == {"terrain.json", "texture.png", "height.png", "normal.png"}


@pytest.mark.parametrize("part", [obj, glb])
def test_a_full_disk_leaves_nothing_half_written(
    part: object, make_terrain: MakeTerrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(part, "write_mesh", full)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "texture.png").write_bytes(b"old")
    for folder in (tmp_path / "kept", tmp_path / "new" / "deep"):
        with pytest.raises(TerrainError, match=r"^can't write to .*: No space left on device; [^\n]*$"):
            save(make_terrain(), folder)
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")} == {"kept", "kept/texture.png"}
    assert (tmp_path / "kept" / "texture.png").read_bytes() == b"old"


def test_a_folder_in_the_way_is_found_before_anything_moves(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    (tmp_path / "texture.png").mkdir()
    with pytest.raises(TerrainError, match=r"texture\.png is a folder there"):
        save(make_terrain(), tmp_path)
    assert [p.name for p in tmp_path.rglob("*")] == ["texture.png"]


def test_check_folder_accepts_and_leaves_nothing(tmp_path: Path) -> None:
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == []


def test_check_folder_refuses_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for folder in (file, file / "below"):
        with pytest.raises(TerrainError, match=r"^can't write to [^\n]*$"):
            check_folder(folder)
    assert file.read_text() == "mine"


def test_check_folder_refuses_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    # Permissions themselves would not stop a test that runs as root.
    monkeypatch.setattr("spade_terrain.storage.files.tempfile.mkdtemp", refuse)
    with pytest.raises(TerrainError, match="Permission denied"):
        check_folder(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_has_the_names_that_are_known_before(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(64, 64)
    for chosen in (name for name, f in FORMATS.items() if not f.carved):
        names = check_formats([chosen], 64, 64)
        files = save(terrain, tmp_path / chosen, [chosen])
        assert [file.name for file in files if not written(file.name, names, ExportOptions())] == []
    # One of them moves: each takes seconds to draw.
    for preset, kind in zip(PRESETS, ("webp", *["png"] * len(PRESETS)), strict=False):
        options = ExportOptions(presets=(preset.name,), preview=(kind,))
        files = save(terrain, tmp_path / preset.name, None, options)
        assert [file.name for file in files if not written(file.name, ["preview"], options)] == []


def test_who_asks_is_told_what_is_written_and_may_end_it(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    told: list[str] = []
    terrain = make_terrain()
    options = ExportOptions(presets=("worldpainter",))
    write(terrain, tmp_path / "all", ["height", "texture"], options, tell=told.append)
    assert told == ["texture", "height", "worldpainter"]

    def end(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(terrain, tmp_path / "none", ["height"], tell=end)
    assert not (tmp_path / "none").exists()
