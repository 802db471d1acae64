"""How large a map's pixels are on the ground, when the map says one thing and whoever calls another."""

import logging
from math import isfinite

from spade_terrain.errors import ParameterError
from spade_terrain.terrain import GSD, Georeference, height_scale

SMALLEST, LARGEST = 0.01, 1e6
"""Metres that a pixel may be: from a pebble to more than any planet's map has."""

_ALIKE = 1.01
"""Scales that differ by less are the same: degrees and projections are no more exact than that."""

_log = logging.getLogger(__name__)


def check_gsd(gsd: float | None) -> None:
    """Raise `ParameterError` if `gsd` is no ground sample distance in metres."""
    if gsd is not None and not (isfinite(gsd) and SMALLEST <= gsd <= LARGEST):
        raise ParameterError(f"`gsd` is {gsd:g}; use the metres of a pixel, {SMALLEST:g} to {LARGEST:,.0f}")


def settle_ground(
    place: Georeference | None, own: float | None, wanted: float | None, name: str
) -> tuple[Georeference | None, float | None]:
    """Where a map lies and the metres of its pixels, as all files shall say; one line is logged if that isn't plain.

    Args:
        place: where the map says that it lies.
        own: metres of a pixel by a scale of the map's own, if it is no georeference.
        wanted: what the caller says that a pixel is, which goes before both.
        name: what to call the map in the line.

    Returns:
        `place`, unless `wanted` contradicts it, and the metres of a pixel, `None` if nobody said.

    """
    said = []
    if wanted and place and not _alike(place.gsd, wanted):
        said.append(
            f"a pixel is {_metres(wanted)}, as was asked for, though its georeference says {_size(place.pixel)}; "
            "so the files lie on a plane of their own"
        )
        place = None
    gsd = place.gsd if place else wanted or own
    if gsd is None or (_alike(gsd, GSD) and not said):
        return place, gsd
    scale = height_scale(gsd)
    if not said and (wanted is None or not _alike(scale, 1)):
        source = "as was asked for" if wanted else "as its georeference says" if place else "by its own scale"
        said.append(f"a pixel is {_size(place.pixel if place else (gsd, gsd))} on the ground, {source}")
    if not _alike(scale, 1):
        said.append(
            f"heights go with it, {scale:.2g} times those of pixels of {GSD:,.0f} m, as nature's do; "
            "`relief` makes them higher or lower"
        )
    if said:
        _log.warning("%s: %s", name, "; ".join(said))
    return place, gsd


def _alike(a: float, b: float) -> bool:
    return max(a / b, b / a) < _ALIKE


def _size(pixel: tuple[float, float]) -> str:
    wide, long = pixel
    return _metres(wide) if _alike(wide, long) else f"{_metres(wide)} wide and {_metres(long)} long"


def _metres(metres: float) -> str:
    return f"{metres:,.0f} m" if metres >= 100 else f"{metres:.3g} m"
