"""The pixel classifier: learns the named clusters, is scored on places it has not seen, and is written as ONNX."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.palette import NAMES, Labels
from spade_terrain.terrain import GSD
from spade_terrain.world.classes.cells import CELL, FEATURES
from spade_terrain.world.classes.classifier import INPUT, METADATA_KEY
from spade_terrain.world.classes.land_sample import Sample
from spade_terrain.world.places import SPLITS, split_of

_HIDDEN = (64, 64)
_OPSET = 17


@dataclass(frozen=True)
class Score:
    """How the classifier reads places it has not seen.

    Attributes:
        accuracy: share of the held-out cells read as their class, 0..1.
        held_out: how many cells were held out.
        confusion: int64 `(7, 7)`, held-out cells by their class (rows) and the class read (columns).

    """

    accuracy: float
    held_out: int
    confusion: NDArray[np.int64]

    @property
    def by_class(self) -> dict[str, float]:
        """The share of each class's held-out cells read as that class."""
        counts = self.confusion.sum(1)
        return {n: float(self.confusion[i, i] / counts[i]) for i, n in enumerate(NAMES) if counts[i]}


def train(sample: Sample, labels: Labels, seed: int) -> tuple[Any, Score]:
    """Train a classifier on the cells of training places and score it on those of all others.

    A network of two hidden layers on standardised features. Returns the fitted scikit-learn pipeline and its score.
    Raises `DataError` if all sampled places are of one side.
    """
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    seen = (split_of(sample.lat, sample.lon) == SPLITS.index("train"))[sample.place]
    if seen.all() or not seen.any():
        raise DataError("the sample has no places to hold out: the rasters lie in one cell of the split")
    network = MLPClassifier(_HIDDEN, max_iter=200, early_stopping=True, random_state=seed)
    pipeline = make_pipeline(StandardScaler(), network).fit(sample.features[seen], labels[seen])
    truth, read = labels[~seen], pipeline.predict(sample.features[~seen])
    flat = np.bincount(truth.astype(np.int64) * len(NAMES) + read, minlength=len(NAMES) ** 2)
    confusion = flat.reshape(len(NAMES), len(NAMES)).astype(np.int64)
    return pipeline, Score(float((truth == read).mean()), len(truth), confusion)


def to_onnx(pipeline: Any, facts: Mapping[str, Any]) -> bytes:
    """The ONNX file of a trained pipeline: features `(N, F)` in, labels `(N,)` out; `facts` join its metadata."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    model = convert_sklearn(
        pipeline,
        initial_types=[(INPUT, FloatTensorType([None, len(FEATURES)]))],
        options={id(pipeline[-1]): {"zipmap": False}},
        target_opset=_OPSET,
    )
    metadata = {"features": list(FEATURES), "classes": list(NAMES), "gsd": GSD, "cell": CELL, **facts}
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(metadata)
    data: bytes = model.SerializeToString()
    return data
