"""Variety: how far two seeds of one map are apart."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.palette import WATER

Floats = NDArray[np.float64]


def mean_absolute_difference(a: EvaluatedPatch, b: EvaluatedPatch) -> tuple[float, float]:
    """Mean absolute difference on land of two terrains of one map: of colours (0..255), of heights (metres)."""
    land = a.labels != WATER
    colours = np.abs(a.terrain[land].astype(np.float64) - b.terrain[land]).mean()
    return float(colours), float(np.abs(a.height[land] - b.height[land]).mean(dtype=np.float64))


def variety(between_seeds: Floats, to_real: Floats) -> dict[str, FigureRow]:
    """Sum up differences `(N, 2)` of two seeds, and of the first seed and the real terrain, over the same N maps.

    The `ratio` of the two is 0 if all seeds look alike; fake terrain that differs as much from seed to seed as it does
    from the real has 1.
    """
    seeds, real = between_seeds.mean(0), to_real.mean(0)
    return {
        name: {
            "between_seeds": rounded(seeds[i]),
            "to_real": rounded(real[i]),
            "ratio": rounded(seeds[i] / real[i] if real[i] else np.nan),
        }
        for i, name in enumerate(("terrain", "height_m"))
    }
