"""What is measured of one piece of ground, and stacking it for all."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import Ground
from spade_terrain.evaluation.distributions import TOP_HEIGHT_M, TOP_SLOPE, class_histograms, slopes
from spade_terrain.evaluation.obedience import ClassReader
from spade_terrain.evaluation.realism import FeatureReader
from spade_terrain.evaluation.shadow import shadow_leak
from spade_terrain.evaluation.spectra import log_spectrum
from spade_terrain.palette import luminance

Measures: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Instruments:
    """All that measuring takes.

    Attributes:
        gsd: ground sample distance, metres a pixel.
        classes: reads the class of each pixel.
        features: reads VGG-19's features; None without its weights.

    """

    gsd: float
    classes: ClassReader
    features: FeatureReader | None

    def measure(self, ground: Ground) -> Measures:
        """Measure one piece of ground; a few kilobytes, whatever its size.

        Returns:
            `terrain_spectrum` and `height_spectrum` (`log_spectrum`), `heights` and `slopes` (`class_histograms`),
            `leak` (`shadow_leak` of the terrain), `confusion` (`ClassReader`) and, with weights, what `FeatureReader`
            reads.

        """
        steepness = slopes(ground.height, self.gsd)
        measures: Measures = {
            "terrain_spectrum": log_spectrum(luminance(ground.terrain)),
            "height_spectrum": log_spectrum(ground.height),
            "heights": class_histograms(ground.height, ground.labels, TOP_HEIGHT_M),
            "slopes": class_histograms(steepness, ground.labels, TOP_SLOPE),
            "leak": np.array(shadow_leak(ground.terrain, ground.height, ground.labels, self.gsd)),
            "confusion": self.classes.confusion(ground),
        }
        if self.features is not None:
            measures |= self.features.read(ground)
        return measures


def stack(measures: list[Measures]) -> Measures:
    """The measures of N pieces of ground as arrays `(N, ...)`."""
    return {name: np.stack([m[name] for m in measures]) for name in measures[0]}
