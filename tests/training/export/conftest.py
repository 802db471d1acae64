import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from spade_terrain.training.checkpoint import FILE, save_checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.engine import launch
from spade_terrain.training.state import trainer_state
from spade_terrain.training.step.trainer import Trainer
from tests.conftest import MadeOnce


@pytest.fixture(scope="session")
def one_texture(tiny_config: Config) -> Config:
    """Of networks that have weights big enough to be halved."""
    return replace(tiny_config, channels=(40, 12), head_channels=6, satellite=False, guided=False)


@pytest.fixture(scope="session")
def exported(one_texture: Config, made_once: MadeOnce) -> Path:
    """The folder `run` of a run of 7 steps, and what was exported of it: `model.onnx`, `discriminator.safetensors`.

    By the command in a process of its own, which said the model's name and nothing else. Tracing takes a quarter of a
    minute, so it is done once for all modules.
    """

    def make(folder: Path) -> None:
        trainer = Trainer(one_texture, launch("cpu", bfloat16=False), None, None)
        trainer.steps = 7
        for p in trainer.ema.parameters():
            p.data += 0.01 * torch.randn(p.shape)  # of equal ones the exporter keeps one
        (folder / "run").mkdir()
        save_checkpoint(folder / "run" / FILE, *trainer_state(trainer))
        report, model = folder / "report.json", folder / "model.onnx"
        report.write_text('{"slopes": 1.5}')
        command = [sys.executable, "-m", "spade_terrain.cli", "export", str(folder / "run"), str(model)]
        command += ["--name", "little", "--report", str(report)]
        command += ["--discriminator", str(folder / "discriminator.safetensors")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == (f"{model}\n{folder / 'discriminator.safetensors'}\n", "")

    return made_once("exported", make)


@pytest.fixture(scope="session")
def run_folder(exported: Path) -> Path:
    return exported / "run"


@pytest.fixture(scope="session")
def model_file(exported: Path) -> Path:
    return exported / "model.onnx"
