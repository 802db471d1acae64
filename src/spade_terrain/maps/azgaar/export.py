"""JSON exports, full or of pack cells.

Older exports list the biomes in `biomesData`, as arrays, newer ones in `pack.biomes`, as objects. Those from before May
2024 don't tell the size of the map.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.maps.azgaar.biomes import SEA, classes
from spade_terrain.maps.azgaar.cells import Cells
from spade_terrain.maps.azgaar.fields import Field
from spade_terrain.maps.azgaar.rivers import read_courses
from spade_terrain.maps.azgaar.scale import MOST, checked_spacing, height_exponent, metres_a_unit, warn_of_unused
from spade_terrain.terrain import Course

ADVICE = "choose Export, JSON, full in the generator"


def read_export(export: Field) -> Cells:
    """The cells in an export, with one warning of what else is in it, and one of biomes that are not known.

    Raises `MapError` if it is none, or not the full one, or anything in it is not as the generator writes it.
    """
    path, pack = export.path, export["pack"]
    if export["type"].value in ("FeatureCollection", "Feature"):
        raise MapError(f"{path} is GeoJSON, which is not read; {ADVICE}")
    if "Azgaar" not in str(export["info"]["description"].value):
        raise MapError(f"{path} is not an export of Azgaar's Fantasy Map Generator; paint a map, or {ADVICE}")
    if not isinstance(pack.value, dict) or not {"cells", "features"} <= pack.value.keys():
        raise MapError(f"{path} is not the full export; {ADVICE}")
    heights = pack["cells"].column("h").integers(0, 100)
    if not len(heights):
        raise pack["cells"].wrong("cells")
    heights[_in_water(pack)] = 0
    names, colours = _biomes(export)
    biomes = pack["cells"].column("biome").integers(0, len(names) - 1)
    settings = export["settings"]
    metres = metres_a_unit(settings["distanceScale"], settings["distanceUnit"])
    exponent = height_exponent(settings["heightExponent"])
    sites = pack["cells"].column("p").points(MOST)
    size, spacing = _size(export), _spacing(export, heights)
    courses = read_courses(pack["rivers"], sites, size)
    # What may be refused goes before what is warned of.
    labels = classes(heights, biomes, names, colours, path)
    warn_of_unused(path, settings["distanceUnit"], metres, ["heights"] * (exponent is None) + _unused(pack, courses))
    return Cells(size, spacing, sites, labels, heights, exponent, metres, courses)


def _in_water(pack: Field) -> NDArray[np.bool_]:
    """Whether each cell belongs to the sea or to a lake: `(N,)`."""
    bodies = np.array([feature["type"].value in ("ocean", "lake") for feature in pack["features"].entries()], bool)
    in_water: NDArray[np.bool_] = bodies[pack["cells"].column("f").integers(0, len(bodies) - 1)]
    return in_water


def _biomes(export: Field) -> tuple[list[str], list[str]]:
    """Names and colours of all biomes, by number."""
    new, old = export["pack"]["biomes"], export["biomesData"]
    lists = (old["name"], old["color"]) if new.value is None else (new.column("name"), new.column("color"))
    names, colours = ([entry.text() for entry in part.entries()] for part in lists)
    if len(names) != len(colours):
        raise lists[1].wrong(f"{len(names)} colours")
    return names, colours


def _size(export: Field) -> tuple[float, float]:
    """Width and height of the map."""
    info, grid = export["info"], export["grid"]
    if info["width"].value is not None:
        return info["width"].number(1, MOST), info["height"].number(1, MOST)
    if grid["boundary"].value:  # a frame of points around the map, as far from it on either side
        frame = grid["boundary"].points(MOST)
        width, height = frame.min(0) + frame.max(0)
    else:
        width, height = export["pack"]["vertices"].column("p").points(MOST).max(0, initial=0).round()
    if not min(width, height) >= 1:
        raise info["width"].wrong("a number, nor do its points tell it")
    return float(width), float(height)


def _spacing(export: Field, heights: NDArray[np.int64]) -> float:
    """Side of a usual cell. Those of land tell it: of the sea, most are left out, and the rest are the larger."""
    grid, cells = export["grid"]["spacing"], export["pack"]["cells"]
    areas = cells.column("area").numbers(0, MOST**2)
    usual = max(1 / MOST, sqrt(np.median(areas[heights >= SEA] if (heights >= SEA).any() else areas)))
    return usual if grid.value is None else checked_spacing(grid, usual)


def _unused(pack: Field, courses: list[Course]) -> list[str]:
    """What is in it beyond what makes labels and heights."""
    unused = []
    if pack["rivers"].value and not courses:
        unused.append("rivers")
    if any(feature["type"].value == "lake" for feature in pack["features"].entries()):
        unused.append("levels of lakes")
    return unused
