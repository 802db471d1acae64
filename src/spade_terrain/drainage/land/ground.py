"""What the ground of each class is like: how much water runs off it, and how it wears.

Between classes it changes over two pixels of the map; hard and soft rock, by a noise of the place, differ within each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field, enlarge, smooth_noise, smooth_over
from spade_terrain.drainage.land.erosion import AREA_EXPONENT
from spade_terrain.palette import NAMES, WATER, Labels

#                 water grass forest hills desert mountains tundra
RUNOFF = np.array([0.4, 0.25, 0.60, 0.50, 0.02, 0.80, 0.30], np.float32)
"""Metres of water a year that run off."""
_ERODIBILITY = np.array([1.0, 1.0, 1.2, 0.9, 0.8, 0.6, 0.8], np.float32)
_CREEP = np.array([0, 0.10, 0.12, 0.15, 0.04, 0.02, 0.17], np.float32)
_STEEPEST = np.array([0.3, 0.30, 0.40, 0.40, 0.50, 0.65, 0.40], np.float32)
_ROUGHNESS = np.array([0, 2.0, 2.5, 4.0, 1.5, 3.0, 3.0], np.float32)

_CUT = 0.35  # what a step of time takes off a slope where a square of 4 km² gathers a metre of run-off, as its share
_CUT_AREA, _CUT_LENGTH = 4e6, 2000.0
_CREEP_SPACING = 500.0  # pixels that are larger creep less
_STEEP_SPACING = 500.0  # over larger pixels slopes are less, by the fourth root
_ROCK = ((8, 0.6), (2, 0.4))  # wavelengths in pixels of the map, and by how much log erodibility differs


class Ground(NamedTuple):
    """The ground on one grid, each float32 `(H, W)`.

    Attributes:
        runoff: metres a year.
        erodibility: as `erode` takes it.
        creep: as `creep` takes it.
        steepest: as `erode` takes it.
        roughness: metres that the land may be uneven by, at random, from pixel to pixel.

    """

    runoff: Field
    erodibility: Field
    creep: Field
    steepest: Field
    roughness: Field


def ground(labels: Labels, scale: int, spacing: float, seed: int) -> Ground:
    """Tell what the ground is like on a grid `scale` times as fine as the map, of `spacing` metres a pixel."""
    land = labels != WATER
    shape = (labels.shape[0] * scale, labels.shape[1] * scale)

    def field(by_class: Field) -> Field:
        return enlarge(smooth_over(by_class[labels], land, 1.0), scale)

    hardness = np.zeros(shape, np.float32)
    for salt, (wavelength, amount) in enumerate(_ROCK):
        hardness += np.float32(amount) * smooth_noise(seed, salt, wavelength * scale, shape)
    cut = _CUT * _CUT_LENGTH / _CUT_AREA**AREA_EXPONENT
    return Ground(
        field(RUNOFF),
        field(_ERODIBILITY) * np.exp(hardness) * np.float32(cut),
        field(_CREEP) * np.float32(min(1.0, _CREEP_SPACING / spacing)),
        field(_STEEPEST) * np.float32((_STEEP_SPACING / spacing) ** 0.25),
        field(_ROUGHNESS) * np.float32(spacing * 5e-4),
    )


def is_dry(labels: Labels) -> NDArray[np.bool_]:
    """Where so little rain falls that lakes dry up before they find an outlet: bool `(H, W)`."""
    dry: NDArray[np.bool_] = labels == NAMES.index("desert")
    return dry
