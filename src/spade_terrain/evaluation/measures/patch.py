"""All measures of one piece of terrain, and stacking them for many."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.evaluation.measures.coast import box_counts, land_kept
from spade_terrain.evaluation.measures.distributions import TOP_HEIGHT_M, TOP_SLOPE, class_histograms, slopes
from spade_terrain.evaluation.measures.drainage import drainage
from spade_terrain.evaluation.measures.features import FeatureExtractor
from spade_terrain.evaluation.measures.guide import cell_means
from spade_terrain.evaluation.measures.label_agreement import LabelPredictor, confusion_matrix
from spade_terrain.evaluation.measures.shadow import shadow_leak
from spade_terrain.evaluation.measures.spectra import log_spectrum
from spade_terrain.palette import luminance

Measures: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class PatchMeasurer:
    """Measures pieces of terrain, all in the same way.

    Attributes:
        gsd: ground sample distance, metres a pixel.
        labels: predicts the class of each pixel.
        features: extracts VGG-19's features; None without its weights.

    """

    gsd: float
    labels: LabelPredictor
    features: FeatureExtractor | None

    def measure(self, patch: EvaluatedPatch) -> Measures:
        """Measure one piece of terrain; a few kilobytes, whatever its size.

        Returns:
            `terrain_spectrum` and `height_spectrum` (`log_spectrum`), `heights` and `slopes` (`class_histograms`),
            `shadow_leak` (of the terrain), `confusion` (`confusion_matrix`), `drainage`, `coast` (`box_counts`),
            `land_kept`, `cell_means` and, with weights, what `FeatureExtractor` extracts.

        """
        steepness = slopes(patch.height, self.gsd)
        measures: Measures = {
            "terrain_spectrum": log_spectrum(luminance(patch.terrain)),
            "height_spectrum": log_spectrum(patch.height),
            "heights": class_histograms(patch.height, patch.labels, TOP_HEIGHT_M),
            "slopes": class_histograms(steepness, patch.labels, TOP_SLOPE),
            "shadow_leak": np.array(shadow_leak(patch.terrain, patch.height, patch.labels, self.gsd)),
            "confusion": confusion_matrix(patch.labels, self.labels.predict(patch)),
            "drainage": drainage(patch.height, patch.labels),
            "coast": box_counts(patch.height > 0),
            "land_kept": land_kept(patch.height, patch.labels),
            "cell_means": cell_means(patch.height, patch.labels, self.gsd),
        }
        if self.features is not None:
            measures |= self.features.extract(patch)
        return measures


class MeasureRows:
    """The measures of `count` pieces of terrain as arrays `(count, ...)`, filled one after another.

    They are in memory that is taken once. Small arrays kept one by one would lie between the large ones that measuring
    takes and gives back, which the C library then can't take there again: 500 crops came to more than 10 GB.

    Attributes:
        measures: what was filled in, by name.

    """

    def __init__(self, count: int) -> None:
        self._count = count
        self.measures: Measures = {}

    def fill(self, number: int, measures: Measures) -> None:
        """Fill in the measures of one piece; all have the same names and shapes."""
        if not self.measures:
            self.measures = {name: np.empty((self._count, *m.shape), m.dtype) for name, m in measures.items()}
        for name, row in measures.items():
            self.measures[name][number] = row
