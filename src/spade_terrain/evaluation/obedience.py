"""Obedience: what the pixel classifier of `world` reads in a terrain, beside what was painted."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import Ground
from spade_terrain.evaluation.floor import figure
from spade_terrain.palette import NAMES, WATER, Labels
from spade_terrain.world.classes.cells import cell_features
from spade_terrain.world.classes.classifier import MODEL_FILE, load_classifier
from spade_terrain.world.dataset.patches import Patches
from spade_terrain.world.water import sea_mask

Counts = NDArray[np.int64]

_THINNING = 8  # pixels between those that the sea's colour is taken from


class ClassReader:
    """Reads the class of each pixel from terrain and height, as it was read for the real patches' maps.

    Args:
        patches: real patches, which show what colour the sea is.
        gsd: ground sample distance, metres a pixel.
        classes: a pixel classifier's file, or None for the one shipped.

    Raises:
        TerrainError: the file is no classifier.

    """

    def __init__(self, patches: Patches, gsd: float, classes: Path | None) -> None:
        self.classifier = load_classifier(classes or MODEL_FILE)
        self.gsd = gsd
        self.sea_rgb = _sea_colour(patches)

    def confusion(self, ground: Ground) -> Counts:
        """Count pixels by what was painted (rows) and what is read (columns), int64 `(7, 7)`."""
        flat = ground.labels.astype(np.int64) * len(NAMES) + self._read(ground)
        return np.bincount(flat.ravel(), minlength=len(NAMES) ** 2).reshape(len(NAMES), -1)

    def _read(self, ground: Ground) -> Labels:
        if self.sea_rgb is None:
            sea = np.zeros(ground.height.shape, bool)
        else:
            sea = sea_mask(ground.terrain, ground.height, self.sea_rgb)
        features = cell_features(ground.terrain, ground.height, sea, self.gsd)
        land = self.classifier.classify(features, ground.labels.shape)
        return np.where(sea, np.uint8(WATER), land).astype(np.uint8)


def agreement(confusion: Counts) -> dict[str, float | None]:
    """What share of the pixels painted in each class is read as that class, 0..1; None where none was painted.

    `land` is that of all land. Painted land that is read as sea counts in `drowned`, a share of all painted land, and
    nowhere else: maps are painted so that the strip of sea along a coast has the label of the land beside it.
    """
    land = np.delete(np.arange(len(NAMES)), WATER)
    dry = confusion[land][:, land]
    shares = {
        "land": _share(np.trace(dry), dry.sum()),
        "drowned": _share(confusion[land, WATER].sum(), confusion[land].sum()),
        NAMES[WATER]: _share(confusion[WATER, WATER], confusion[WATER].sum()),
    }
    return shares | {NAMES[c]: _share(confusion[c, c], confusion[c, land].sum()) for c in land}


def _share(part: int, whole: int) -> float | None:
    return figure(part / whole) if whole else None


def _sea_colour(patches: Patches) -> tuple[int, int, int] | None:
    """The commonest colour of painted water, which is one flat blue in real patches; None if there is no water."""
    thin = np.s_[:, ::_THINNING, ::_THINNING]
    colours, counts = np.unique(patches.terrain[thin][patches.labels[thin] == WATER], axis=0, return_counts=True)
    if not len(counts):
        return None
    red, green, blue = (int(v) for v in colours[counts.argmax()])
    return red, green, blue
