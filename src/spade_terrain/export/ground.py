"""How large a terrain is on the ground, and how much taller than the truth it is usually shown."""

from spade_terrain.export.options import VERTICAL_SCALE
from spade_terrain.terrain import TerrainRows

_REGION, _COUNTRY = 128e3, 1024e3
"""Metres of the longer side between which `VERTICAL_SCALE` is right as it is."""
_GROWTH = 2 / 3
"""Less than 1, since mountains that are many on a wide map become a forest of needles."""
_LEAST, _MOST = 1.0, 20.0


def pixel(terrain: TerrainRows) -> tuple[float, float]:
    """Metres that a pixel is from west to east, and from north to south: as its georeference says, else its `gsd`."""
    place = terrain.georeference
    return place.pixel if place else (terrain.gsd, terrain.gsd)


def extent(terrain: TerrainRows) -> tuple[float, float]:
    """Metres that `terrain` is wide from west to east, and long from north to south."""
    rows, columns = terrain.height.shape
    east_west, north_south = pixel(terrain)
    return columns * east_west, rows * north_south


def usual_vertical_scale(longer_side: float, relief: float = 1.0) -> float:
    """How many times as tall as they are heights are shown of a map whose longer side is so many metres.

    Mountains grow no taller on a wider map, so what is right for a country leaves a continent as flat as a sheet of
    paper, and makes needles of a valley. It grows in proportion to the side up to 128 km, is the same up to 1,024 km,
    and grows with the side's power of 2/3 beyond, from 1 to 20 in all; it is rounded to two digits. On the smallest,
    where `relief` makes heights lower for slopes like nature's, it heeds that.
    """
    if longer_side < _REGION:
        scale = VERTICAL_SCALE * min(longer_side / (_REGION * relief), 1.0)
    else:
        scale = VERTICAL_SCALE * max(longer_side / _COUNTRY, 1.0) ** _GROWTH
    return float(f"{min(max(scale, _LEAST), _MOST):.2g}")
