"""The land beneath painted water."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.palette import WATER, Labels


def drained_labels(labels: Labels, water: NDArray[np.bool_]) -> Labels:
    """Labels with land in place of `water`, bool `(H, W)`, each pixel that of the nearest shore: uint8 `(H, W)`."""
    filled = labels.copy()
    _spread(filled, water)
    return filled


@kernel
def _spread(labels: Labels, unknown: NDArray[np.bool_]) -> None:
    """Give each unknown pixel the label of the land that is the fewest steps north, south, east or west away."""
    height, width = labels.shape
    known = (labels != WATER) & ~unknown
    waiting = np.empty(labels.size, np.int32)
    last = 0
    for i in range(labels.size):
        if known[i // width, i % width]:
            waiting[last] = i
            last += 1
    first = 0
    while first < last:
        y, x = waiting[first] // width, waiting[first] % width
        first += 1
        for row, column in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= row < height and 0 <= column < width and unknown[row, column] and not known[row, column]:
                known[row, column] = True
                labels[row, column] = labels[y, x]
                waiting[last] = row * width + column
                last += 1
