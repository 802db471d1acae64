"""Rough heights for two of the maps, as somebody would draw them: 64 x 64 pixels, metres, NaN where nothing is said."""

import math
from random import Random

import numpy as np
from numpy.typing import NDArray

Metres = NDArray[np.float32]

SIDE = 64

_y, _x = np.mgrid[:SIDE, :SIDE]


def ramp() -> Metres:
    """From the sea in the west to a plateau of 3,000 m in the east."""
    metres: Metres = np.float32(3000) * _x.astype(np.float32) / np.float32(SIDE - 1)
    return metres


def caldera() -> Metres:
    """A ring of dabs, 2,800 m high, around a floor of 900 m; what lies outside of it is left open."""
    hand = Random(5)
    metres = np.full((SIDE, SIDE), np.nan, np.float32)
    metres[_dab(32, 32, 13)] = 900
    turn = 0.0
    while turn < 2 * math.pi:
        radius = 17 + hand.uniform(-1.5, 1.5)
        rim = _dab(32 + radius * math.cos(turn), 32 + radius * math.sin(turn), 4.5)
        metres[rim] = 2800 + hand.uniform(-300, 300)
        turn += hand.uniform(0.15, 0.3)
    return metres


def _dab(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.hypot(_x - x, _y - y) < radius
    return inside
