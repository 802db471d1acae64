"""Rivers of a map: through which cells each runs, how much water it has, and its name."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.maps.azgaar.fields import Field
from spade_terrain.maps.azgaar.scale import MOST
from spade_terrain.terrain import Course

_BEYOND = -1
"""In place of a cell, after the last one of a river that leaves the map."""
_MOST_WATER = 1e9


def read_courses(rivers: Field, sites: NDArray[np.float64], size: tuple[float, float]) -> list[Course]:
    """Courses of rivers in the map's own units, those first that others flow into.

    A river of one cell has none, nor has one without cells, as versions before 2021 write them.

    Args:
        rivers: the list of them.
        sites: of all cells, x and y, `(N, 2)`.
        size: width and height of the map.

    Raises `MapError` if anything in it is not as the generator writes it.

    """
    if rivers.value is None:
        return []
    entries = [entry for entry in rivers.entries() if entry["cells"].value is not None]
    numbers = [int(entry["i"].number(0, MOST)) for entry in entries]
    parents = {
        number: int(entry["parent"].number(0, MOST)) if entry["parent"].value is not None else 0
        for number, entry in zip(numbers, entries, strict=True)
    }
    courses = []
    for number, entry in zip(numbers, entries, strict=True):
        points = _points(entry, sites, size)
        if len(points) < 2:
            continue
        name = entry["name"].text() if entry["name"].value else None
        water = entry["discharge"].number(0, _MOST_WATER) if entry["discharge"].value is not None else 0.0
        courses.append((_parents_above(number, parents), -water, number, Course(points, water, name)))
    return [course for *_, course in sorted(courses, key=lambda found: found[:3])]


def _points(river: Field, sites: NDArray[np.float64], size: tuple[float, float]) -> NDArray[np.float64]:
    """Points that a river runs through, none twice in a row: those that its user set, or else sites of its cells."""
    if river["points"].value:
        points = river["points"].points(MOST)
    else:
        cells = river["cells"].integers(_BEYOND, len(sites) - 1)
        points = sites[cells[cells != _BEYOND]]
        if len(points) and cells[-1] == _BEYOND:
            points = np.concatenate([points, [_over_the_border(points[-1], size)]])
    moves: NDArray[np.bool_] = np.concatenate(
        [np.ones(min(len(points), 1), bool), (np.diff(points, axis=0) != 0).any(1)]
    )
    return points[moves]


def _over_the_border(point: NDArray[np.float64], size: tuple[float, float]) -> NDArray[np.float64]:
    """The place as far beyond the nearest border as a point is from it."""
    x, y = point
    width, height = size
    beyond = [(-x, y), (x, -y), (2 * width - x, y), (x, 2 * height - y)]
    return np.array(min(beyond, key=lambda place: abs(place[0] - x) + abs(place[1] - y)))


def _parents_above(number: int, parents: dict[int, int]) -> int:
    """How many rivers a river's water goes on in; no more than there are, if they should go round and round."""
    count = 0
    while (parent := parents.get(number, number)) != number and parent in parents and count < len(parents):
        number, count = parent, count + 1
    return count
