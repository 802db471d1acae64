from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from lightning_fabric import Fabric

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.networks.frozen.efficientnet import EfficientNetLite
from spade_terrain.training.checkpoint import FILE, load_checkpoint, save_checkpoint
from spade_terrain.training.config import SIZES, Config
from spade_terrain.training.export.weights import DEFAULT, begin_from, save_discriminator, weights_config
from spade_terrain.training.state import trainer_state
from spade_terrain.training.step.trainer import Trainer


def test_a_run_begins_where_the_model_left_off(fabric: Fabric, exported: Path) -> None:
    config = weights_config(exported / "model.onnx")
    assert config.channels == (40, 12)
    trainer = Trainer(config, fabric, None, None)
    begin_from(trainer, exported / "model.onnx", exported / "discriminator.safetensors")
    tensors, facts = trainer_state(trainer)
    old = load_checkpoint(exported / "run" / FILE)[0]
    for name, tensor in tensors.items():
        if name.startswith(("generator.", "ema.", "discriminator.")):
            source = old[name.replace("generator.", "ema.", 1) if name.startswith("generator.") else name]
            torch.testing.assert_close(tensor, source, rtol=1e-3, atol=1e-6)
    assert facts["steps"] == 0
    assert facts["begun_from"]["steps"] == 7
    assert facts["begun_from"]["name"] == "little"
    assert not trainer.generator_adam.state


def test_without_its_discriminator_a_fresh_one_judges_it(fabric: Fabric, exported: Path) -> None:
    config = weights_config(exported / "model.onnx")
    trainer, fresh = Trainer(config, fabric, None, None), Trainer(config, fabric, None, None)
    begin_from(trainer, exported / "model.onnx", None)
    own, expected = trainer.discriminator.state_dict(), fresh.discriminator.state_dict()
    assert all(torch.equal(own[name], expected[name]) for name in expected)


def test_train_takes_what_export_wrote(exported: Path, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "new"
    flags = [
        "--init",
        str(exported / "model.onnx"),
        "--init-discriminator",
        str(exported / "discriminator.safetensors"),
    ]
    flags += ["--crop", "32", "--perceptual-crop", "32", "--batch", "2", "--no-compile", "--max-steps", "1"]
    assert main(["train", str(data), "--out", str(run), *flags]) == 0
    tensors, facts = load_checkpoint(run / FILE)
    assert Config.from_json(facts["config"]).channels == (40, 12)
    assert facts["begun_from"]["steps"] == 7
    assert tensors["style_encoder.mean_weights"].abs().sum() > 0  # learned from the data at hand


def test_the_default_model_and_its_discriminator_are_a_beginning(
    fabric: Fabric, efficientnet: EfficientNetLite, tmp_path: Path
) -> None:
    config = replace(weights_config(DEFAULT), satellite=True, guided=True, fine_relief=True)
    trainer = Trainer(config, fabric, efficientnet, None)
    begin_from(trainer, DEFAULT, None)
    save_checkpoint(tmp_path / FILE, *trainer_state(trainer))
    save_discriminator(tmp_path, tmp_path / "discriminator.safetensors")
    assert (tmp_path / "discriminator.safetensors").stat().st_size < 16e6


def test_files_that_are_missing_damaged_or_of_other_networks(
    fabric: Fabric, exported: Path, tmp_path: Path, tiny_config: Config
) -> None:
    with pytest.raises(TerrainError, match=r"no model at .*nowhere"):
        weights_config(tmp_path / "nowhere")
    (tmp_path / "no.onnx").write_text("none")
    with pytest.raises(TerrainError, match=r"no\.onnx is no model"):
        weights_config(tmp_path / "no.onnx")
    with pytest.raises(TerrainError, match=r"model\.onnx lacks generator\.guides\.2"):
        begin_from(Trainer(Config(**SIZES["small"]), fabric, None, None), exported / "model.onnx", None)
    trainer = Trainer(tiny_config, fabric, None, None)
    model = onnx.load(exported / "model.onnx")
    next(w for w in model.graph.initializer if w.name == "generator.sea").name = "another"
    onnx.save(model, tmp_path / "lacking.onnx")
    with pytest.raises(TerrainError, match=r"lacking\.onnx lacks generator\.sea"):
        begin_from(trainer, tmp_path / "lacking.onnx", None)
    with pytest.raises(TerrainError, match=r"no file .*nowhere"):
        begin_from(trainer, exported / "model.onnx", tmp_path / "nowhere")
    with pytest.raises(TerrainError, match=r"no\.onnx is not"):
        begin_from(trainer, exported / "model.onnx", tmp_path / "no.onnx")
    with pytest.raises(TerrainError, match=r"checkpoint\.safetensors lacks 0\.layers"):
        begin_from(trainer, exported / "model.onnx", exported / "run" / FILE)


@pytest.mark.parametrize("other", [{"style": False, "satellite": True}, {"discriminator_channels": 5}])
def test_a_discriminator_that_judged_other_input(
    other: dict[str, Any], fabric: Fabric, exported: Path, one_texture: Config, tmp_path: Path
) -> None:
    """A second texture has fewer channels than a style, so by its shapes one would fit in place of the other."""
    strange = Trainer(replace(one_texture, **other), fabric, None, None)
    save_checkpoint(tmp_path / FILE, *trainer_state(strange))
    save_discriminator(tmp_path, tmp_path / "strange.safetensors")
    trainer = Trainer(one_texture, fabric, None, None)
    with pytest.raises(TerrainError, match=rf"strange\.safetensors was trained with `{next(iter(other))}`"):
        begin_from(trainer, exported / "model.onnx", tmp_path / "strange.safetensors")


def test_a_model_that_does_not_say_how_it_was_trained(tiny_model_path: Path) -> None:
    with pytest.raises(TerrainError, match="does not say how it was trained"):
        weights_config(tiny_model_path)


def test_the_default_models_discriminator_was_kept(fabric: Fabric) -> None:
    kept = Path(__file__).parents[3] / "weights" / "discriminator.safetensors"
    trainer = Trainer(weights_config(DEFAULT), fabric, None, None)
    begin_from(trainer, DEFAULT, kept)
    weights = load_checkpoint(kept)[0]
    for name, tensor in trainer.discriminator.state_dict().items():
        assert torch.equal(tensor, weights[name].float()), name
    assert any(name.startswith("heads.heads.0.logits.") for name in weights)
