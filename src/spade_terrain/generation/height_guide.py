"""Rough heights to what a guided network takes: how high the painted land in each of its coarsest cells is to be."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from spade_terrain.card import GUIDE_CHANNELS, HeightCode
from spade_terrain.palette import WATER, Labels

Metres: TypeAlias = NDArray[np.float32]
"""Rough heights of a window, `(H, W)`: metres above the sea, NaN where unknown."""

_KNOWN = 0.25
"""The least share of a cell's land whose height has to be known for its mean."""
_FROM_M, _FURTHER = 200.0, 0.15
"""Land higher than this many metres is asked for so much further above them. In training guides are noisy, and what is
given with errors is followed by less (regression dilution): high land came out a tenth lower than it was asked for."""


def height_guide(metres: Metres | None, labels: Labels, stride: int, height_code: HeightCode) -> NDArray[np.float32]:
    """The guide of a window, float32 `(2, H / stride, W / stride)`, as `Card` describes it.

    Args:
        metres: rough heights of its pixels; `None` if nothing is known.
        labels: uint8 `(H, W)`, 0..6, both sides multiples of `stride`.
        stride: pixels a cell.
        height_code: of the model.

    """
    rows, columns = (side // stride for side in labels.shape)
    guide = np.zeros((GUIDE_CHANNELS, rows, columns), np.float32)
    if metres is None:
        return guide
    land = labels != WATER
    known = land & ~np.isnan(metres)
    of_land, of_known, total = (
        cell_sums(values, stride) for values in (land, known, np.where(known, metres, 0))
    )  # (h, w)
    sure = (of_known > 0) & (of_known >= _KNOWN * of_land)
    mean = total[sure] / of_known[sure]
    asked = (mean + _FURTHER * np.maximum(mean - _FROM_M, 0)).clip(0, height_code.max_m).astype(np.float32)
    guide[0, sure], guide[1, sure] = height_code.encode(asked) + 1, 1
    return guide


def cell_sums(values: NDArray[np.float32] | NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """Sums over the cells of `side` pixels of values `(H, W)`, whose sides are multiples of it: `(h, w)`.

    In doubles, so that they are the same in whatever order they are made.
    """
    rows, columns = (length // side for length in values.shape)
    sums: NDArray[np.float64] = values.reshape(rows, side, columns, side).sum((1, 3), dtype=np.float64)
    return sums
