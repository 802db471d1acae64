"""A painted map to a `Terrain`. Needs numpy, onnxruntime and Pillow, never torch."""

import operator
import os

import numpy as np

from spade_terrain.errors import TerrainError
from spade_terrain.generation.maps import Map, to_labels
from spade_terrain.generation.model import Model, load_model
from spade_terrain.terrain import Terrain

__all__ = ["Model", "generate", "load_model"]


def generate(map: Map, *, seed: int = 0, model: Model | str | os.PathLike[str] | None = None) -> Terrain:  # noqa: A002
    """Make the terrain of a painted map. The same map, seed and model give the same terrain, byte for byte.

    The whole map is made at once, in memory: some 2 GB for every million pixels. Maps of more than 2048 x 2048 pixels
    are refused.

    Args:
        map: the path of an image painted in the palette's colours, such an image as an array (uint8 RGB
            `(H, W, 3)`), or labels (uint8 `(H, W)`, 0..6). Sides are at least 64 pixels, 2 km each.
        seed: another seed, another terrain; -2^63 .. 2^64 - 1, where n and n + 2^64 are the same.
        model: what `load_model` returned, or an exported model's path; by default the model of the package.

    Raises:
        TerrainError: the map, the seed or the model is not fit for use; the text says what to do.

    """
    seed = _check_seed(seed)
    labels = to_labels(map)
    if not isinstance(model, Model):
        model = load_model(model)
    height, width = labels.shape
    whole_strides = [(0, -side % model.card.stride) for side in labels.shape]
    texture, metres, shaded = model.run(np.pad(labels, whole_strides, mode="edge"), seed)
    inside = np.s_[:height, :width]
    return Terrain(
        texture=texture[inside].copy(),
        height=metres[inside].copy(),
        shaded=shaded[inside].copy(),
        labels=labels,
        seed=seed,
        model=model.card.name,
        gsd=model.card.gsd,
    )


def _check_seed(seed: int) -> int:
    try:
        number = operator.index(seed)
    except TypeError as e:
        raise TerrainError(f"the seed is {seed!r}; use a whole number") from e
    if not -(2**63) <= number < 2**64:
        raise TerrainError(f"the seed {number} has more than 64 bits; use one from -2^63 to 2^64 - 1")
    return number
