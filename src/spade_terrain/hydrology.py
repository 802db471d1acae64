"""Where water runs and stands on a terrain: what carving finds, and files tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Reach:
    """A piece of a river between two confluences, its source or its mouth.

    Attributes:
        points: x and y, in pixels of the carved grid from its upper left corner, float64 `(N, 2)`, downstream. The last
            one is also the first of the reach that it flows into, or lies in the sea, in a lake, or at the border.
        heights: metres above the sea at the points, float32 `(N,)`, falling.
        river: the river that it is a piece of, a number; where two meet, the larger one goes on.
        into: the place in the list of the reach that it flows into; None at mouths.
        order: Strahler's.
        area: square kilometres upstream of its end.
        discharge: cubic metres a second at its end, as a mean over the year.
        width: metres; as the square root of discharge (Leopold and Maddock, "The hydraulic geometry of stream
            channels", USGS Professional Paper 252, 1953).

    """

    points: NDArray[np.float64]
    heights: NDArray[np.float32]
    river: int
    into: int | None
    order: int
    area: float
    discharge: float
    width: float


class Lake(NamedTuple):
    """A lake.

    Attributes:
        level: metres above the sea.
        area: square kilometres.
        outlet: row and column of the first pixel of land that water leaves it to, or None: it dries up.
        place: row and column of a pixel of it.

    """

    level: float
    area: float
    outlet: tuple[int, int] | None
    place: tuple[int, int]


@dataclass(frozen=True)
class Hydrology:
    """The water of a terrain of `(H, W)` pixels that was carved.

    Attributes:
        detail: how much finer than the map the terrain is.
        reaches: its rivers.
        lakes: its lakes, from the north on.
        mask: how much of each pixel its rivers cover as they are drawn, 0 to 255: uint8 `(H, W)`.
        upstream: square kilometres whose water comes through each pixel, its own among them: float32 `(H, W)`.

    """

    detail: int
    reaches: Sequence[Reach]
    lakes: Sequence[Lake]
    mask: NDArray[np.uint8]
    upstream: NDArray[np.float32]
