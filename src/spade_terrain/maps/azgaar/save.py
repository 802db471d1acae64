r"""Saved maps, `.map`: records of text, JSON or numbers, separated by "\r\n".

They hold the grid of points, with a height each, but of the cells that the map shows only the biomes. Those cells
follow from the grid: the generator drops the points of the open sea, and puts one halfway between each two along a
coast that are far apart.
"""

import json
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, one_line
from spade_terrain.maps.azgaar.biomes import classes
from spade_terrain.maps.azgaar.cells import Cells
from spade_terrain.maps.azgaar.delaunay import neighbours
from spade_terrain.maps.azgaar.export import ADVICE
from spade_terrain.maps.azgaar.fields import Field
from spade_terrain.maps.azgaar.rivers import read_courses
from spade_terrain.maps.azgaar.scale import MOST, checked_spacing, height_exponent, metres_a_unit, warn_of_unused

_PARAMETERS, _SETTINGS, _BIOMES, _GRID, _HEIGHTS, _BODIES, _SHORES, _CELL_BIOMES, _RIVERS = 0, 1, 3, 6, 7, 9, 10, 16, 32
"""Places of records."""
_LAND_SHORE, _SEA_SHORE, _OFF_SHORE = 1, -1, -2
"""How many points from a coast a point lies, as the generator counts: in water below zero."""
_EXPONENT = 4
"""The place of the heights' exponent in the record of settings."""
_EDGE = 3
"""Rings of a grid around that of the points, for those beyond the map's edge."""


def read_save(records: Field) -> Cells:
    """The cells of a saved map, from its records, with one warning of what else is in it.

    Raises `MapError` if it is not one, or of a version that writes other records.
    """
    path = records.path
    parts = [entry.text() for entry in records.entries()]
    if len(parts) <= _RIVERS:
        raise MapError(f"{path} is not a map of Azgaar's Fantasy Map Generator, or was cut short; save it again")
    parameters = _listed(records, _PARAMETERS, "|")
    if len(parameters.entries()) < 6:
        raise parameters.wrong("parameters")
    width, height = (parameters.entries()[i].number(1, MOST) for i in (4, 5))
    grid = _json(records, _GRID)
    points_read = max(1, len(grid["points"].entries()))
    spacing = checked_spacing(grid["spacing"], sqrt(width * height / points_read))
    heights = _listed(records, _HEIGHTS).integers(0, 100)
    sites, points = _cells(grid, spacing, _listed(records, _BODIES), _listed(records, _SHORES), heights)
    names, colours = _biomes(records)
    biomes = _listed(records, _CELL_BIOMES).integers(0, len(names) - 1)
    if len(biomes) != len(sites):
        raise MapError(f"{path} has {len(biomes)} cells, but its grid makes {len(sites)}; {ADVICE}")
    settings = [*_listed(records, _SETTINGS, "|").entries(), *5 * [Field(None, "settings", path)]]
    unit, distance, exponent = settings[0], settings[1], height_exponent(settings[_EXPONENT])
    metres = metres_a_unit(distance, unit)
    courses = read_courses(
        _json(records, _RIVERS) if parts[_RIVERS] else Field(None, "rivers", path), sites, (width, height)
    )
    labels = classes(heights[points], biomes, names, colours, path)
    unused = ["heights"] * (exponent is None) + ["rivers"] * (len(parts[_RIVERS]) > len("[]") and not courses)
    warn_of_unused(path, unit, metres, unused + ["levels of lakes"] * ("lake" in _types(grid)))
    return Cells((width, height), spacing, sites, labels, heights[points], exponent, metres, courses)


def _listed(records: Field, place: int, separator: str = ",") -> Field:
    return Field(records.value[place].split(separator), f"record {place}", records.path)


def _json(records: Field, place: int) -> Field:
    try:
        value = json.loads(records.value[place])
    except (ValueError, RecursionError) as e:
        raise MapError(
            f"{records.path} is damaged in record {place}, or of too old a version ({one_line(e)}); {ADVICE}"
        ) from e
    return Field(value, f"record {place}", records.path)


