"""Lakes that are painted: water inside of the land, beneath which the network is to see land."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.palette import WATER, Labels


def painted_lakes(labels: Labels) -> NDArray[np.bool_]:
    """Water from which none leads to the border of the map: bool `(H, W)`.

    Pixels that touch at a corner hang together.

    Args:
        labels: uint8 `(H, W)`, 0..6.

    """
    numbers, count = components(labels == WATER)
    lake = np.ones(count + 1, bool)
    for border in (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]):
        lake[border] = False
    lake[0] = False
    lakes: NDArray[np.bool_] = lake[numbers]
    return lakes


def drained_lakes(labels: Labels, lakes: NDArray[np.bool_]) -> Labels:
    """Labels with land in place of lakes, each pixel that of the nearest shore: uint8 `(H, W)`."""
    filled = labels.copy()
    _spread(filled, lakes)
    return filled


@kernel
def _spread(labels: Labels, unknown: NDArray[np.bool_]) -> None:
    """Give each unknown pixel the label of the known one that is the fewest steps north, south, east or west away."""
    height, width = labels.shape
    known = ~unknown
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
            if 0 <= row < height and 0 <= column < width and not known[row, column]:
                known[row, column] = True
                labels[row, column] = labels[y, x]
                waiting[last] = row * width + column
                last += 1
