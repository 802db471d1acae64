"""Variety: how far two seeds of one map are apart."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import Ground
from spade_terrain.evaluation.floor import Figures, figure
from spade_terrain.palette import WATER

Floats = NDArray[np.float64]


def difference(a: Ground, b: Ground) -> Floats:
    """Mean absolute difference on land of two grounds of one map, float64 `(2,)`: terrain (0..255), height (metres)."""
    land = a.labels != WATER
    colours = np.abs(a.terrain[land].astype(np.float64) - b.terrain[land]).mean()
    return np.array([colours, np.abs(a.height[land] - b.height[land]).mean(dtype=np.float64)])


def variety(between_seeds: list[Floats], to_real: list[Floats]) -> dict[str, Figures]:
    """Sum up differences of two seeds, and of the first seed and the real ground, over the same maps.

    The `ratio` of the two is 0 if all seeds look alike; made ground that differs as much from seed to seed as it does
    from the real has 1.
    """
    seeds, real = np.mean(between_seeds, axis=0), np.mean(to_real, axis=0)
    return {
        name: {
            "between_seeds": figure(seeds[i]),
            "to_real": figure(real[i]),
            "ratio": figure(seeds[i] / real[i] if real[i] else np.nan),
        }
        for i, name in enumerate(("terrain", "height_m"))
    }
