"""Painted rivers and those of Azgaar's maps from end to end."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain import FileInTheWayError, Model, Terrain, generate, generate_to
from spade_terrain.cli import main
from spade_terrain.drainage import carve, detail
from spade_terrain.generation import tiling
from spade_terrain.palette import WATER, Labels
from tests.maps.azgaar_map import ISLAND, OCEAN, Cell, export, save_export


@pytest.fixture(scope="module")
def labels() -> Labels:
    """Desert and mountains with a sea in the north, and a river two pixels wide to it."""
    labels = np.full((64, 72), 4, np.uint8)
    labels[24:44, 20:60] = 5
    labels[:10] = WATER
    labels[10:56, 40:42] = WATER
    return labels


@pytest.fixture(scope="module")
def terrain(labels: Labels, tiny_model: Model) -> Terrain:
    return generate(labels, seed=3, model=tiny_model, detail=2)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_land_falls_along_a_painted_river_and_it_is_drawn(terrain: Terrain) -> None:
    hydrology = terrain.hydrology
    assert hydrology is not None
    main_stem = [reach for reach in hydrology.reaches if abs(reach.points[:, 0] - 82).max() < 10]
    points = np.concatenate([reach.points for reach in main_stem])
    heights = np.concatenate([reach.heights for reach in main_stem])
    down = points[:, 1].argsort()[::-1]  # it flows north
    assert points[:, 1].min() < 24
    assert points[:, 1].max() > 104
    assert (np.diff(points[down, 1]) > -4).all()
    assert (np.diff(heights[down])[np.abs(np.diff(points[down, 1])) > 0.9] <= 0).all()
    for x, y in points[(points[:, 1] > 24)]:
        assert hydrology.mask[int(y), int(x)] > 0
        assert terrain.height[int(y), int(x)] > 0
    assert max(reach.width for reach in main_stem) > 5 * (100 * 1.5) ** 0.5 * 0.8


def test_it_may_stay_sea(labels: Labels, tiny_model: Model) -> None:
    sea = generate(labels, seed=3, model=tiny_model, detail=2, sea_rivers=True)
    assert not sea.height[40:100, 80:84].any()


def test_the_command_line(labels: Labels, tiny_model_path: Path, tmp_path: Path) -> None:
    Image.fromarray(labels).save(tmp_path / "map.png")
    usual = ["generate", str(tmp_path / "map.png"), "--model", str(tiny_model_path), "--format", "height"]
    for name, more in {"river": [], "sea": ["--sea-rivers"]}.items():
        assert main([*usual, "--detail", "2", "--out", str(tmp_path / name), *more]) == 0
    land = {name: (np.asarray(Image.open(tmp_path / name / "height.png")) > 0).mean() for name in ("river", "sea")}
    assert land["river"] > land["sea"] + 0.015


def _island(x: float, y: float) -> Cell:
    return (30, 4, ISLAND) if 40 < x < 280 and 40 < y < 200 else (10, 0, OCEAN)


@pytest.fixture
def azgaar(tmp_path: Path) -> Path:
    """An island of 320 x 240 units with a river from its middle to the sea in the east."""
    made: dict[str, Any] = export(320, 240, 20, _island, new=True)
    sites = np.array([cell["p"] for cell in made["pack"]["cells"]])
    cells = [int(np.hypot(*(sites - [x, 120]).T).argmin()) for x in range(150, 311, 20)]
    made["pack"]["rivers"] = [{"i": 1, "parent": 1, "cells": cells, "discharge": 500, "name": "Ister"}]
    return save_export(made, tmp_path)


def test_rivers_of_an_azgaar_map_have_their_courses_and_names(azgaar: Path, tiny_model: Model, tmp_path: Path) -> None:
    generate_to(azgaar, tmp_path / "out", ["rivers"], seed=3, model=tiny_model, detail=2, size=128)
    features = json.loads((tmp_path / "out" / "rivers.geojson").read_text())["features"]
    own = [feature for feature in features if feature["properties"]["name"] == "Ister"]
    points = np.array([point for feature in own for point in feature["geometry"]["coordinates"]])
    assert points[:, 0].min() < 2 * 64 + 8
    assert points[:, 0].max() > 2 * 105
    assert np.abs(points[:, 1] - 2 * 48).max() < 2 * 10
    assert max(feature["properties"]["discharge_m3_s"] for feature in own) > 450
    terrain = generate(azgaar, seed=3, model=tiny_model, detail=2, size=128, sea_rivers=True)
    assert terrain.hydrology is not None
    assert not [reach for reach in terrain.hydrology.reaches if reach.name]


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes_but_not_with_other_rivers(
    azgaar: Path, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual: dict[str, Any] = {"formats": ["height", "rivers"], "seed": 3, "model": tiny_model, "detail": 2, "size": 128}

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tiling, "WHOLE", 0)
    monkeypatch.setattr(tiling, "BLOCK", 32)
    with monkeypatch.context() as patch:
        patch.setattr(detail, "_hydrology", stopped)
        with pytest.raises(KeyboardInterrupt):
            generate_to(azgaar, tmp_path / "out", **usual)
    with pytest.raises(FileInTheWayError, match="courses"):
        generate_to(azgaar, tmp_path / "out", **usual, sea_rivers=True, resume=True)
    with monkeypatch.context() as patch:
        patch.setattr(carve._Grid, "wear", stopped)  # what is finished is not made again
        generate_to(azgaar, tmp_path / "out", **usual, resume=True)
    generate_to(azgaar, tmp_path / "anew", **usual)
    assert _files(tmp_path / "out") == _files(tmp_path / "anew")
