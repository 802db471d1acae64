"""How large the ground of a map is, and what a file has beyond what is used: one line on both."""

import logging
from pathlib import Path

from spade_terrain.maps.azgaar.fields import Field

MOST = 100_000
"""The largest width and height that a map may have, and the farthest that a point of it may lie, in its units."""
_METRES = {"mi": 1609.344, "km": 1000.0, "lg": 4828.032, "vr": 1066.8, "nmi": 1852.0, "nlg": 5556.0}
"""The generator's units: mile, kilometre, league, versta, nautical mile and nautical league."""

_log = logging.getLogger(__name__)


def checked_spacing(spacing: Field, usual: float) -> float:
    """The distance of neighbours on the grid of points, in the map's units, if cells of that size would fill the map.

    Raises `MapError` if it is more than twice or less than half of the side of a `usual` cell.
    """
    number = spacing.number(1 / MOST, MOST)
    if not usual / 2 <= number <= usual * 2:
        raise spacing.wrong(f"about {usual:.3g}, the side of a cell")
    return number


def metres_a_unit(distance: Field, unit: Field) -> float | None:
    """Metres a unit of the map, which is `distance` units of length; `None` if the user named a unit of length anew.

    Raises `MapError` if the distance is no number, or out of range.
    """
    metres = _METRES.get(str(unit.value))
    return None if metres is None else distance.number(0.001, 10_000) * metres


def height_exponent(field: Field) -> float | None:
    """The exponent of heights, 2 in most maps; `None` if the file does not tell it.

    Raises `MapError` if it is no number, or out of range.
    """
    return None if field.value is None else field.number(0.1, 3)


def warn_of_unused(path: Path, unit: Field, metres: float | None, unused: list[str]) -> None:
    """Say what is not used of a file, if there is any such thing."""
    if metres is None:
        unused = [f"the scale (its unit is {str(unit.value)[:20]!r}, not {', '.join(_METRES)})", *unused]
    if unused:
        _log.warning("%s has more than is used yet: %s", path, ", ".join(unused))
