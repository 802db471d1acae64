"""A tile's part of the tree along which water leaves the land.

The graph of a map has its pixels for nodes, an edge between each two that touch, and one more node, *out*, to which all
mouths belong. An edge comes when rising water has reached its higher end, the edges of one pixel in the order in which
it would rather fall along them: no two come at once. So there is one minimum spanning tree, and water flows along it.
It is what steepest descent over the lowest pass out of each hollow gives, as Cordonnier, Bovy and Braun ("A versatile,
linear complexity algorithm for flow routing in topographies with depressions", Earth Surface Dynamics 7, 2019) carve
it; and an edge that is in no minimum spanning tree of a part is in none of the whole, so that a tile can leave out
nearly all. What stays is a graph of the pieces of land at the tile's sides, as in Barnes, "Parallel priority-flood
depression filling for trillion cell digital elevation models on desktops or clusters", Computers & Geosciences 96,
2016.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.flow.routing import Indices
from spade_terrain.drainage.tiles.descents import (
    DOWN,
    OUT,
    RIGHT,
    Directions,
    Slopes,
    Ways,
    falls,
    pieces,
    ways_between,
)
from spade_terrain.drainage.tiles.land import Land


class Forest(NamedTuple):
    """A tile's pieces of land, and the ways between them that are edges of its minimum spanning forest.

    Attributes:
        slopes: the land.
        directions: where pixels fall, uint8 `(h, w)`.
        numbers: their pieces, int32 `(h, w)`.
        ways: between pieces, in the order in which rising water comes to them.
        higher: the pieces that they begin at, int32 `(N,)`.
        lower: and end at.
        contracted: which of them are in the tree of the whole for sure: all within a node.
        kept: which may be, between nodes.
        nodes: of each piece, int32; -1 of those that lie in other tiles.
        size: how many nodes there are.

    """

    slopes: Slopes
    directions: Directions
    numbers: Indices
    ways: Ways
    higher: Indices
    lower: Indices
    contracted: Indices
    kept: Indices
    nodes: Indices
    size: int

    @classmethod
    def of(cls, land: Land) -> Self:
        """Work it out from the land of the tile."""
        slopes = Slopes.of(land)
        directions = falls(slopes)
        numbers, count = pieces(directions, slopes)
        found = ways_between(directions, numbers, slopes)
        rising = np.argsort(found.ranks, kind="stable")
        ways = Ways(found.pixels[rising], found.directions[rising], found.places[rising], found.ranks[rising])
        higher, lower = _ends(ways.pixels, ways.directions, numbers)
        foreign = np.ones(numbers.shape, np.bool_)
        foreign[land.inner] = False
        at_side = foreign.copy()
        rows, columns = land.inner
        at_side[rows, columns] = _beside(foreign)[rows, columns]
        ends, outside = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        ends[numbers[at_side]] = ends[0] = True
        outside[numbers[foreign]] = True
        outside[0] = False
        contracted, kept, joined = _span(higher, lower, foreign.ravel()[ways.pixels], ends)
        own = np.unique(joined[~outside])  # 0 first
        nodes = np.searchsorted(own, joined).astype(np.int32)
        nodes[outside] = -1
        return cls(slopes, directions, numbers, ways, higher, lower, contracted, kept, nodes, len(own))


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels touch one of a mask, or are one."""
    padded = np.pad(mask, 1)
    along = padded[:-2] | padded[1:-1] | padded[2:]
    touched: NDArray[np.bool_] = along[:, :-2] | along[:, 1:-1] | along[:, 2:]
    return touched


@kernel
def _ends(pixels: Indices, directions: Directions, numbers: Indices) -> tuple[Indices, Indices]:
    """The pieces in which ways begin and end."""
    width = numbers.shape[1]
    higher, lower = np.empty(len(pixels), np.int32), np.zeros(len(pixels), np.int32)
    for i in range(len(pixels)):
        y, x, k = pixels[i] // width, pixels[i] % width, directions[i]
        higher[i] = numbers[y, x]
        if k != OUT:
            lower[i] = numbers[y + DOWN[k], x + RIGHT[k]]
    return higher, lower


@kernel
def _span(
    higher: Indices, lower: Indices, foreign: NDArray[np.bool_], ends: NDArray[np.bool_]
) -> tuple[Indices, Indices, Indices]:
    """The ways of a minimum spanning forest (Kruskal 1956) that are in the tree of the whole, and those that may be.

    A piece, or several that have been joined, that touches no other tile has all its ways here, so that the first one
    is in the whole's tree; joined along it, none is left that touches no other tile. Returns the piece with which
    each has been joined, too.
    """
    spanned, joined = np.arange(len(ends), dtype=np.int32), np.arange(len(ends), dtype=np.int32)
    contracted, kept = np.empty(len(ends), np.int32), np.empty(len(ends), np.int32)
    within, between = 0, 0
    for i in range(len(higher)):
        one, two = root(spanned, higher[i]), root(spanned, lower[i])
        if one == two:
            continue
        spanned[max(one, two)] = min(one, two)
        one, two = root(joined, higher[i]), root(joined, lower[i])
        if ends[one] and ends[two]:
            if not foreign[i]:
                kept[between] = i
                between += 1
            continue
        first, second = (one, two) if ends[one] else (two, one)
        joined[second] = first
        contracted[within] = i
        within += 1
    for i in range(len(joined)):
        joined[i] = root(joined, i)
    return contracted[:within].copy(), kept[:between].copy(), joined


@kernel
def root(parents: Indices, i: int) -> int:
    """The representative of a set of nodes of which each names a parent; halves the way to it (Tarjan 1975)."""
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i
