"""Coasts: how they wind, and how much of the painted land there is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.palette import WATER, Labels

Counts = NDArray[np.int64]

BOXES = (2, 4, 8, 16, 32)
"""Pixels a side of the boxes that coasts are covered with; of single pixels an oblique coast takes too few."""

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def box_counts(land: NDArray[np.bool_]) -> Counts:
    """How many boxes of each size of `BOXES`, side by side, hold coast of `land`, bool `(H, W)`: int64 `(5,)`.

    Coast is land with sea at a side. The borders of the picture are none.
    """
    coast = land & cv2.dilate((~land).astype(np.uint8), _CROSS, borderType=cv2.BORDER_REPLICATE).astype(bool)
    height, width = land.shape
    padded = np.pad(coast, ((0, -height % BOXES[-1]), (0, -width % BOXES[-1])))
    return np.array([_boxes(padded, side).any((1, 3)).sum() for side in BOXES], np.int64)


def box_dimension(counts: Counts) -> float:
    """Box dimension of coasts from the `box_counts` `(N, 5)` of all of them; NaN if there are none.

    The slope of log boxes over log size, by least squares (Mandelbrot, "How Long Is the Coast of Britain?", Science,
    1967). A straight coast has 1; the more it winds, the nearer it is to 2. Coasts of a few dozen pixels stray by 0.1
    (a disc 200 pixels wide has 0.9), so compare it with that of real coasts.
    """
    total = counts.sum(0)
    return float(-np.polyfit(np.log(BOXES), np.log(total), 1)[0]) if total[-1] else float("nan")


def land_kept(height: NDArray[np.float32], labels: Labels) -> Counts:
    """Pixels painted as land, and those of them above the sea, int64 `(2,)`."""
    painted = labels != WATER
    return np.array([painted.sum(), (painted & (height > 0)).sum()], np.int64)


def coast_figures(boxes: Counts, land: Counts) -> FigureRow:
    """Box dimension and share of painted land kept, 0..1, of `box_counts` `(N, 5)` and `land_kept` `(N, 2)`."""
    painted, kept = land.sum(0)
    return {
        "box_dimension": rounded(box_dimension(boxes)),
        "land_kept": rounded(kept / painted if painted else np.nan),
    }


def _boxes(picture: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """The picture as `(rows, side, columns, side)`."""
    height, width = picture.shape
    return picture.reshape(height // side, side, width // side, side)
