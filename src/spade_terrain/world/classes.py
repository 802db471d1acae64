"""From features to classes: relief decides mountains and hills; the ground's colour decides the rest.

The colours come as k-means clusters of the land's smoothed colours. `classes.json` beside this file holds the cluster
centres and the class a person gave to each after looking at pictures of it, and the relief thresholds; `fitting` makes
such a file anew.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import NAMES, Labels
from spade_terrain.world.features import Features

MODEL_FILE = Path(__file__).with_name("classes.json")


@dataclass(frozen=True)
class ClassModel:
    """The reviewed classes.

    Attributes:
        hills_m: local relief (metres) from which ground is hills.
        mountains_m: local relief (metres) from which ground is mountains.
        centres: cluster centres in Lab, float32 `(K, 3)`.
        labels: the palette label of each cluster, uint8 `(K,)`.

    """

    hills_m: float
    mountains_m: float
    centres: NDArray[np.float32]
    labels: NDArray[np.uint8]


@cache
def class_model(path: Path = MODEL_FILE) -> ClassModel:
    """Read the reviewed classes (the shipped ones by default)."""
    fields = json.loads(path.read_text())
    clusters = fields["clusters"]
    return ClassModel(
        fields["relief_m"]["hills"],
        fields["relief_m"]["mountains"],
        np.array([c["lab"] for c in clusters], np.float32),
        np.array([NAMES.index(c["class"]) for c in clusters], np.uint8),
    )


def classify(features: Features, model: ClassModel) -> Labels:
    """The land class of each pixel, uint8 `(H, W)`; on the sea it is that of the nearby land's colour and relief."""
    labels = model.labels[nearest_centre(features.lab, model.centres)]
    labels[features.relief >= model.hills_m] = NAMES.index("hills")
    labels[features.relief >= model.mountains_m] = NAMES.index("mountains")
    return labels


def nearest_centre(lab: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.intp]:
    """The index of the nearest of `centres` `(K, 3)` for each colour of `lab` `(..., 3)`, as intp `(...)`."""
    # |a - b|^2 less |a|^2, which is the same for every centre; the full difference would take K times the memory.
    score = lab @ (-2 * centres.T) + np.square(centres).sum(1)
    nearest: NDArray[np.intp] = score.argmin(-1)
    return nearest
