"""No command writes over what it reads, nor where another run is at work."""

from pathlib import Path

import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import FileInTheWayError
from spade_terrain.storage.locks import locked
from spade_terrain.terrain import Terrain

RASTERS = ["--terrain", "t.tif", "--height", "h.tif"]
FILES = ("m.onnx", "r.json", "t.tif", "h.tif", "run/checkpoint.safetensors", "named/classes.toml", "out/report.json")


@pytest.mark.parametrize(
    "args",
    [
        ["export", "m.onnx", "m.onnx"],
        ["export", "m.onnx", "named/../m.onnx"],
        ["export", "m.onnx", "linked"],
        ["export", "m.onnx", "r.json", "--report", "r.json"],
        ["export", "run", "run/checkpoint.safetensors"],
        ["export", "run", "new.onnx", "--discriminator", "run/checkpoint.safetensors"],
        ["world", "register", *RASTERS, "--out", "h.tif"],
        ["world", "register", *RASTERS, "--out", "named/../t.tif"],
        ["world", "classifier", "named", "--out", "named/classes.toml"],
        ["world", "classifier", "named", "--names", "r.json", "--out", "r.json"],
        ["evaluate", "out/report.json", "data", "--out", "out"],
        ["evaluate", "m.onnx", "data", "--out", "out", "--classifier", "out/report.json"],
    ],
)
def test_a_file_that_is_read_is_not_written_over(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("somebody's")
    Path("linked").hardlink_to("m.onnx")
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    assert main(args) == 2
    err = capfd.readouterr().err
    assert "is read, and would be written over" in err
    assert err.count("\n") == 1
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_a_model_and_a_discriminator_of_one_name(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = str(tmp_path / "new.onnx")
    assert main(["export", str(tmp_path), name, "--discriminator", f"{tmp_path}/./new.onnx"]) == 2
    assert "the model and --discriminator are one file" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("args", "lock"),
    [
        (["train", "data", "--out", "out"], ".spade-terrain.lock"),
        (["evaluate", "m.onnx", "data", "--out", "out"], ".spade-terrain.lock"),
        (["world", "classes", *RASTERS, "--out", "out"], ".spade-terrain.lock"),
        (["world", "fetch", "etopo2022", "--out", "out"], ".spade-terrain.lock"),
        (["world", "register", *RASTERS, "--out", "out/lag.npz"], "lag.npz.lock"),
        (["world", "pack", *RASTERS, "--out", "out/set.zip"], "set.zip.lock"),
    ],
)
def test_a_second_run_is_refused_before_it_reads_anything(
    args: list[str], lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    with locked(Path("out") / lock, "busy"):
        assert main(args) == 2
    err = capfd.readouterr().err
    assert "another run is writing" in err
    assert err.count("\n") == 1


def test_a_terrain_is_not_saved_where_a_run_is_at_work(tmp_path: Path) -> None:
    flat = np.zeros((64, 64), np.float32)
    colours = np.zeros((64, 64, 3), np.uint8)
    terrain = Terrain(colours, flat, colours, flat.astype(np.uint8), seed=0, model="tiny")
    with (
        locked(tmp_path / ".spade-terrain.lock", "busy"),
        pytest.raises(FileInTheWayError, match="another run is writing"),
    ):
        terrain.save(tmp_path, ["texture"])
    assert list(tmp_path.iterdir()) == []
