"""The run: from painted maps to what a model keeps of their land, by itself and with the whole generator."""

from collections.abc import Callable
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spade_terrain.api import generate
from spade_terrain.evaluation.options import PaintedOptions
from spade_terrain.evaluation.painted.land import LandKept, land_kept
from spade_terrain.evaluation.painted.random_maps import random_map
from spade_terrain.evaluation.report_format import FORMAT
from spade_terrain.generation.model import Model, load_model
from spade_terrain.maps.read import open_map
from spade_terrain.palette import Labels
from spade_terrain.progress import track
from spade_terrain.window import Window

ALL, RANDOM = "all of them", "random maps"

_TILE = 512  # pixels a side of what the network makes at once, less its halo

Counts: TypeAlias = dict[str, list[LandKept]]
Made: TypeAlias = Callable[[Model, Labels, int], NDArray[np.bool_]]


def evaluate_maps(model_path: Path, options: PaintedOptions) -> dict[str, Any]:
    """Measure what a model keeps of painted land; returns the figures, ready for JSON.

    Each map is made twice: by the `network` alone, and by the whole `generator`, which gives back what would break
    land apart. The same model, maps and options give the same figures.

    Raises `TerrainError` if the model, a map or an option can't be used.
    """
    model = load_model(model_path)
    figures: dict[str, Any] = {
        "format": FORMAT,
        "model": model.card.name,
        "seed": options.seed,
        "random": options.random,
        "maps": {},
    }
    counts: Counts = {name: [] for name in MAKERS}
    for path in track(options.maps, "maps"):
        labels = open_map(path).in_memory()
        found = {name: land_kept(labels, made(model, labels, options.seed)) for name, made in MAKERS.items()}
        figures["maps"][path.name] = {name: kept.figures() for name, kept in found.items()}
        for name, kept in found.items():
            counts[name].append(kept)
    return figures | {ALL: _sum(counts), RANDOM: _sum(_random_counts(model, options))}


def _random_counts(model: Model, options: PaintedOptions) -> Counts:
    counts: Counts = {name: [] for name in MAKERS}
    for number in track(range(options.random), "random maps"):
        seed = (options.seed << 32) + number
        labels = random_map(seed)
        for name, made in MAKERS.items():
            counts[name].append(land_kept(labels, made(model, labels, seed)))
    return counts


def _sum(counts: Counts) -> dict[str, Any]:
    """The figures of all maps together; none if there are none."""
    return {name: reduce(add, kept).figures() for name, kept in counts.items() if kept}


def network_land(model: Model, labels: Labels, seed: int) -> NDArray[np.bool_]:
    """What of a map, uint8 `(H, W)`, the network alone puts above the sea, bool `(H, W)`.

    It is made in tiles with the network's halo around them, as if all were made at once.
    """
    card = model.card
    whole = Window(0, 0, labels.shape[1], labels.shape[0])
    padded = whole.whole(card.stride)
    ground = np.pad(labels, ((0, padded.y1 - whole.y1), (0, padded.x1 - whole.x1)), mode="edge")
    above = np.empty(ground.shape, bool)
    for tile in padded.tiles(_TILE):
        outer = tile.grown(card.whole_strides(card.halo), padded)
        made = model.run(ground[outer.place(padded)], seed, outer.x0, outer.y0)
        above[tile.place(padded)] = made.height[tile.place(outer)] > 0
    return above[whole.place(padded)]


def generated_land(model: Model, labels: Labels, seed: int) -> NDArray[np.bool_]:
    """What of a map, uint8 `(H, W)`, the whole generator puts above the sea, bool `(H, W)`."""
    return generate(labels, seed=seed, model=model).height > 0


MAKERS: dict[str, Made] = {"network": network_land, "generator": generated_land}
