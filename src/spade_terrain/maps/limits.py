"""How large a map may be, and how much of it is held in memory at once."""

from spade_terrain.errors import MapError

MIN_SIDE = 64
MAX_SIDE = 65_536
MAX_DECODED = 4096 * 4096
"""Pixels of the largest image that is decoded at once, as all files but PNG have to be."""
STRIPE = 1 << 22
"""Pixels that are read at once of what can be read some rows at a time."""


def check_size(width: int, height: int) -> None:
    """Raise `MapError` if a map can't be as small or as large as this, in pixels."""
    if min(width, height) < MIN_SIDE:
        raise MapError(f"the map is {width} x {height} pixels; paint one with sides of at least {MIN_SIDE}")
    if max(width, height) > MAX_SIDE:
        raise MapError(f"the map is {width} x {height} pixels, and sides of {MAX_SIDE} are the most; cut it")