def _biomes(records: Field) -> tuple[list[str], list[str]]:
    """Names and colours of all biomes: in older versions `colours|habitabilities|names`, in newer ones JSON."""
    if records.value[_BIOMES].startswith("["):
        biomes = _json(records, _BIOMES)
        names, colours = ([entry.text() for entry in biomes.column(key).entries()] for key in ("name", "color"))
        return names, colours
    written = [part.split(",") for part in records.value[_BIOMES].split("|")]
    if len(written) < 3 or len(written[0]) != len(written[2]):
        raise _listed(records, _BIOMES, "|").wrong("biomes")
    return written[2], written[0]


def _types(grid: Field) -> list[str]:
    """The type of each body of land or water on the grid."""
    return [str(feature["type"].value) for feature in grid["features"].entries()]


def _cells(
    grid: Field, spacing: float, bodies: Field, shores: Field, heights: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sites of the cells shown, x and y `(N, 2)`, in the generator's order, and the point of each `(N,)`."""
    points, frame = grid["points"].points(MOST), grid["boundary"].points(MOST)
    columns = int(grid["cellsX"].number(1, MOST))
    rows = len(points) // columns
    lakes = np.array([kind == "lake" for kind in _types(grid)])
    in_lake = lakes[bodies.integers(0, len(lakes) - 1)]
    shore = shores.integers(-128, 127)
    if rows * columns != len(points) or not len(points) == len(heights) == len(in_lake) == len(shore):
        raise grid["points"].wrong(f"{columns} points a row, with a height, a body and a distance from the shore each")
    # Of water, only what is near land is kept: a quarter of the second row of cells is dropped, too.
    numbers = np.arange(len(points))
    off_shore = (shore == _OFF_SHORE) & ~in_lake & (numbers % 4 != 0)
    kept = numbers[(heights >= 20) | (shore == _SEA_SHORE) | off_shore]
    pairs = _far_pairs(points, _framed(frame, (rows, columns), spacing), frame, shore, spacing)
    between = np.floor((points[pairs[:, 0]] + points[pairs[:, 1]]) / 2 * 10 + 0.5) / 10  # as it rounds them
    sources = np.concatenate([kept, pairs[:, 0]])
    order = np.argsort(sources, kind="stable")
    return np.concatenate([points[kept], between])[order], sources[order]


def _framed(frame: NDArray[np.float64], shape: tuple[int, int], spacing: float) -> NDArray[np.int64]:
    """The number of the point in each cell of the grid, row by row, with the frame's points, numbered on, around it."""
    rows, columns = shape
    grid = np.full((rows + 2 * _EDGE, columns + 2 * _EDGE), -1)
    grid[_EDGE:-_EDGE, _EDGE:-_EDGE] = np.arange(rows * columns).reshape(shape)
    column, row = (np.floor(frame / spacing).clip(-1, [columns, rows]).astype(np.int64) + _EDGE).T
    beyond = grid[row, column] < 0
    grid[row[beyond], column[beyond]] = rows * columns + np.flatnonzero(beyond)
    return grid


def _far_pairs(
    points: NDArray[np.float64],
    grid: NDArray[np.int64],
    frame: NDArray[np.float64],
    shore: NDArray[np.int64],
    spacing: float,
) -> NDArray[np.int64]:
    """Neighbours along one side of a coast that are farther apart than `spacing`, unless the first is at the edge."""
    coast = np.flatnonzero((shore == _LAND_SHORE) | (shore == _SEA_SHORE))
    every = np.concatenate([points, frame])
    pairs = neighbours(every, grid, coast)
    at_edge = np.zeros(len(every), bool)
    at_edge[pairs[pairs[:, 1] >= len(points), 0]] = True
    a, b = pairs[(pairs[:, 0] < pairs[:, 1]) & (pairs[:, 1] < len(points)) & ~at_edge[pairs[:, 0]]].T
    far = (shore[a] == shore[b]) & (((points[a] - points[b]) ** 2).sum(1) >= spacing**2)
    return np.stack([a[far], b[far]], 1)
