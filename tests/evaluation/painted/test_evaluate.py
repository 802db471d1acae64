import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain import Model, generate, load_model
from spade_terrain.cli import main
from spade_terrain.evaluation.painted import evaluate as module
from spade_terrain.evaluation.painted.evaluate import generated_land, network_land
from spade_terrain.evaluation.painted.random_maps import random_map
from spade_terrain.palette import labels_to_image


def _run(*args: str | Path | int) -> int:
    return main(["evaluate-maps", *(str(a) for a in args)])


@pytest.fixture
def painted(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.png" for name in ("one", "other")]
    for seed, path in enumerate(paths):
        Image.fromarray(labels_to_image(random_map(seed))).save(path)
    return paths


def test_the_command_writes_the_report_and_prints_the_figures(
    tiny_model_path: Path, painted: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        assert _run(tiny_model_path, "--maps", *painted, "--random", 2, "--out", tmp_path / folder) == 0
    printed = capfd.readouterr().out
    figures = json.loads((tmp_path / "a" / "maps.json").read_text())
    assert (tmp_path / "a" / "maps.json").read_bytes() == (tmp_path / "b" / "maps.json").read_bytes()
    assert figures["maps"].keys() == {"one.png", "other.png"}
    for name in ("one.png", "all of them", "random maps", "1 to 5 pixels", "Islands of random maps"):
        assert name in printed
    by_hand: dict[str, Any] = figures["maps"]["one.png"]
    assert by_hand.keys() == {"network", "generator"}
    labels = random_map(0)
    above = generate(labels, seed=0, model=load_model(tiny_model_path)).height > 0
    lost = ((labels != 0) & ~above).sum() / (labels != 0).sum()
    assert by_hand["generator"]["land_lost"] == pytest.approx(lost, rel=1e-3, abs=1e-9)
    lands = sum(row["network"]["lands"] for row in figures["maps"].values())
    assert figures["all of them"]["network"]["lands"] == lands


def test_what_is_not_asked_for_is_not_measured(
    tiny_model_path: Path, painted: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run(tiny_model_path, "--maps", painted[0], "--random", 0, "--out", tmp_path / "out") == 0
    assert "random" not in capfd.readouterr().out
    assert _run(tiny_model_path, "--random", 1, "--out", tmp_path / "out") == 0
    assert "all of them" not in capfd.readouterr().out


def test_the_network_alone_is_without_what_the_generator_gives_back(
    tiny_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = random_map(0)[:150, :180]
    missing = [(0, tiny_model.card.whole_strides(side) - side) for side in labels.shape]
    padded = np.pad(labels, missing, mode="edge")
    whole = tiny_model.run(padded, 5).height[:150, :180] > 0
    np.testing.assert_array_equal(network_land(tiny_model, labels, 5), whole)
    monkeypatch.setattr(module, "_TILE", 64)
    np.testing.assert_array_equal(network_land(tiny_model, labels, 5), whole)
    kept = generated_land(tiny_model, labels, 5)
    assert (kept >= whole).all()


def test_refused_in_one_line(
    tiny_model_path: Path, painted: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    twin = tmp_path / "twin" / painted[0].name
    refused: list[tuple[str, list[str | Path | int]]] = [
        ("name maps, or ask for --random ones", [tiny_model_path, "--random", 0]),
        ("--random must not be below 0", [tiny_model_path, "--random", -1]),
        ("--seed must be from 0", [tiny_model_path, "--seed", -1]),
        ("two --maps have one name", [tiny_model_path, "--maps", painted[0], twin]),
        (str(tmp_path / "none.png"), [tiny_model_path, "--maps", tmp_path / "none.png"]),
        ("no such model", [tmp_path / "none.onnx", "--maps", painted[0]]),
    ]
    for word, args in refused:
        assert _run(*(str(a) for a in args), "--out", out) == 2
        err = capfd.readouterr().err
        assert word in err
        assert err.count("\n") == 1
    assert not out.exists()
