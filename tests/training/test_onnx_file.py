import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from spade_terrain import generate, load_model
from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.palette import WATER
from spade_terrain.training import onnx_file
from spade_terrain.training.checkpoint import FILE, save_checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.engine import launch
from spade_terrain.training.trainer import Trainer


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    trainer = Trainer(Config(channels=(40, 12), head_channels=6), launch("cpu", bfloat16=True), None)
    save_checkpoint(folder / FILE, *trainer.state())
    return folder


@pytest.fixture(scope="module")
def model_file(run_folder: Path) -> Path:
    path = run_folder / "model.onnx"
    onnx_file.export(run_folder, path, name="little", metrics={"slopes": 1.5})
    return path


def test_generation_takes_the_file(model_file: Path) -> None:
    model = load_model(model_file)
    assert (model.card.name, model.card.stride) == ("little", 4)
    assert model.card.training["images"] == 0
    assert model.card.metrics == {"slopes": 1.5}
    labels = np.random.default_rng(0).integers(0, 7, (70, 93), dtype=np.uint8)
    terrain = generate(labels, seed=1, model=model)
    assert terrain.texture.shape == (70, 93, 3)
    assert (terrain.height[labels == WATER] == 0).all()
    assert (terrain.height[labels != WATER] > 0).all()


def test_any_window_of_the_ground_equals_the_whole(model_file: Path) -> None:
    model = load_model(model_file)
    halo = model.card.halo
    labels = np.random.default_rng(0).integers(0, 7, (2 * halo + 48, 3 * halo + 64), dtype=np.uint8)
    whole = model.run(labels, seed=9, x0=-8, y0=20)
    part = model.run(labels[:, halo:], seed=9, x0=-8 + halo, y0=20)
    inside, same = np.s_[halo:-halo, halo:-halo], np.s_[halo:-halo, 2 * halo : -halo]
    np.testing.assert_allclose(part[1][inside], whole[1][same], atol=1e-4 * 9000)
    for k in (0, 2):
        np.testing.assert_allclose(part[k][inside].astype(int), whole[k][same], atol=1)


def test_big_weights_are_stored_in_half(model_file: Path) -> None:
    model = onnx.load(str(model_file))
    sizes = {w.name: (w.data_type, int(np.prod(w.dims))) for w in model.graph.initializer}
    halves = [n for kind, n in sizes.values() if kind == onnx.TensorProto.FLOAT16]
    assert halves
    assert all(n < 1024 for kind, n in sizes.values() if kind == onnx.TensorProto.FLOAT)


def test_a_file_that_differs_from_the_network_is_not_written(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(model: onnx.ModelProto) -> onnx.ModelProto:
        for weight in model.graph.initializer:
            if weight.data_type == onnx.TensorProto.FLOAT and len(weight.dims) == 4:
                weight.CopyFrom(onnx.numpy_helper.from_array(np.zeros(weight.dims, np.float32), weight.name))
        return model

    monkeypatch.setattr(onnx_file, "_halve_weights", spoil)
    with pytest.raises(TerrainError, match="differs from the trained network"):
        onnx_file.export(run_folder, tmp_path / "model.onnx", name="spoilt")
    assert not list(tmp_path.iterdir())


def test_the_command_says_the_files_name_alone(run_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "spade_terrain.cli", "export", str(run_folder), str(tmp_path / "model.onnx")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{tmp_path / 'model.onnx'}\n", "")


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no checkpoint"):
        onnx_file.export(tmp_path, tmp_path / "model.onnx", name="none")


def test_a_report_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(TerrainError, match="can't be read as a report"):
        onnx_file.read_report(tmp_path / "report.json")


def test_a_place_that_cannot_be_written_is_one_line(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run_folder), str(tmp_path / "missing" / "model.onnx")]) == 2
    error = capsys.readouterr().err
    assert "can't write" in error
    assert "No such file or directory" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
