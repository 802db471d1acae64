"""Drainage: how much of the land lies in closed hollows, from which no water finds its way to the sea."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.palette import WATER, Labels

Floats = NDArray[np.float64]

_SHALLOWEST_M = 0.5
"""Hollows that are filled less than this are the files' rounding (0.14 m), not land."""


def fill_hollows(height: NDArray[np.float32], outlets: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Raise the land as far as water would stand in it.

    The lowest surface, nowhere below the land, from each pixel of which a way to an outlet goes down or level, over
    sides and corners: what a priority-flood finds (Barnes et al., "Priority-flood", Computers & Geosciences 62, 2014).
    Here the water stands everywhere at first and sinks (Planchon and Darboux, Catena 46, 2002), in whole arrays.

    Args:
        height: float32 `(H, W)`, metres.
        outlets: bool `(H, W)`: where water leaves. It also leaves over the outermost rows and columns.

    Returns:
        float32 `(H, W)`, metres.

    """
    away = outlets.copy()
    away[[0, -1]] = True
    away[:, [0, -1]] = True
    water = np.where(away, height, np.float32(np.inf))
    around = np.ones((3, 3), np.uint8)
    while True:
        lower = np.maximum(cv2.erode(water, around), height)
        if np.array_equal(lower, water):
            return lower
        water = lower


def drainage(height: NDArray[np.float32], labels: Labels) -> Floats:
    """Pixels of land, those of them in closed hollows, and the metres of filling summed over land: float64 `(3,)`.

    `height` is float32 `(H, W)`, metres, `labels` uint8 `(H, W)`. Painted water, the sea and the borders are outlets;
    all else is land.
    """
    land = (labels != WATER) & (height > 0)
    fill = (fill_hollows(height, ~land) - height)[land]
    return np.array([land.sum(), (fill >= _SHALLOWEST_M).sum(), fill.sum(dtype=np.float64)], np.float64)


def drainage_figures(sums: Floats) -> FigureRow:
    """The share of land in closed hollows, 0..1, and the mean fill in metres over all land, of `drainage` `(N, 3)`."""
    land, hollow, metres = sums.sum(0)
    return {
        "hollow_share": rounded(hollow / land if land else np.nan),
        "mean_fill_m": rounded(metres / land if land else np.nan),
    }
