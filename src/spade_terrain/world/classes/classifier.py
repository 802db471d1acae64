"""Reading the class of each pixel: the classifier's ONNX file, applied to the features of a patch.

`classes.onnx` beside this file was learned from clusters that a person named: `classes.toml`, and the report of the
clusters in docs/training-set.md. `classifier` makes such a file anew.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from spade_terrain.errors import DataError, StorageError
from spade_terrain.palette import NAMES, Labels
from spade_terrain.world.classes.cells import CELL, FEATURES, Floats

MODEL_FILE = Path(__file__).with_name("classes.onnx")
INPUT, OUTPUT = "features", "label"
METADATA_KEY = "spade_terrain_classes"


@dataclass(frozen=True)
class Classifier:
    """The pixel classifier; `load_classifier` reads one.

    Attributes:
        facts: what its file says of how it was made.
        fingerprint: tells its file from any other.
        session: the onnxruntime session, which has no types.

    """

    facts: dict[str, Any]
    fingerprint: str
    session: Any

    def classify(self, features: Floats, shape: tuple[int, int]) -> Labels:
        """The land class of each pixel of a patch of `shape` `(H, W)`, uint8 `(H, W)`, 1..6.

        `features` are those of its cells, as `cell_features` gives them. Every pixel gets a land class; the sea, which
        is no class of the ground, lends it that of the land nearby.
        """
        rows, columns = features.shape[:2]
        (labels,) = self.session.run([OUTPUT], {INPUT: features.reshape(-1, len(FEATURES))})
        cells = labels.astype(np.uint8).reshape(rows, columns)
        pixels = cv2.resize(cells, (columns * CELL, rows * CELL), interpolation=cv2.INTER_NEAREST)
        return np.ascontiguousarray(pixels[: shape[0], : shape[1]]).astype(np.uint8)


@cache
def load_classifier(path: Path = MODEL_FILE) -> Classifier:
    """Read a classifier's file (the shipped one by default).

    Raises `StorageError` if it can't be read, `DataError` if it is no classifier of `spade-terrain world classifier`,
    or knows other features or classes than this version.
    """
    from spade_terrain.runtime.sessions import SESSION_ERRORS, open_session

    try:
        data = path.read_bytes()
    except OSError as e:
        raise StorageError(f"{path} can't be read ({e.strerror}); `spade-terrain world classifier` writes one") from e
    try:
        session = open_session(data, "cpu", threads=1)  # patches are made by several processes
        facts = json.loads(session.get_modelmeta().custom_metadata_map.get(METADATA_KEY, ""))
    except SESSION_ERRORS as e:
        raise DataError(f"{path} is no classifier; `spade-terrain world classifier` writes one") from e
    if facts["features"] != list(FEATURES) or facts["classes"] != list(NAMES):
        raise DataError(f"{path} reads other features or classes than this version; make it anew")
    return Classifier(facts, hashlib.sha256(data).hexdigest()[:12], session)
