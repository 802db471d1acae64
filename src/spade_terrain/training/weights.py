"""Weights to begin a run from: an exported model, and the discriminator that judged it, in half the bits."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor, nn

from spade_terrain.card import METADATA_KEY, Card
from spade_terrain.errors import TerrainError
from spade_terrain.training import checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.onnx_file import HALF
from spade_terrain.training.trainer import Trainer

DEFAULT = Path("default")
"""In place of a model's path: the model that comes with the package."""


def save_discriminator(run: Path, path: Path) -> None:
    """Write a run's discriminator in float16; the metadata holds the checkpoint's facts, the configuration among them.

    Raises `TerrainError` if the run holds no checkpoint or `path` can't be written.
    """
    tensors, facts = checkpoint.load_checkpoint(run / checkpoint.FILE)
    halves = {k: v.half() for k, v in checkpoint.select("discriminator", tensors).items()}
    checkpoint.save_checkpoint(path, halves, facts)


def weights_config(model: Path) -> Config:
    """The configuration that an exported model was trained with. Raises `TerrainError` if it is none."""
    training = _opened(model)[1].training
    if "config" not in training:
        raise TerrainError(f"{model} does not say how it was trained: give --init another that `export` wrote")
    return Config.from_json(training["config"])


def begin_from(trainer: Trainer, model: Path, discriminator: Path | None) -> None:
    """Give a new run the generators of an exported model and, if there is one, a discriminator that was kept.

    Raises `TerrainError` if a file can't be read or does not fit.
    """
    graph, card = _opened(model)
    maker = {
        weight.name.removesuffix(HALF): torch.from_numpy(numpy_helper.to_array(weight).copy())
        for weight in graph.initializer
    }
    _check(trainer.maker, maker, f"{model} lacks {{}}: give --init a model that this version's `export` wrote")
    judge: dict[str, Tensor] = {}
    if discriminator is not None:
        if not discriminator.exists():
            raise TerrainError(f"no file {discriminator}: give one that `export --discriminator` wrote")
        judge = checkpoint.load_checkpoint(discriminator)[0]
        # Its heads may be lacking: it may have been trained without VGG-19.
        told = f"{discriminator} lacks {{}}: give --init-discriminator what `export --discriminator` wrote"
        _check(trainer.discriminator.scales, {k.removeprefix("scales."): v for k, v in judge.items()}, told)
    trainer.begin_from(maker, judge, {"name": card.name, **card.training})


def _check(network: nn.Module, weights: dict[str, Tensor], complaint: str) -> None:
    for name, _ in network.named_parameters():
        if name not in weights:
            raise TerrainError(complaint.format(name))


def _opened(path: Path) -> tuple[Any, Card]:
    """The graph of an exported model, an `onnx.GraphProto`, and its card."""
    try:
        with as_file(files("spade_terrain") / "models" / "default.onnx") as default:
            model = onnx.load(default if path == DEFAULT else path)
        properties = {p.key: p.value for p in model.metadata_props}
        card = Card.from_json(properties[METADATA_KEY])
        return model.graph, card
    except OSError as e:
        raise TerrainError(f"no model at {path}: give --init a file that `export` wrote, or `{DEFAULT}`") from e
    except (DecodeError, KeyError) as e:
        raise TerrainError(f"{path} is no model that `export` wrote: give --init one, or `{DEFAULT}`") from e
