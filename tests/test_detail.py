"""`detail` from end to end: `generate`, `generate_to` and the command line."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain import (
    ExportOptions,
    FileInTheWayError,
    MapError,
    Model,
    ParameterError,
    TerrainError,
    generate,
    generate_to,
)
from spade_terrain.cli import main
from spade_terrain.drainage import detail
from spade_terrain.generation import tiling
from spade_terrain.generation.job import FOLDER
from spade_terrain.palette import WATER, Labels


@pytest.fixture(scope="module")
def labels() -> Labels:
    """Forest and mountains with a sea in the north, an island in it, and a lake of 10 x 12 pixels."""
    labels = np.full((64, 72), 2, np.uint8)
    labels[20:60, 50:] = 5
    labels[:16] = WATER
    labels[5:9, 30:36] = 1
    labels[36:46, 20:32] = WATER
    return labels


LAKE = (slice(36, 46), slice(20, 32))


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_lake_lies_at_its_own_level(labels: Labels, tiny_model: Model) -> None:
    terrain = generate(labels, seed=3, model=tiny_model, detail=2)
    assert terrain.height.shape == (128, 144)
    assert terrain.gsd == 1000
    lake = terrain.height[74:90, 42:62]
    assert lake.min() == lake.max() > 0
    hydrology = terrain.hydrology
    assert hydrology is not None
    (painted,) = [lake for lake in hydrology.lakes if 72 <= lake.place[0] < 92 and 40 <= lake.place[1] < 64]
    assert painted.level == terrain.height[80, 50]
    assert painted.area == pytest.approx(4 * 120, rel=0.2)
    assert (terrain.labels[74:90, 42:62] == WATER).all()
    np.testing.assert_array_equal(terrain.height[:32][np.kron(labels[:16], np.ones((2, 2))) == WATER], 0)


def test_a_lake_may_stay_sea(labels: Labels, tiny_model: Model) -> None:
    terrain = generate(labels, seed=3, model=tiny_model, detail=2, sea_lakes=True)
    assert not terrain.height[72:92, 40:64].any()


def test_without_detail_nothing_changes(labels: Labels, tiny_model: Model) -> None:
    terrain = generate(labels, seed=3, model=tiny_model)
    assert terrain.hydrology is None
    assert not terrain.height[LAKE].any()


@pytest.mark.parametrize("in_blocks", [False, True])
def test_files_are_those_of_generate_and_save(
    in_blocks: bool, labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats, options = ["texture", "terrain", "height", "masks", "rivers", "glb"], ExportOptions(presets=("unity:65",))
    generate(labels, seed=3, model=tiny_model, detail=2).save(tmp_path / "saved", formats, options)
    if in_blocks:
        monkeypatch.setattr(tiling, "WHOLE", 0)
        monkeypatch.setattr(tiling, "BLOCK", 32)
    made = generate_to(labels, tmp_path / "made", formats, options, seed=3, model=tiny_model, detail=2)
    assert {path.name for path in made} == _files(tmp_path / "made").keys()
    assert _files(tmp_path / "made") == _files(tmp_path / "saved")
    assert Image.open(tmp_path / "made" / "height.png").size == (144, 128)
    said = json.loads((tmp_path / "made" / "terrain.json").read_text())
    assert (said["gsd_m_per_px"], said["extent_km"]) == (1000, {"east_west": 144, "north_south": 128})
    assert len(said["lakes"]) >= 1


def test_a_run_that_was_stopped_while_it_carved_goes_on(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tiling, "WHOLE", 0)
    monkeypatch.setattr(tiling, "BLOCK", 32)
    with monkeypatch.context() as patch:
        patch.setattr(detail, "detailed_terrain", stopped)
        with pytest.raises(KeyboardInterrupt):
            generate_to(labels, tmp_path / "out", ["height"], seed=3, model=tiny_model, detail=2)
    assert (tmp_path / "out" / FOLDER).is_dir()
    with pytest.raises(FileInTheWayError, match="with another map"):  # its lakes would be sea
        generate_to(labels, tmp_path / "out", ["height"], seed=3, model=tiny_model, resume=True)
    generate_to(labels, tmp_path / "out", ["height"], seed=3, model=tiny_model, detail=2, resume=True)
    generate_to(labels, tmp_path / "anew", ["height"], seed=3, model=tiny_model, detail=2)
    assert _files(tmp_path / "out") == _files(tmp_path / "anew")


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"detail": 3}, ParameterError, "`detail` is 3; choose one of 1, 2, 4, 8, 16"),
        ({"detail": "4"}, ParameterError, "`detail` is of the type str; use a whole number"),
        ({"sea_lakes": True}, ParameterError, "`sea_lakes` is of terrain that water carves; give `detail`"),
        ({"detail": 2, "draw_rivers": 1}, ParameterError, "`draw_rivers` is of the type int; use True or False"),
        ({"detail": 2, "map": np.zeros((64, 64), np.uint8)}, MapError, "all water"),
        ({"formats": ["rivers"]}, ParameterError, "`formats` rivers: only terrain that is made with `detail`"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_model_is_loaded(
    arguments: dict[str, Any], error: type[TerrainError], match: str, labels: Labels, tmp_path: Path
) -> None:
    usual: dict[str, Any] = {"map": labels, "out": tmp_path / "out", "model": tmp_path / "none.onnx"}
    with pytest.raises(error, match=match):
        generate_to(**usual | arguments)
    assert not list(tmp_path.iterdir())


def test_the_command_line(
    labels: Labels, tiny_model_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(labels).save(tmp_path / "map.png")
    usual = ["generate", str(tmp_path / "map.png"), "--model", str(tiny_model_path), "--format", "texture"]
    for name, more in {"drawn": [], "plain": ["--no-draw-rivers"], "sea": ["--sea-lakes"]}.items():
        assert main([*usual, "--detail", "2", "--out", str(tmp_path / name), *more]) == 0
    textures = [(tmp_path / name / "texture.png").read_bytes() for name in ("drawn", "plain", "sea")]
    assert len(set(textures)) == 3
    assert main([*usual, "--out", str(tmp_path / "none"), "--no-draw-rivers"]) == 2
    assert "--draw-rivers is of terrain that water carves; give --detail" in capfd.readouterr().err


@pytest.mark.parametrize("label", [1, 5])
def test_a_map_of_one_class(label: int, tiny_model: Model, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        terrain = generate(np.full((64, 64), label, np.uint8), model=tiny_model, detail=2)
    assert np.isfinite(terrain.height).all()
    assert not caplog.records
