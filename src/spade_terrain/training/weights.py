"""A run's networks as small files, to begin other runs from: half the bits, and nothing that only resuming needs."""

from pathlib import Path

from torch import Tensor

from spade_terrain.errors import TerrainError
from spade_terrain.training import checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.trainer import Trainer

PARTS = {"maker": "average", "discriminator": "discriminator"}
"""The files' names, and the networks' names in a checkpoint: of the maker, its moving average."""


def save_weights(run: Path, folder: Path) -> list[Path]:
    """Write a run's averaged generators and its discriminator as `maker.safetensors` and `discriminator.safetensors`.

    Weights are float16; the metadata holds the checkpoint's facts, the configuration among them. `folder` is made if
    missing. Returns the paths.

    Raises `TerrainError` if the run holds no checkpoint or the folder can't be written.
    """
    tensors, facts = checkpoint.load_checkpoint(run / checkpoint.FILE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise TerrainError(f"can't make the folder {folder}: {e.strerror}; choose another --weights") from e
    paths = []
    for part, prefix in PARTS.items():
        paths.append(_file(folder, part))
        halves = {k: v.half() for k, v in checkpoint.select(prefix, tensors).items()}
        checkpoint.save_checkpoint(paths[-1], halves, facts)
    return paths


def weights_config(folder: Path) -> Config:
    """The configuration that the weights in a folder were trained with. Raises `TerrainError` if there are none."""
    return Config.from_json(checkpoint.load_facts(_existing(folder, "maker"))["config"])


def begin_from(trainer: Trainer, folder: Path) -> None:
    """Give a new run's networks the weights in a folder. Raises `TerrainError` if they are damaged or don't fit."""
    networks: dict[str, dict[str, Tensor]] = {}
    for part in PARTS:
        networks[part], facts = checkpoint.load_checkpoint(_existing(folder, part))
    trainer.begin_from(networks["maker"], networks["discriminator"], facts)


def _file(folder: Path, part: str) -> Path:
    return folder / f"{part}.safetensors"


def _existing(folder: Path, part: str) -> Path:
    path = _file(folder, part)
    if not path.exists():
        raise TerrainError(f"no weights at {path}: give --init a folder that `export --weights` wrote")
    return path
