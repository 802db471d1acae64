"""Pieces of a mask that hang together."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.storage.scratch import MEMORY, Scratch


def components(
    mask: NDArray[np.bool_], scratch: Scratch = MEMORY, *, corners: bool = True
) -> tuple[NDArray[np.int32], int]:
    """Number the pieces of a mask, neighbours being eight, or four without `corners`: int32 `(H, W)`, and how many.

    Numbers begin with 1.
    """
    numbers = scratch.zeros(mask.shape, np.int32)
    return numbers, _number(mask, numbers, corners)


@kernel
def _number(mask: NDArray[np.bool_], numbers: NDArray[np.int32], corners: bool) -> int:
    height, width = mask.shape
    inside, number = mask.ravel(), numbers.ravel()
    waiting = np.empty(2**16, np.int32)
    count = 0
    for start in range(mask.size):
        if not inside[start] or number[start] != 0:
            continue
        count += 1
        number[start] = count
        waiting[0] = start
        left = 1
        while left > 0:
            left -= 1
            y, x = waiting[left] // width, waiting[left] % width
            for row in range(max(y - 1, 0), min(y + 2, height)):
                for column in range(max(x - 1, 0), min(x + 2, width)):
                    i = row * width + column
                    if inside[i] and number[i] == 0 and (corners or row == y or column == x):
                        number[i] = count
                        if left == len(waiting):
                            waiting = np.concatenate((waiting, np.empty_like(waiting)))
                        waiting[left] = i
                        left += 1
    return count
