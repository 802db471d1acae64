"""Basins: the land whose water leaves it at the same place."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.kernels import by_rows, kernel
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, PAN, SEA, Indices
from spade_terrain.storage.scratch import MEMORY, Scratch


def number_basins(
    order: Indices, receivers: Indices, water: NDArray[np.uint8], scratch: Scratch = MEMORY
) -> NDArray[np.int32]:
    """Number basins from the largest on, from 1: int32 `(H, W)`, 0 in the sea.

    A basin is all that drains to the same pixel at a shore of the sea or at the border, or to the same closed lake or
    dried-up one, of which that is a part.

    Args:
        order: as `upward_order` gives it.
        receivers: int32 `(H W)`.
        water: as `flood` takes it.
        scratch: where what is returned lies.

    """
    numbers, lakes = components((water == CLOSED_LAKE) | (water == PAN), scratch)
    count = _number(order, receivers, water.ravel(), numbers.ravel(), lakes)
    sizes = np.zeros(count + 1, np.int64)
    _count(numbers.ravel(), sizes)
    rank = np.zeros(count + 1, np.int32)
    rank[1 + np.argsort(-sizes[1:], kind="stable")] = np.arange(1, count + 1)

    def fill(first: int, last: int) -> None:
        numbers[first:last] = rank[numbers[first:last]]

    by_rows(fill, numbers.shape)
    return numbers


@kernel
def _number(
    order: Indices, receivers: Indices, water: NDArray[np.uint8], numbers: NDArray[np.int32], count: int
) -> int:
    for i in order:
        receiver = receivers[i]
        if water[i] == SEA or water[i] == CLOSED_LAKE or water[i] == PAN:
            continue
        if receiver == i or water[receiver] == SEA:
            count += 1
            numbers[i] = count
        else:
            numbers[i] = numbers[receiver]
    return count


@kernel
def _count(numbers: NDArray[np.int32], sizes: NDArray[np.int64]) -> None:
    for number in numbers:
        sizes[number] += 1
