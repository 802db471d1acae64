"""What the ground of each class is like: how much water runs off it, and how it wears.

Between classes it changes over two pixels of the map; hard and soft rock, by a noise of the place, differ within each.
"""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field, Rows, enlarge, smooth_noise, smooth_over
from spade_terrain.drainage.land.erosion import AREA_EXPONENT
from spade_terrain.palette import NAMES, WATER, Labels

#                 water grass forest hills desert mountains tundra
RUNOFF = np.array([0.4, 0.25, 0.60, 0.50, 0.02, 0.80, 0.30], np.float32)
"""Metres of water a year that run off."""
_ERODIBILITY = np.array([1.0, 1.0, 1.2, 0.9, 0.8, 0.6, 0.8], np.float32)
_CREEP = np.array([0, 0.10, 0.12, 0.15, 0.04, 0.02, 0.17], np.float32)
_STEEPEST = np.array([0.3, 0.30, 0.40, 0.40, 0.50, 0.65, 0.40], np.float32)
_ROUGHNESS = np.array([0, 2.0, 2.5, 4.0, 1.5, 3.0, 3.0], np.float32)

_CUT = 0.5  # what a step of time takes off a slope where a square of 4 km² gathers a metre of run-off, as its share
_CUT_AREA, _CUT_LENGTH = 4e6, 2000.0
_CREEP_SPACING = 500.0  # pixels that are larger creep less
_STEEP_SPACING = 500.0  # over larger pixels slopes are less, by the fourth root
_ROCK = ((8, 0.6), (2, 0.4))  # wavelengths in pixels of the map, and by how much log erodibility differs


class Ground:
    """The ground on one grid. Its methods give some rows of what there is on it, each float32 `(h, W)`."""

    def __init__(self, labels: Labels, scale: int, spacing: float, seed: int) -> None:
        """Of a map's labels, on a grid `scale` times as fine, of `spacing` metres a pixel."""
        self._shape = labels.shape[0] * scale, labels.shape[1] * scale
        self._labels, self._land = labels, labels != WATER
        self._scale, self._spacing, self._seed = scale, spacing, seed
        by_class = (RUNOFF, _ERODIBILITY, _CREEP, _STEEPEST, _ROUGHNESS)
        self._runoff, self._erodibility, self._creep, self._steepest, self._roughness = map(self._smoothed, by_class)

    def runoff(self, rows: Rows) -> Field:
        """Metres a year."""
        return enlarge(self._runoff, self._scale, rows)

    def erodibility(self, rows: Rows) -> Field:
        """As `erode` takes it."""
        hardness = np.zeros((rows[1] - rows[0], self._shape[1]), np.float32)
        for salt, (wavelength, amount) in enumerate(_ROCK):
            pixels = wavelength * self._scale
            hardness += np.float32(amount) * smooth_noise(self._seed, salt, pixels, self._shape, rows)
        cut = _CUT * _CUT_LENGTH / _CUT_AREA**AREA_EXPONENT
        return enlarge(self._erodibility, self._scale, rows) * np.exp(hardness) * np.float32(cut)

    def creep(self, rows: Rows) -> Field:
        """As `creep` takes it."""
        return enlarge(self._creep, self._scale, rows) * np.float32(min(1.0, _CREEP_SPACING / self._spacing))

    def steepest(self, rows: Rows) -> Field:
        """As `erode` takes it."""
        return enlarge(self._steepest, self._scale, rows) * np.float32((_STEEP_SPACING / self._spacing) ** 0.25)

    def roughness(self, rows: Rows) -> Field:
        """Metres that the land may be uneven by, at random, from pixel to pixel."""
        return enlarge(self._roughness, self._scale, rows) * np.float32(self._spacing * 5e-4)

    def _smoothed(self, by_class: Field) -> Field:
        return smooth_over(by_class[self._labels], self._land, 1.0)


def is_dry(labels: Labels) -> NDArray[np.bool_]:
    """Where so little rain falls that lakes dry up before they find an outlet: bool `(H, W)`."""
    dry: NDArray[np.bool_] = labels == NAMES.index("desert")
    return dry
