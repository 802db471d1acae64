"""What flows through each pixel of a routed map, added up over tiles, and the mouth that it flows to.

As in Barnes, "Parallel non-divergent flow accumulation for trillion cell digital elevation models on desktops or
clusters", Environmental Modelling & Software 92, 2017: each tile tells what leaves it and how water that comes in goes
on. All sums are of whole numbers, so that their order does not matter.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.flow.routing import Indices, gather, upward_order
from spade_terrain.drainage.tiles.descents import DOWN, OUT, RIGHT, Directions
from spade_terrain.drainage.tiles.tiling import Pixels, Tiling, global_pixels, perimeter
from spade_terrain.window import Window


class Through(NamedTuple):
    """What a tile tells of each pixel of its perimeter, in the order of `tiling.perimeter`: arrays `(P,)`.

    Attributes:
        directions: uint8, where water goes that leaves the tile here; `OUT` where it doesn't leave.
        totals: int64, how much of the tile's own leaves it here; 0 where it doesn't leave.
        exits: int32, the place of the perimeter at which water from here leaves the tile, -1 if it finds a mouth.
        mouths: int64, that mouth, a pixel of the map; -1 if there is none.

    """

    directions: Directions
    totals: Pixels
    exits: Indices
    mouths: Pixels


class Inflow(NamedTuple):
    """What the others answer, of each pixel of the perimeter: arrays `(P,)`.

    Attributes:
        totals: int64, what comes in from other tiles.
        mouths: int64, the mouth that water which leaves the tile here finds, a pixel of the map; -1 where it doesn't.

    """

    totals: Pixels
    mouths: Pixels


class Flow(NamedTuple):
    """What flows through a tile.

    Attributes:
        totals: int64 `(h, w)`, the sum over all that flows through each pixel, itself included.
        mouths: int64 `(h, w)`, the mouth that its water finds, a pixel of the map: those of one mouth are a basin.

    """

    totals: Pixels
    mouths: Pixels


def summarize(window: Window, width: int, directions: Directions, own: Pixels) -> Through:
    """Tell of a tile what `solve` takes.

    Args:
        window: the tile.
        width: of the map.
        directions: where water goes, uint8 `(h, w)`, as `tile.finish` gives it.
        own: what each pixel has itself, int64 `(h, w)`: ones, to count pixels upstream.

    """
    receivers, leaves = receivers_within(directions)
    order = upward_order(receivers)
    totals = own.ravel().copy()
    gather(order, receivers, totals)
    at = perimeter(window.shape)
    place = np.full(totals.size, -1, np.int32)
    place[at] = np.arange(len(at), dtype=np.int32)
    ends = np.arange(totals.size, dtype=np.int32)
    inherit(order, receivers, ends)
    ends, out = ends[at], leaves[at]
    found = ~leaves[ends]
    mouths = np.where(found, global_pixels(window, width).ravel()[ends], -1)
    return Through(
        np.where(out, directions.ravel()[at], np.uint8(OUT)), np.where(out, totals[at], 0),
        np.where(found, np.int32(-1), place[ends]), mouths,
    )  # fmt: skip


class Links(NamedTuple):
    """How water goes on from tile to tile, by places of all perimeters, those of one tile after the other.

    Attributes:
        firsts: where each tile's places begin, and the last ends: int64 `(tiles + 1,)`.
        leaving: the places at which water leaves its tile, int64 `(N,)`.
        entered: where each of these comes in, int64 `(N,)`.
        receivers: of each place at which water leaves the one where it leaves the next tile, int32; itself where it
            finds a mouth there, or doesn't leave.

    """

    firsts: Pixels
    leaving: Pixels
    entered: Pixels
    receivers: Indices

    @classmethod
    def of(cls, tiling: Tiling, tiles: Sequence[Through]) -> Self:
        """Join what all tiles tell, in their order."""
        firsts = np.cumsum([0, *(len(each.exits) for each in tiles)])
        windows, width = list(tiling.windows()), tiling.shape[1]
        pixels = np.concatenate([global_pixels(window, width).ravel()[perimeter(window.shape)] for window in windows])
        directions = np.concatenate([each.directions for each in tiles])
        exits = np.concatenate(
            [np.where(each.exits < 0, -1, each.exits + first) for each, first in zip(tiles, firsts[:-1], strict=True)]
        )
        leaving = np.flatnonzero(directions < OUT)
        towards = directions[leaving]
        there, at = tiling.locate(pixels[leaving] + DOWN[towards] * width + RIGHT[towards])
        entered = firsts[there] + at
        receivers = np.arange(len(directions), dtype=np.int32)
        receivers[leaving] = np.where(exits[entered] < 0, leaving, exits[entered])
        return cls(firsts, leaving, entered, receivers)

    def by_tile(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        """Values of all places, those of each tile by themselves."""
        return [values[first:last] for first, last in pairwise(self.firsts)]


def solve(tiling: Tiling, tiles: Sequence[Through]) -> list[Inflow]:
    """Tell each tile what comes in, and where what leaves it ends; `tiles` are all, in their order."""
    links = Links.of(tiling, tiles)
    totals, mouths = (np.concatenate(parts) for parts in zip(*((t.totals, t.mouths) for t in tiles), strict=True))
    order = upward_order(links.receivers)
    gather(order, links.receivers, totals)
    inflow, found = np.zeros(len(totals), np.int64), np.full(len(totals), -1, np.int64)
    np.add.at(inflow, links.entered, totals[links.leaving])
    found[links.leaving] = mouths[links.entered]
    inherit(order, links.receivers, found)
    return [Inflow(*parts) for parts in zip(links.by_tile(inflow), links.by_tile(found), strict=True)]


def finish(window: Window, width: int, directions: Directions, own: Pixels, inflow: Inflow) -> Flow:
    """Add up what flows through a tile, when `solve` has told what comes in; the rest is as `summarize` takes it."""
    receivers, leaves = receivers_within(directions)
    order, at = upward_order(receivers), perimeter(window.shape)
    totals = own.ravel().copy()
    totals[at] += inflow.totals
    gather(order, receivers, totals)
    mouths = global_pixels(window, width).ravel()
    mouths[at] = np.where(leaves[at], inflow.mouths, mouths[at])
    inherit(order, receivers, mouths)
    return Flow(totals.reshape(window.shape), mouths.reshape(window.shape))


def receivers_within(directions: Directions) -> tuple[Indices, NDArray[np.bool_]]:
    """Each pixel's receiver in the tile, or itself: int32 `(h w)`; and whether that is in another tile, bool."""
    return _receivers_within(np.ascontiguousarray(directions))


@kernel
def _receivers_within(directions: Directions) -> tuple[Indices, NDArray[np.bool_]]:
    height, width = directions.shape
    receivers, leaves = np.arange(height * width).astype(np.int32), np.zeros(height * width, np.bool_)
    for y in range(height):
        for x in range(width):
            row, column = y + DOWN[directions[y, x]], x + RIGHT[directions[y, x]]
            if 0 <= row < height and 0 <= column < width:
                receivers[y * width + x] = row * width + column
            else:
                leaves[y * width + x] = True
    return receivers, leaves


@kernel
def inherit(order: Indices, receivers: Indices, values: NDArray[Any]) -> None:
    """Give each pixel what the last one on its way has."""
    for i in order:
        values[i] = values[receivers[i]]
