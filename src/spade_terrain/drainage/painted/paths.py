"""The middle lines of painted rivers, from their ends to their mouth."""

from collections.abc import Mapping, Sequence, Set
from heapq import heappop, heappush
from itertools import combinations, pairwise
from math import hypot, inf
from typing import NamedTuple

Pixel = tuple[int, int]
"""Row and column."""

_MARGIN = 2.0  # pixels beyond the stroke's width that are of the same line
_BRANCH = 4  # pixels that a branch is longer than that, at least
_AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]


Path = list[Pixel]
"""Pixels of a stroke, each beside the next."""


class Paths(NamedTuple):
    """The lines within a stroke.

    Attributes:
        inflows: from their far ends to the mouth, or to the pixel of an earlier one that they meet.
        outflows: from the pixel of one of those to another mouth, or around an island to the far end of another one.

    """

    inflows: list[Path]
    outflows: list[Path]


def trace_paths(mouth: Sequence[Pixel], depth: Mapping[Pixel, float], mouths: Mapping[Pixel, bool]) -> Paths:
    """Find the lines in a stroke that lead to its mouth.

    From the mouth on, the farthest pixel that no line is near yet is the end of the next one (TEASAR: Sato, Bitter,
    Bender, Kaufman and Nakajima, "TEASAR: tree-structure extraction algorithm for accurate and robust skeletons",
    Pacific Graphics 2000). Ways are shortest where steps count by how near the shore they are.

    Args:
        mouth: pixels of the stroke.
        depth: how far all its pixels are from the shore, above 0.
        mouths: of its other pixels that are beside water, whether they are mouths, too, rather than sources.

    """
    towards, order = _ways(mouth, depth)
    inflows: list[Path] = []
    others: list[Pixel] = []
    used: set[Pixel] = set()
    near: set[Pixel] = set()
    for far_end in order:
        if far_end in near:
            continue
        way = _way(far_end, towards, used)
        apart = next((i for i, pixel in enumerate(way) if pixel in near), len(way))
        near.update(way[:apart])
        if apart < _BRANCH:
            continue
        for pixel in way[:apart]:
            near.update(disc(pixel, 2 * depth[pixel] + _MARGIN, depth))
        if _is_mouth(far_end, depth, mouths):
            others.append(far_end)
        else:
            inflows.append(way)
            used.update(way)
    outflows = _turned(inflows, depth)
    for far_end in others if used else []:
        way = _way(far_end, towards, used)
        if len(way) > 1:
            outflows.append(way[::-1])
    return Paths(inflows, outflows)


def _turned(inflows: list[Path], depth: Mapping[Pixel, float]) -> list[Path]:
    """Cut off what has to flow the other way from the inflows, and return it.

    Where two far ends meet, water parts above an island and comes together below it. The line that the river joins is
    to flow from there to the far end of the other.
    """
    outflows = []
    for one, other in combinations(inflows.copy(), 2):
        between = _between(one[0], other[0], depth)
        if between is None or one not in inflows or other not in inflows:
            continue
        joined = {path[-1]: len(path) for path in inflows if path not in (one, other)}
        parting = max(
            {*one[1:-1], *other[1:-1]} & joined.keys(), key=lambda pixel: (joined[pixel], pixel), default=None
        )
        if parting is None:  # two springs
            continue
        upper = one if parting in one else other
        at = upper.index(parting)
        inflows[inflows.index(upper)] = upper[at:]
        outflows.append(upper[at::-1] + (between if upper is one else between[::-1])[1:])
    return outflows


def _between(one: Pixel, other: Pixel, depth: Mapping[Pixel, float]) -> Path | None:
    """The short way between two far ends that meet; None if they don't."""
    if _step(one, other) > (reach := 4 * depth[one] + 2 * _MARGIN):
        return None
    towards, _ = _ways([other], {pixel: depth[pixel] for pixel in disc(one, reach, depth)})
    return _way(one, towards, set()) if one in towards else None


def length(path: Path) -> float:
    """How long a path is, in pixels."""
    return sum(_step(*pair) for pair in pairwise(path))


def downstream(pixel: Pixel, paths: Paths) -> Path:
    """The way from a pixel of a path to the mouth that it leads to."""
    way = [pixel]
    for path in reversed(paths.inflows):  # each ends at an earlier one
        if way[-1] in path[:-1]:
            way += path[path.index(way[-1]) + 1 :]
    return way


def past_mouth(way: Path, mouths: Set[Pixel], depth: Mapping[Pixel, float]) -> Path:
    """What goes on of a way from where it has met a mouth and left it again: an arm from sea to sea."""
    meets = [not mouths.isdisjoint(disc(pixel, depth[pixel] + _MARGIN, depth)) for pixel in way]
    met = meets.index(True) if True in meets else len(meets)
    left = meets.index(False, met) if False in meets[met:] else len(meets)
    return way[left:]


def _way(pixel: Pixel, towards: Mapping[Pixel, Pixel], used: set[Pixel]) -> Path:
    """The way from a pixel to the first one that is used, or to the mouth."""
    way = [pixel]
    while way[-1] not in used and towards[way[-1]] != way[-1]:
        way.append(towards[way[-1]])
    return way


def _ways(mouth: Sequence[Pixel], depth: Mapping[Pixel, float]) -> tuple[dict[Pixel, Pixel], list[Pixel]]:
    """The next pixel of each on its shortest way to the mouth, itself there; and all pixels, the farthest first."""
    cost: dict[Pixel, float] = dict.fromkeys(mouth, 0.0)
    distance = dict(cost)
    towards = {pixel: pixel for pixel in mouth}
    waiting = [(0.0, pixel) for pixel in mouth]
    done: set[Pixel] = set()
    while waiting:
        _, pixel = heappop(waiting)
        if pixel in done:
            continue
        done.add(pixel)
        for y, x in _AROUND:
            other = pixel[0] + y, pixel[1] + x
            if other in depth and other not in done:
                further = cost[pixel] + hypot(y, x) * 2 / (depth[pixel] + depth[other])
                if further < cost.get(other, inf):
                    cost[other], distance[other] = further, distance[pixel] + hypot(y, x)
                    towards[other] = pixel
                    heappush(waiting, (further, other))
    return towards, sorted(distance, key=lambda pixel: (-distance[pixel], pixel))


def _is_mouth(pixel: Pixel, depth: Mapping[Pixel, float], mouths: Mapping[Pixel, bool]) -> bool:
    """Whether a line that ends at a pixel comes to a mouth there."""
    ends = [
        (_step(pixel, other), mouths[other]) for other in disc(pixel, 2 * depth[pixel] + 1, depth) if other in mouths
    ]
    return min(ends, default=(0.0, False))[1]


def disc(pixel: Pixel, radius: float, depth: Mapping[Pixel, float]) -> list[Pixel]:
    """Pixels of the stroke so near."""
    reach = int(radius)
    around = [(pixel[0] + y, pixel[1] + x) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)]
    return [other for other in around if other in depth and _step(pixel, other) <= radius]


def _step(one: Pixel, other: Pixel) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])
