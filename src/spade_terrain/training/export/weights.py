"""Weights to begin a run from: an exported model, and the discriminator that judged it, in half the bits."""

from collections.abc import Collection, Iterable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor

from spade_terrain.card import METADATA_KEY, Card
from spade_terrain.errors import MissingFileError, ModelError
from spade_terrain.training import checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.export.onnx_file import HALF
from spade_terrain.training.state import take_weights
from spade_terrain.training.step.trainer import Trainer

DEFAULT = Path("default")
"""In place of a model's path: the model that comes with the package."""
_FINE_RELIEF = "fine_relief."
_DISCRIMINATOR = ("discriminator_channels", "discriminator_scales", "style", "satellite")
"""Fields of the configuration that say what a discriminator's weights fit, but for its heads."""


def save_discriminator(run: Path, path: Path) -> None:
    """Write a run's discriminator in float16; the metadata holds the checkpoint's facts, the configuration among them.

    Raises `TerrainError` if the run holds no checkpoint or `path` can't be written.
    """
    tensors, facts = checkpoint.load_checkpoint(run / checkpoint.FILE)
    halves = {k: v.half() for k, v in checkpoint.select("discriminator", tensors).items()}
    checkpoint.save_checkpoint(path, halves, facts)


def weights_config(model: Path) -> Config:
    """The configuration that an exported model was trained with. Raises `TerrainError` if it is none."""
    card = read_model(model)[1]
    if "config" not in card.training:
        raise ModelError(f"{model} does not say how it was trained: give another model that `export` wrote")
    return Config.from_json(card.training["config"])


def begin_from(trainer: Trainer, model: Path, discriminator: Path | None) -> None:
    """Give a new run the generators of an exported model and, if there is one, a discriminator that was kept.

    Raises `TerrainError` if a file can't be read or does not fit.
    """
    onnx_model, card = read_model(model)
    generator = weights_of(onnx_model)
    has_fine_relief = any(name.startswith(_FINE_RELIEF) for name in generator)  # else it begins as none at all
    names = (
        name for name, _ in trainer.generator.named_parameters() if has_fine_relief or not name.startswith(_FINE_RELIEF)
    )
    check_names(names, generator, f"{model} lacks {{}}: give `init` a model that this version's `export` wrote")
    kept: dict[str, Tensor] = {}
    if discriminator is not None:
        if not discriminator.exists():
            raise MissingFileError(f"no file {discriminator}: give one that `export --discriminator` wrote")
        kept, facts = checkpoint.load_checkpoint(discriminator)
        # Its heads may be lacking: it may have been trained without VGG-19.
        told = f"{discriminator} lacks {{}}: give `init_discriminator` what `export --discriminator` wrote"
        given = {name.removeprefix("scales.") for name in kept}
        check_names((name for name, _ in trainer.discriminator.scales.named_parameters()), given, told)
        _check_discriminator(discriminator, Config.from_json(facts["config"]), trainer.config)
    take_weights(trainer, generator, kept, {"name": card.name, **card.training})


def _check_discriminator(path: Path, trained: Config, wanted: Config) -> None:
    """Raise a `ModelError` if a discriminator of the configuration `trained` does not fit one of `wanted`.

    The shapes of its weights don't say: a style's maps would be taken for those of a second texture.
    """
    for name in _DISCRIMINATOR:
        was, now = getattr(trained, name), getattr(wanted, name)
        if was != now and not (name == "satellite" and now):  # one of one texture grows
            raise ModelError(
                f"{path} was trained with `{name}` {was}, and the run has {now}: give `init_discriminator` the one "
                "that was kept with the model, or leave it out"
            )


def check_names(names: Iterable[str], weights: Collection[str], complaint: str) -> None:
    """Raise a `ModelError`, `complaint` with the name in it, if one of the `names` is not among those of `weights`."""
    for name in names:
        if name not in weights:
            raise ModelError(complaint.format(name))


def weights_of(model: Any) -> dict[str, Tensor]:
    """The weights of an `onnx.ModelProto` that `export` wrote, by the names of the network's parameters."""
    return {
        weight.name.removesuffix(HALF): torch.from_numpy(numpy_helper.to_array(weight).copy())
        for weight in model.graph.initializer
    }


def read_model(path: Path) -> tuple[Any, Card]:
    """An exported model, an `onnx.ModelProto`, and its card. Raises `TerrainError` if it is none."""
    try:
        with as_file(files("spade_terrain") / "models" / "default.onnx") as default:
            model = onnx.load(default if path == DEFAULT else path)
        properties = {p.key: p.value for p in model.metadata_props}
        return model, Card.from_json(properties[METADATA_KEY])
    except OSError as e:
        raise MissingFileError(f"no model at {path}: give a file that `export` wrote, or `{DEFAULT}`") from e
    except (DecodeError, KeyError) as e:
        raise ModelError(f"{path} is no model that `export` wrote: give one, or `{DEFAULT}`") from e
