"""Label agreement: whether the pixel classifier of `world` reads in a terrain the classes that were painted."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.palette import NAMES, WATER, Labels
from spade_terrain.world.classes.cells import cell_features
from spade_terrain.world.classes.classifier import MODEL_FILE, load_classifier
from spade_terrain.world.dataset.patches import Patches
from spade_terrain.world.water import sea_mask

Counts = NDArray[np.int64]

_THINNING = 8  # pixels between those that the sea's colour is taken from


class LabelPredictor:
    """Predicts the class of each pixel from terrain and height, as it was done for the real patches' maps.

    Args:
        patches: real patches, which show what colour the sea is.
        gsd: ground sample distance, metres a pixel.
        classifier: a pixel classifier's file, or None for the one shipped.

    Raises:
        TerrainError: the file is no classifier.

    """

    def __init__(self, patches: Patches, gsd: float, classifier: Path | None) -> None:
        self.classifier = load_classifier(classifier or MODEL_FILE)
        self.gsd = gsd
        self.sea_rgb = _sea_colour(patches)

    def predict(self, patch: EvaluatedPatch) -> Labels:
        """The predicted label of each pixel, uint8 `(S, S)`."""
        if self.sea_rgb is None:
            sea = np.zeros(patch.height.shape, bool)
        else:
            sea = sea_mask(patch.terrain, patch.height, self.sea_rgb)
        features = cell_features(patch.terrain, patch.height, sea, self.gsd)
        land = self.classifier.classify(features, patch.labels.shape)
        return np.where(sea, np.uint8(WATER), land).astype(np.uint8)


def confusion_matrix(painted: Labels, predicted: Labels) -> Counts:
    """Count pixels by their painted (rows) and their predicted label (columns), int64 `(7, 7)`."""
    flat = painted.astype(np.int64) * len(NAMES) + predicted
    return np.bincount(flat.ravel(), minlength=len(NAMES) ** 2).reshape(len(NAMES), -1)


def label_agreement(confusion: Counts) -> FigureRow:
    """What share of the pixels painted in each class is predicted as that class, 0..1; None where none was painted.

    `land` is that of all land. Painted land that is predicted to be water counts in `land_as_water`, a share of all
    painted land, and nowhere else: maps are painted so that the strip of sea along a coast has the label of the land
    beside it.
    """
    land = np.delete(np.arange(len(NAMES)), WATER)
    land_only = confusion[land][:, land]
    shares = {
        "land": _share(np.trace(land_only), land_only.sum()),
        "land_as_water": _share(confusion[land, WATER].sum(), confusion[land].sum()),
        NAMES[WATER]: _share(confusion[WATER, WATER], confusion[WATER].sum()),
    }
    return shares | {NAMES[c]: _share(confusion[c, c], confusion[c, land].sum()) for c in land}


def _share(part: int, whole: int) -> float | None:
    return rounded(part / whole) if whole else None


def _sea_colour(patches: Patches) -> tuple[int, int, int] | None:
    """The commonest colour of painted water, which is one flat blue in real patches; None if there is no water."""
    thin = np.s_[:, ::_THINNING, ::_THINNING]
    colours, counts = np.unique(patches.terrain[thin][patches.labels[thin] == WATER], axis=0, return_counts=True)
    if not len(counts):
        return None
    red, green, blue = (int(v) for v in colours[counts.argmax()])
    return red, green, blue
