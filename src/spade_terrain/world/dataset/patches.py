"""A training set in memory: its patches as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, DeviceError
from spade_terrain.palette import Labels
from spade_terrain.runtime.machine import free_memory

HEIGHT_MAX_M = 8848.0
"""The height that 65535 stands for in `NNNN_h.png`, unless the index says otherwise."""

_T = TypeVar("_T")


class EmptySplitError(DataError):
    """A training set holds no patch of the split asked for."""

    def __init__(self, source: Path, split: str) -> None:
        super().__init__(f"{source} holds no patches of the split {split!r}")


@dataclass(frozen=True)
class Patches:
    """A split of a training set.

    Attributes:
        terrain: uint8 RGB `(N, H, W, 3)`, with the light of the north-west in it.
        height: uint16 `(N, H, W)`; times `metres_per_unit` it is metres above the sea.
        labels: uint8 `(N, H, W)`, 0..6.
        metres_per_unit: of `height`.
        satellite: uint8 RGB `(N, H, W, 3)`, the same ground as a satellite sees it; None if the set has none.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.uint16]
    labels: Labels
    metres_per_unit: float
    satellite: NDArray[np.uint8] | None = None


def empty_patches(count: int, side: tuple[int, ...], metres_per_unit: float, *, satellite: bool) -> Patches:
    """Patches to be filled, `side` being their `(H, W)`; `DeviceError` if they would not fit in memory."""
    needed, free = (9 if satellite else 6) * count * side[0] * side[1], free_memory()
    if needed > free:
        raise DeviceError(
            f"{count} patches take {needed / 1e9:.1f} GB, free are {free / 1e9:.1f} GB: use a smaller set"
        )
    return Patches(
        np.empty((count, *side, 3), np.uint8),
        np.empty((count, *side), np.uint16),
        np.empty((count, *side), np.uint8),
        metres_per_unit,
        np.empty((count, *side, 3), np.uint8) if satellite else None,
    )


def evenly(items: Sequence[_T], most: int | None) -> Sequence[_T]:
    """At most `most` of `items` in their order, evenly spread over them; all if there are no more, or for None."""
    if most is None or len(items) <= most:
        return items
    return [items[(2 * i + 1) * len(items) // (2 * most)] for i in range(most)]


def height_units(metres: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Heights as `NNNN_h.png` holds them, of 0 to `HEIGHT_MAX_M` metres."""
    units: NDArray[np.uint16] = np.rint(np.clip(metres / HEIGHT_MAX_M, 0, 1) * 65535).astype(np.uint16)
    return units
