"""One tile: what it tells the others, and how it is routed when they have answered."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAKE, Indices, upward_order
from spade_terrain.drainage.tiles.descents import DOWN, OUT, RIGHT, Directions, Slopes
from spade_terrain.drainage.tiles.forest import Forest
from spade_terrain.drainage.tiles.land import Land
from spade_terrain.drainage.tiles.tiling import Pixels, global_pixels, perimeter


class Perimeter(NamedTuple):
    """What a tile tells: its nodes, the pixels at its sides that are part of each, and edges that may be in the tree.

    Attributes:
        nodes: how many there are; node 0 is out.
        labels: the node of each pixel of the perimeter, int32 `(P,)`, in the order of `tiling.perimeter`.
        pixels: the higher ends of edges, int64 `(E,)`, of the map.
        directions: uint8 `(E,)`, where their lower ends are; `OUT` where that is out, over the border of the map.
        places: uint8 `(E,)`, which of its pixel's edges each is.
        ranks: uint64 `(E,)`, of the higher ends.
        higher: the node of the higher end, int32 `(E,)`.
        lower: the node of the lower end, or -1 if that is a pixel of another tile.

    """

    nodes: int
    labels: Indices
    pixels: Pixels
    directions: Directions
    places: NDArray[np.uint8]
    ranks: NDArray[np.uint64]
    higher: Indices
    lower: Indices


class Outlets(NamedTuple):
    """What the others answer: where the water of each node leaves it; the first is of node 0, and says nothing.

    Attributes:
        pixels: int64 `(nodes,)`, of the map, and part of the node.
        directions: uint8 `(nodes,)`, where water goes from there; `OUT` for a mouth at the border of the map.
        levels: float32 `(nodes,)`, metres: the highest pixel on the way out from there.

    """

    pixels: Pixels
    directions: Directions
    levels: Field


class Routed(NamedTuple):
    """Where the water of a tile goes.

    Attributes:
        directions: uint8 `(h, w)`: the neighbour that each pixel flows to, as `descents.DOWN` and `RIGHT` have it, or
            `OUT` for a mouth.
        levels: float32 `(h, w)`, metres: the highest pixel on its way, up to which the land would fill. Lakes have it
            without their own heights.

    """

    directions: Directions
    levels: Field


def summarize(land: Land) -> Perimeter:
    """Tell of a tile what `graph.solve` takes; the others are not looked at.

    Raises `ParameterError` if the land can't be drained.
    """
    forest = Forest.of(land)
    ways, kept = forest.ways, forest.kept
    at = land.around
    pixels = global_pixels(at, land.shape[1]).ravel()[ways.pixels[kept]]
    sides = forest.nodes[forest.numbers[land.inner]].ravel()
    higher, lower = forest.nodes[forest.higher[kept]], forest.nodes[forest.lower[kept]]
    return Perimeter(
        forest.size, sides[perimeter(land.window.shape)], pixels, ways.directions[kept], ways.places[kept],
        ways.ranks[kept], higher, lower,
    )  # fmt: skip


def finish(land: Land, outlets: Outlets) -> Routed:
    """Route a tile, when `graph.solve` has told where its nodes leave it: the same as if the map were one tile."""
    forest = Forest.of(land)
    at = land.around
    rows, columns = np.divmod(outlets.pixels[1:], land.shape[1])
    leaving = ((rows - at.y0) * (at.x1 - at.x0) + columns - at.x0).astype(np.int32)
    contracted = forest.contracted
    which, starts = _incidence(forest.higher[contracted], forest.lower[contracted], len(forest.nodes))
    directions = forest.directions.copy()
    _turn(
        directions, forest.numbers, forest.ways.pixels[contracted], forest.ways.directions[contracted],
        forest.higher[contracted], forest.lower[contracted], which, starts, leaving, outlets.directions[1:],
    )  # fmt: skip
    slopes = forest.slopes
    levels = slopes.heights.copy()  # of mouths they are right
    levels.ravel()[leaving] = outlets.levels[1:]
    receivers = _receivers(directions, slopes)
    _fill(upward_order(receivers), receivers, slopes.heights.ravel(), slopes.water.ravel(), levels.ravel())
    return Routed(directions[land.inner].copy(), levels[land.inner].copy())


def _incidence(one: Indices, two: Indices, count: int) -> tuple[Indices, Indices]:
    """Which edges each node has: edges, those of one node after the other, and where each begins, `(count + 1,)`."""
    ends = np.concatenate([one, two])
    which = np.argsort(ends, kind="stable").astype(np.int32)
    starts = np.searchsorted(ends[which], np.arange(count + 1)).astype(np.int32)
    return (which % max(len(one), 1)).astype(np.int32), starts


@kernel
def _turn(
    directions: Directions, numbers: Indices, pixels: Indices, towards: Directions, higher: Indices, lower: Indices,
    which: Indices, starts: Indices, leaving: Indices, away: Directions,
) -> None:  # fmt: skip
    """Let each piece leave where its node's water does: changes `directions`.

    From a node's outlet water is followed back, from piece to piece along contracted ways; of a piece that is left
    elsewhere than at its lowest place, what led there is turned round.
    """
    count = len(starts) - 1
    waiting, seen = np.empty(count, np.int32), np.zeros(count, np.bool_)
    waiting[0], seen[0], left = 0, True, 1
    for node in range(len(leaving)):
        _leave(directions, numbers, leaving[node], away[node])
        piece = numbers.ravel()[leaving[node]]
        waiting[left], seen[piece] = piece, True
        left += 1
    while left > 0:
        left -= 1
        piece = waiting[left]
        for at in range(starts[piece], starts[piece + 1]):
            edge = which[at]
            above = lower[edge] == piece  # what is met is the higher end
            other = higher[edge] if above else lower[edge]
            if seen[other]:
                continue
            if above:
                _leave(directions, numbers, pixels[edge], towards[edge])
            else:
                k = towards[edge]
                pixel = pixels[edge] + DOWN[k] * numbers.shape[1] + RIGHT[k]
                _leave(directions, numbers, pixel, np.uint8(7 - k))
            waiting[left], seen[other] = other, True
            left += 1


@kernel
def _leave(directions: Directions, numbers: Indices, pixel: int, towards: int | np.uint8) -> None:
    """Let a piece be left at a pixel, in a direction: what has led from there to its lowest place is turned round."""
    y, x = pixel // numbers.shape[1], pixel % numbers.shape[1]
    number, new = numbers[y, x], np.uint8(towards)
    while True:
        old = directions[y, x]
        directions[y, x] = new
        if old >= OUT:
            return
        y, x, new = y + DOWN[old], x + RIGHT[old], np.uint8(7 - old)
        if numbers[y, x] != number:
            return


@kernel
def _receivers(directions: Directions, slopes: Slopes) -> Indices:
    """Each pixel's receiver in what is around the tile too; itself for mouths and all that lies beyond the tile."""
    height, width = directions.shape
    receivers = np.arange(height * width, dtype=np.int32)
    for y in range(slopes.first[0], slopes.last[0]):
        for x in range(slopes.first[1], slopes.last[1]):
            k = directions[y, x]
            row, column = y + DOWN[k], x + RIGHT[k]
            inside = slopes.first[0] <= row < slopes.last[0] and slopes.first[1] <= column < slopes.last[1]
            if inside or slopes.mouths[row, column]:
                receivers[y * width + x] = row * width + column
    return receivers


@kernel
def _fill(order: Indices, receivers: Indices, heights: Field, water: NDArray[np.uint8], levels: Field) -> None:
    """Levels from those of the outlets and mouths up."""
    for i in order:
        if receivers[i] != i:
            levels[i] = levels[receivers[i]]
            if water[i] != LAKE:
                levels[i] = max(levels[i], heights[i])
