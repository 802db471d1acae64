"""The walk from crop to crop: each map is generated again, and both grounds are measured and let go."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.api import generate
from spade_terrain.evaluation.crops import Ground
from spade_terrain.evaluation.measure import Instruments, Measures
from spade_terrain.evaluation.pictures import Row, row
from spade_terrain.evaluation.shadow import shadow_leak
from spade_terrain.evaluation.variety import difference
from spade_terrain.generation.model import Model
from spade_terrain.palette import NAMES
from spade_terrain.terrain import Terrain

PICTURES = 8
"""Crops shown, each of another patch."""

VARIETY_CROPS = 100
"""Crops that are made with a second seed."""

_OTHER_SEEDS = 1 << 31  # past any crop's


class Walk:
    """What the walk keeps.

    Attributes:
        made: measures of each generated crop.
        real: measures of each real one.
        texture_leaks: shadow leak of each generated texture.
        between_seeds: difference of two seeds of each of the first maps.
        to_real: difference of the first seed and the real ground of the same maps.
        rows: pictures of the first crops.

    """

    def __init__(self, model: Model, instruments: Instruments, seed: int) -> None:
        self.model, self.instruments, self.seed = model, instruments, seed
        self.made: list[Measures] = []
        self.real: list[Measures] = []
        self.texture_leaks: list[list[float]] = []
        self.between_seeds: list[NDArray[np.float64]] = []
        self.to_real: list[NDArray[np.float64]] = []
        self.rows: list[Row] = []
        self._shown: set[int] = set()

    def visit(self, number: int, patch: int, real: Ground) -> None:
        """Make the map of crop `number`, which lies in `patch`, again and measure both grounds."""
        terrain = self._generate(real, number)
        made = _ground(terrain)
        self.made.append(self.instruments.measure(made))
        self.real.append(self.instruments.measure(real))
        gsd = self.instruments.gsd
        self.texture_leaks.append(shadow_leak(terrain.texture, terrain.height, terrain.labels, gsd))
        if number < VARIETY_CROPS:
            other = _ground(self._generate(real, number + _OTHER_SEEDS))
            self.between_seeds.append(difference(made, other))
            self.to_real.append(difference(made, real))
        if len(self._shown) < PICTURES and patch not in self._shown:
            self._shown.add(patch)
            self.rows.append(row(f"crop {number}: {_description(real)}", terrain, real))

    def _generate(self, real: Ground, number: int) -> Terrain:
        return generate(real.labels, seed=(self.seed << 32) + number, model=self.model)


def _ground(terrain: Terrain) -> Ground:
    return Ground(terrain.shaded, terrain.height, terrain.labels)


def _description(ground: Ground) -> str:
    counts = np.bincount(ground.labels.ravel(), minlength=len(NAMES))
    return ", ".join(NAMES[c] for c in counts.argsort()[::-1][:3] if counts[c])
