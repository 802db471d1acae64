"""Uplift that holds the network's land: what rivers take away rises again, wherever the land at 20 km has sunk."""

from typing import NamedTuple

import numpy as np

from spade_terrain.drainage.fields.resampling import Field, Rows, enlarge, shrink, smooth_over
from spade_terrain.drainage.waters import Mask

_SIGMA = 2.0  # pixels of the map over which land is held; finer, it is the water's
_PROPORTIONAL = 0.25  # of what is missing, in one step
_INTEGRAL = 0.08  # and in every later one
_ENVELOPE = 2  # pixels around, whose highest says how high summits may be
_APART = 5  # pixels around a summit of the map that are lower
_WEATHERING = 0.7  # of what stands out above that, in one step


class Change(NamedTuple):
    """How land changes in one step, float32 `(H, W)` on the map's grid.

    Attributes:
        rise: metres, by how much it rises, never below 0.
        ceiling: metres, above which what stands out weathers.

    """

    rise: Field
    ceiling: Field


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

    def missing(self, heights: Field, scale: int) -> Field:
        """What land, smoothed over 20 km, lacks: metres, float32 `(H, W)` on the map's grid."""
        return smooth_over(self._heights - shrink(heights, scale), self._land, _SIGMA)

    def change(self, heights: Field, scale: int) -> Change:
        """How land is to change in one step.

        Land that lies too high is left to erosion. If it sank, or weathered for standing above summits that are lower
        than it, plains that rivers hold up by what they lay down would be pulled down and filled again in each step,
        and wherever a river is led elsewhere a step would stay: so summits rise with the land around them.
        """
        missing = self.missing(heights, scale)
        self.uplift = np.maximum(self.uplift + np.float32(_INTEGRAL) * missing, 0)
        rise = np.maximum(self.uplift + np.float32(_PROPORTIONAL) * missing, 0)
        return Change(rise, self._summits - np.minimum(missing, 0))

    def crown(self, heights: Field) -> Field:
        """Land on the map's own grid with the summits as high as they were: float32 `(H, W)`.

        There a summit is one pixel, 2 km wide, which its own water cuts. What stands above all around it, where a
        summit was or beside that, gets its height: nothing flows through it.
        """
        before = np.where(self._heights == _highest_around(self._heights, _APART), self._heights, np.float32(0))
        summits = (heights == _highest_around(heights, 1)) & self._land
        return np.where(summits, np.maximum(heights, _highest_around(before, 1)), heights)

    def lift(self, heights: Field, change: Change, scale: int, rows: Rows) -> Field:
        """Some rows of `heights` after they have risen, and what stands out has weathered: float32 `(h, W)`.

        Args:
            heights: float32 `(H, W)`, metres.
            change: what `change` has told of them.
            scale: how much finer than the map they are.
            rows: which.

        """
        first, last = rows
        lifted = enlarge(change.rise, scale, rows)
        lifted += heights[first:last]
        lifted -= np.float32(_WEATHERING) * np.maximum(lifted - enlarge(change.ceiling, scale, rows), 0)
        return lifted


def _highest_around(heights: Field, reach: int) -> Field:
    height, width = heights.shape
    padded = np.pad(heights, reach, mode="edge")
    along = np.max([padded[i : i + height] for i in range(2 * reach + 1)], axis=0)
    highest: Field = np.max([along[:, i : i + width] for i in range(2 * reach + 1)], axis=0)
    return highest
