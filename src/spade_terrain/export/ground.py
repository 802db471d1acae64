"""How large a terrain is on the ground, and how much taller than the truth it is usually shown."""

from spade_terrain.export.options import VERTICAL_SCALE
from spade_terrain.terrain import GSD, TerrainRows, height_scale

_COUNTRY = 1024e3
"""Metres of the longer side up to which `VERTICAL_SCALE` is right as it is."""
_GROWTH = 2 / 3
"""Less than 1, since mountains that are many on a wide map become a forest of needles."""
_LEAST, _MOST = 1.0, 20.0


def pixel(terrain: TerrainRows) -> tuple[float, float]:
    """Metres that a pixel is from west to east, and from north to south: as its georeference says, else its `gsd`."""
    place = terrain.georeference
    return place.pixel if place else (terrain.gsd, terrain.gsd)


def steps(terrain: TerrainRows) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where a step of one pixel along a row leads, and one down a column, in metres: as `Georeference.steps` has it."""
    place = terrain.georeference
    return place.steps if place else ((terrain.gsd, 0.0), (0.0, terrain.gsd))


def gsd(terrain: TerrainRows) -> float:
    """Ground sample distance, metres a pixel: the side of a square as large as a pixel."""
    return terrain.georeference.gsd if terrain.georeference else terrain.gsd


def extent(terrain: TerrainRows) -> tuple[float, float]:
    """Metres that `terrain` is wide from west to east, and long from north to south."""
    rows, columns = terrain.height.shape
    east_west, north_south = pixel(terrain)
    return columns * east_west, rows * north_south


def usual_vertical_scale(longer_side: float, gsd: float = GSD) -> float:
    """How many times as tall as they are heights are shown of a map whose longer side and pixels are so many metres.

    Mountains grow no taller on a wider map, so what is right for a country leaves a continent as flat as a sheet of
    paper: it grows with the side's power of 2/3. Ground that is seen more closely is steeper by itself, and it is less
    by as much. It is from 1 to 20 in all, rounded to two digits.
    """
    steepness = height_scale(gsd) * GSD / gsd if gsd < GSD else 1.0
    scale = VERTICAL_SCALE * max(longer_side / _COUNTRY, 1.0) ** _GROWTH / steepness
    return float(f"{min(max(scale, _LEAST), _MOST):.2g}")
