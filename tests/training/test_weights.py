from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.training import onnx_file
from spade_terrain.training.checkpoint import FILE, load_checkpoint, save_checkpoint
from spade_terrain.training.config import SIZES, Config
from spade_terrain.training.trainer import Trainer
from spade_terrain.training.weights import begin_from, save_weights, weights_config


@pytest.fixture
def run_folder(tiny_config: Config, fabric: Fabric, tmp_path: Path) -> Path:
    trainer = Trainer(tiny_config, fabric, None)
    trainer.steps = 7
    for p in trainer.average.parameters():
        p.data += 0.1
    (tmp_path / "run").mkdir()
    save_checkpoint(tmp_path / "run" / FILE, *trainer.state())
    return tmp_path / "run"


def test_a_run_begins_where_the_weights_left_off(
    tiny_config: Config, fabric: Fabric, run_folder: Path, tmp_path: Path
) -> None:
    save_weights(run_folder, tmp_path / "weights")
    assert weights_config(tmp_path / "weights") == tiny_config
    trainer = Trainer(tiny_config, fabric, None)
    begin_from(trainer, tmp_path / "weights")
    tensors, facts = trainer.state()
    old = load_checkpoint(run_folder / FILE)[0]
    for name, tensor in tensors.items():
        if name.startswith(("maker.", "average.", "discriminator.")):
            source = old[name.replace("maker.", "average.", 1)]
            torch.testing.assert_close(tensor, source, rtol=1e-3, atol=1e-6)
    assert facts["steps"] == 0
    assert facts["begun_from"]["steps"] == 7
    assert not trainer.generator_adam.state


def test_the_default_networks_fit_into_files_of_16_megabytes(fabric: Fabric, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / FILE, *Trainer(Config(), fabric, None).state())
    assert all(path.stat().st_size < 16e6 for path in save_weights(tmp_path, tmp_path / "weights"))


def test_train_takes_what_export_wrote(
    run_folder: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "export", lambda *_, **__: None)  # it is slow, and tested by itself
    weights, run = tmp_path / "weights", tmp_path / "new"
    assert main(["export", str(run_folder), str(tmp_path / "model.onnx"), "--weights", str(weights)]) == 0
    assert str(weights / "maker.safetensors") in capsys.readouterr().out
    flags = ["--init", str(weights), "--crop", "32", "--perceptual-crop", "32", "--batch", "2", "--no-compile"]
    assert main(["train", str(data), "--out", str(run), *flags, "--max-steps", "1"]) == 0
    facts = load_checkpoint(run / FILE)[1]
    assert Config.from_json(facts["config"]).channels == (8, 8)
    assert facts["begun_from"]["steps"] == 7


def test_weights_that_are_missing_damaged_or_of_other_networks(
    tiny_config: Config, fabric: Fabric, run_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(TerrainError, match=r"no weights at .*maker.safetensors"):
        weights_config(tmp_path / "nowhere")
    save_weights(run_folder, tmp_path)
    with pytest.raises(TerrainError, match="not those of the configuration"):
        begin_from(Trainer(Config(**SIZES["small"]), fabric, None), tmp_path)
    (tmp_path / "discriminator.safetensors").write_text("none")
    with pytest.raises(TerrainError, match=r"discriminator\.safetensors is not"):
        begin_from(Trainer(tiny_config, fabric, None), tmp_path)
