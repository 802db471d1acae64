"""Generated terrain beside real terrain: the map of each crop is made again, and both terrains are measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.api import generate
from spade_terrain.card import BOTH
from spade_terrain.evaluation.crops import Crop, EvaluatedPatch, real_patch
from spade_terrain.evaluation.measures.patch import Measures, PatchMeasurer, stack
from spade_terrain.evaluation.measures.shadow import shadow_leak
from spade_terrain.evaluation.measures.variety import mean_absolute_difference
from spade_terrain.evaluation.pictures import PictureRow, picture_row
from spade_terrain.generation.model import Model, load_model
from spade_terrain.palette import NAMES, Labels
from spade_terrain.progress import track
from spade_terrain.terrain import Terrain
from spade_terrain.textures import ATLAS, SATELLITE
from spade_terrain.world.dataset.patches import Patches

PICTURES = 8
"""Crops shown, each of another patch."""

VARIETY_CROPS = 100
"""Crops that are generated with a second seed."""

_OTHER_SEEDS = 1 << 31  # past any crop's


@dataclass(frozen=True)
class MeasuredPairs:
    """What was measured of N crops, of the generated terrain and of the real one with the same map.

    Attributes:
        fake: measures of the generated crops, `(N, ...)` each.
        real: the same of the real crops.
        texture_leaks: shadow leak of the generated textures, `(N, 2)` each, by their names.
        between_seeds: difference of two seeds of each of the first maps, `(M, 2)`.
        to_real: difference of the first seed and the real terrain of the same maps, `(M, 2)`.
        pictures: of the first crops.

    """

    fake: Measures
    real: Measures
    texture_leaks: dict[str, NDArray[np.float64]]
    between_seeds: NDArray[np.float64]
    to_real: NDArray[np.float64]
    pictures: list[PictureRow]


def generate_and_measure(
    model: Model, patches: Patches, crops: Sequence[Crop], measurer: PatchMeasurer, seed: int, *, real_guide: bool
) -> MeasuredPairs:
    """Generate the map of each crop again, with noise of its own, and measure both terrains.

    One crop is held at a time; only its measures are kept. With `real_guide` the real heights are each crop's guide.
    """
    fakes, reals, between_seeds, to_real = [], [], [], []
    leaks: dict[str, list[list[float]]] = {name: [] for name in model.card.textures}
    pictures: dict[int, PictureRow] = {}  # by patch
    for number, crop in enumerate(track(crops, "crops")):
        real = real_patch(patches, crop)
        guide = real.height if real_guide else None
        terrain = generate_crop(model, real.labels, seed, number, guide)
        fake = lit(terrain)
        fakes.append(measurer.measure(fake))
        reals.append(measurer.measure(real))
        for name, picture in terrain.pictures.items():
            leaks[name].append(shadow_leak(picture.texture, terrain.height, terrain.labels, measurer.gsd))
        if number < VARIETY_CROPS:
            other = lit(generate_crop(model, real.labels, seed, number + _OTHER_SEEDS, guide))
            between_seeds.append(mean_absolute_difference(fake, other))
            to_real.append(mean_absolute_difference(fake, real))
        if len(pictures) < PICTURES and crop.patch not in pictures:
            pictures[crop.patch] = picture_row(f"crop {number}: {_largest_classes(real.labels)}", terrain, real)
    return MeasuredPairs(
        stack(fakes),
        stack(reals),
        {name: np.array(of_crops) for name, of_crops in leaks.items()},
        np.array(between_seeds),
        np.array(to_real),
        list(pictures.values()),
    )


def load_with_all_textures(path: Path) -> Model:
    """Open a model that makes all the textures it has. Raises as `load_model` does."""
    return with_all_textures(load_model(path))


def with_all_textures(model: Model) -> Model:
    """The same model, made to make all the textures it has."""
    return model.textured(BOTH) if len(model.card.textures) > 1 else model


def generate_crop(
    model: Model, labels: Labels, seed: int, number: int, guide: NDArray[np.float32] | None = None
) -> Terrain:
    """The terrain of the map of a crop, uint8 `(S, S)`, 0..6, with noise of its own; `guide` as `generate` takes it."""
    return generate(labels, seed=(seed << 32) + number, guide=guide, model=model)


def lit(terrain: Terrain) -> EvaluatedPatch:
    """The shaded terrain, which can be compared with a real one."""
    pictures = terrain.pictures
    satellite = pictures[SATELLITE].shaded if SATELLITE in pictures else None
    return EvaluatedPatch(pictures[ATLAS].shaded, terrain.height, terrain.labels, satellite)


def _largest_classes(labels: Labels) -> str:
    counts = np.bincount(labels.ravel(), minlength=len(NAMES))
    return ", ".join(NAMES[c] for c in counts.argsort()[::-1][:3] if counts[c])
