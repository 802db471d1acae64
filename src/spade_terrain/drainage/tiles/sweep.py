"""One sweep of erosion from the mouths up, over tiles: a river's bed is worn before those that flow into it.

What a pixel becomes depends on what the pixel has become that it flows to, and not in a way that can be summed up for a
tile, as slopes have limits. So a tile is worn in rounds, each time what flows to places where the height beyond is
known by now. Every pixel is worn once, by the same numbers as in a sweep of the whole map.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import Indices, upward_order
from spade_terrain.drainage.land.erosion import erode
from spade_terrain.drainage.tiles.descents import DOWN, OUT, RIGHT, Directions
from spade_terrain.drainage.tiles.flow import Links, Through, inherit, receivers_within
from spade_terrain.drainage.tiles.tiling import Tiling, perimeter


class Wear(NamedTuple):
    """A tile that is to be worn: all arrays `(h, w)`; what they are says `erode`.

    Attributes:
        directions: uint8, where water goes, as `tile.finish` gives it.
        water: uint8.
        discharge: float64.
        erodibility: float32.
        steepest: float32.
        spacing: metres a pixel.

    """

    directions: Directions
    water: NDArray[np.uint8]
    discharge: NDArray[np.float64]
    erodibility: Field
    steepest: Field
    spacing: float


class Rounds:
    """When each tile has something to wear, and what it has to know then.

    Attributes:
        turns: of each tile, the round in which what leaves it at each place of its perimeter is worn: int32 `(P,)`, 0
            where nothing leaves. In round 0 what finds a mouth in its own tile is worn.

    """

    def __init__(self, tiling: Tiling, tiles: Sequence[Through]) -> None:
        """Of a map whose tiles tell `tiles`, in their order."""
        self._links = links = Links.of(tiling, tiles)
        turns = np.zeros(len(links.receivers), np.int32)
        turns[links.leaving] = 1
        _count_on(upward_order(links.receivers), links.receivers, turns)
        self.turns: list[Indices] = links.by_tile(turns)

    def tiles(self, turn: int) -> list[int]:
        """Which tiles have something to wear in a round, none after the last one."""
        return [number for number, turns in enumerate(self.turns) if turn == 0 or (turns == turn).any()]

    def beyond(self, sides: Sequence[Field]) -> list[Field]:
        """The heights that `wear` takes, of all tiles' sides as they are now: float32 `(P,)` each."""
        heights = np.concatenate(sides)
        found = np.zeros_like(heights)
        found[self._links.leaving] = heights[self._links.entered]
        return self._links.by_tile(found)


def wear(tile: Wear, heights: Field, turns: Indices, beyond: Field, turn: int) -> Field:
    """Heights of a tile after one round: float32 `(h, w)`.

    Args:
        tile: the tile.
        heights: float32 `(h, w)`, as they are after the rounds before.
        turns: as `Rounds` has them of the tile.
        beyond: float32 `(P,)`, for each place of the perimeter where water leaves, how high the pixel lies to which it
            goes; those of this turn have to be right.
        turn: the round.

    """
    receivers, _ = receivers_within(tile.directions)
    at = perimeter(heights.shape)
    when = np.zeros(heights.size, np.int32)
    when[at] = turns
    order = upward_order(receivers)
    inherit(order, receivers, when)
    order = order[when[order] == turn]
    wide = heights.shape[0] + 2, heights.shape[1] + 2
    rows, columns = np.divmod(np.arange(heights.size), heights.shape[1])
    places = ((rows + 1) * wide[1] + columns + 1).astype(np.int32)  # within a rim of other tiles' pixels
    around = np.arange(wide[0] * wide[1], dtype=np.int32)
    towards = tile.directions.ravel()
    around[places] += (DOWN[towards] * wide[1] + RIGHT[towards]).astype(np.int32)
    worn, discharge = np.pad(heights, 1), np.pad(tile.discharge, 1).ravel()
    water, erodibility, steepest = np.pad(tile.water, 1), np.pad(tile.erodibility, 1), np.pad(tile.steepest, 1)
    leaving = at[(towards[at] < OUT) & (turns == turn) & (turns > 0)]
    worn.ravel()[around[places[leaving]]] = beyond[np.isin(at, leaving)]
    erode(worn, places[order], around, water, discharge, erodibility, steepest, tile.spacing)
    return worn[1:-1, 1:-1].copy()


@kernel
def _count_on(order: Indices, receivers: Indices, turns: Indices) -> None:
    """One more than its receiver has, for each that isn't its own."""
    for i in order:
        if receivers[i] != i:
            turns[i] = turns[receivers[i]] + 1
