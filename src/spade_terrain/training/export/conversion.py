"""A model file of an earlier version to one of this version."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spade_terrain.card import Card
from spade_terrain.training.export.onnx_check import check_outputs
from spade_terrain.training.export.onnx_file import write_model
from spade_terrain.training.export.weights import check_names, read_model, weights_config, weights_of
from spade_terrain.training.networks import generator_for


def convert(old: Path, new: Path, *, name: str | None = None, metrics: Mapping[str, Any] | None = None) -> Card:
    """Write the model of the file `old` to `new` as `write_model` does, with the same weights.

    Its card says the same of its training; `name` and `metrics` too, unless they are given.

    Raises `TerrainError` if `old` can't be read, is no exported model, or this version's networks make something else
    of its weights, or if `new` can't be written; then nothing is.
    """
    model, card = read_model(old)
    weights = weights_of(model)
    config = weights_config(old)
    generator = generator_for(config)
    names = generator.state_dict().keys()
    check_names(
        names, weights, f"{old} lacks {{}}: it is of other networks than this version's, and can't be converted"
    )
    generator.load_state_dict({n: weights[n] for n in names})
    generator.eval()
    check_outputs(generator, card, model)
    return write_model(
        generator,
        new,
        name=card.name if name is None else name,
        textures=config.textures,
        training=card.training,
        metrics=card.metrics if metrics is None else metrics,
    )
