"""All tiles' nodes as one graph: the tree of the whole, along which each node's water finds its way out."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import Indices
from spade_terrain.drainage.tiles.descents import DOWN, OUT, RIGHT, Directions
from spade_terrain.drainage.tiles.forest import root
from spade_terrain.drainage.tiles.land import levels_of
from spade_terrain.drainage.tiles.tile import Outlets, Perimeter
from spade_terrain.drainage.tiles.tiling import Pixels, Tiling
from spade_terrain.errors import ParameterError


def solve(tiling: Tiling, perimeters: Sequence[Perimeter]) -> list[Outlets]:
    """Tell each tile where the water of its nodes leaves them; `perimeters` are of all tiles, in their order.

    Raises `ParameterError` if no water can leave the map.
    """
    starts = np.cumsum([1, *(each.nodes - 1 for each in perimeters)])  # 0 is out, of all tiles
    edges = _joined(tiling, perimeters, starts)
    order = np.lexsort((edges.places, edges.pixels, edges.ranks))
    tree = order[_spanning(order, edges.higher, edges.lower, edges.nodes)]
    higher, lower = edges.higher[tree], edges.lower[tree]
    levels = np.full(edges.nodes, -np.inf, np.float32)
    outlets = _lead_out(higher, lower, levels_of(edges.ranks[tree]), levels)
    if (outlets[1:] < 0).any():
        raise ParameterError("no water can leave the map; it needs a sea, or land at its border")
    pixels, directions = np.zeros(edges.nodes, np.int64), np.full(edges.nodes, OUT, np.uint8)
    _away(tree, outlets, edges.pixels, edges.directions, edges.higher, tiling.shape[1], pixels, directions)
    parts = [np.concatenate([[0], np.arange(*bounds)]) for bounds in pairwise(starts)]
    return [Outlets(pixels[part], directions[part], levels[part]) for part in parts]


def _joined(tiling: Tiling, perimeters: Sequence[Perimeter], starts: Pixels) -> Perimeter:
    """What all tiles tell as if one did: nodes are those of the whole, and no edge ends elsewhere."""

    def of_whole(nodes: Indices, tile: int) -> Indices:
        return np.where(nodes > 0, nodes - 1 + starts[tile], nodes).astype(np.int32)

    pixels, directions, places, ranks = (np.concatenate([each[i] for each in perimeters]) for i in range(2, 6))
    higher = np.concatenate([of_whole(each.higher, i) for i, each in enumerate(perimeters)])
    lower = np.concatenate([of_whole(each.lower, i) for i, each in enumerate(perimeters)])
    labels = np.concatenate([of_whole(each.labels, i) for i, each in enumerate(perimeters)])
    firsts = np.cumsum([0, *(len(each.labels) for each in perimeters)])
    foreign = np.flatnonzero(lower < 0)
    towards = directions[foreign]
    tiles, at = tiling.locate(pixels[foreign] + DOWN[towards] * tiling.shape[1] + RIGHT[towards])
    lower[foreign] = labels[firsts[tiles] + at]
    return Perimeter(int(starts[-1]), labels, pixels, directions, places, ranks, higher, lower)


@kernel
def _spanning(order: Pixels, higher: Indices, lower: Indices, count: int) -> Pixels:
    """Where in `order` the edges of the minimum spanning forest stand (Kruskal 1956)."""
    parents = np.arange(count).astype(np.int32)
    found = np.empty(count, np.int64)
    size = 0
    for i in range(len(order)):
        one, two = root(parents, higher[order[i]]), root(parents, lower[order[i]])
        if one != two:
            parents[max(one, two)] = min(one, two)
            found[size] = i
            size += 1
    return found[:size].copy()


@kernel
def _lead_out(higher: Indices, lower: Indices, heights: Field, levels: Field) -> Indices:
    """The edge along which each node's water leaves it, -1 if it finds no way out; writes `levels`."""
    count = len(levels)
    starts = np.zeros(count + 1, np.int64)
    for i in range(len(higher)):
        starts[higher[i] + 1] += 1
        starts[lower[i] + 1] += 1
    for node in range(count):
        starts[node + 1] += starts[node]
    which, filled = np.empty(2 * len(higher), np.int32), starts[:-1].copy()
    for i in range(len(higher)):
        for node in (higher[i], lower[i]):
            which[filled[node]] = i
            filled[node] += 1
    outlets = np.full(count, -1, np.int32)
    waiting = np.empty(count, np.int32)
    waiting[0], left = 0, 1
    while left > 0:
        left -= 1
        node = waiting[left]
        for at in range(starts[node], starts[node + 1]):
            edge = which[at]
            if edge == outlets[node]:
                continue
            other = higher[edge] + lower[edge] - node
            outlets[other] = edge
            levels[other] = max(levels[node], heights[edge])
            waiting[left] = other
            left += 1
    return outlets


@kernel
def _away(
    tree: Pixels, outlets: Indices, ends: Pixels, towards: Directions, higher: Indices, width: int, pixels: Pixels,
    directions: Directions,
) -> None:  # fmt: skip
    """Write the end of each node's edge that is its own, and the direction of the other."""
    for node in range(1, len(outlets)):
        edge = tree[outlets[node]]
        k = towards[edge]
        if higher[edge] == node:
            pixels[node], directions[node] = ends[edge], k
        else:
            pixels[node], directions[node] = ends[edge] + DOWN[k] * width + RIGHT[k], np.uint8(7 - k)
