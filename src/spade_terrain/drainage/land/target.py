"""Uplift that holds the network's land: what rivers take away rises again, wherever the land at 20 km has sunk."""

import numpy as np

from spade_terrain.drainage.fields.resampling import Field, enlarge, shrink, smooth_over
from spade_terrain.drainage.waters import Mask

_SIGMA = 2.0  # pixels of the map over which land is held; finer, it is the water's
_PROPORTIONAL = 0.25  # of what is missing, in one step
_INTEGRAL = 0.08  # and in every later one
_ENVELOPE = 2  # pixels around, whose highest says how high summits may be
_WEATHERING = 0.3  # of what stands out above that, in one step


class Target:
    """Holds land at its heights, by a proportional-integral control of how fast it rises.

    Attributes:
        uplift: metres a step, float32 `(H, W)`, what has been learnt so far.

    """

    def __init__(self, heights: Field, land: Mask) -> None:
        """Begin with heights on the map's grid, float32 `(H, W)`, metres, and where they matter, bool `(H, W)`."""
        self._heights, self._land = heights, land
        self._summits = smooth_over(_highest_around(heights, _ENVELOPE), land, 1.0)
        self.uplift = np.zeros_like(heights)

    def summits(self, scale: int) -> Field:
        """How high land may stand, on a grid `scale` times as fine: float32 `(scale H, scale W)`."""
        return enlarge(self._summits, scale)

    def missing(self, heights: Field, scale: int) -> Field:
        """What land, smoothed over 20 km, lacks: metres, float32 `(H, W)` on the map's grid."""
        return smooth_over(self._heights - shrink(heights, scale), self._land, _SIGMA)

    def lift(self, heights: Field, summits: Field, scale: int) -> Field:
        """A step's uplift, and weathering of what stands out: heights after it, float32 of the shape of `heights`."""
        missing = self.missing(heights, scale)
        self.uplift += np.float32(_INTEGRAL) * missing
        lifted = enlarge(self.uplift + np.float32(_PROPORTIONAL) * missing, scale)
        lifted += heights
        lifted -= np.float32(_WEATHERING) * np.maximum(lifted - summits, 0)
        return lifted


def _highest_around(heights: Field, reach: int) -> Field:
    height, width = heights.shape
    padded = np.pad(heights, reach, mode="edge")
    along = np.max([padded[i : i + height] for i in range(2 * reach + 1)], axis=0)
    highest: Field = np.max([along[:, i : i + width] for i in range(2 * reach + 1)], axis=0)
    return highest
