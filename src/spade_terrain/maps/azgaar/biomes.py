"""Biomes and heights of cells to classes."""

import logging
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.palette import CLASSES, NAMES, WATER, Labels, nearest_class

SEA = 20
"""Cells of less than this height (0..100) are under water: of the sea, or of lakes, which so keep their shapes."""
_HILLS = 50
"""From here on the generator draws hills, whatever the biome: 1,000 m with its usual exponent, `(h - 18)^2` metres."""
_MOUNTAINS = 71
"""From here on it draws mountains: 2,800 m."""
_BIOMES = {
    "marine": "water",
    "hot desert": "desert",
    "cold desert": "desert",
    "savanna": "grassland",
    "grassland": "grassland",
    "wetland": "grassland",
    "tropical seasonal forest": "forest",
    "temperate deciduous forest": "forest",
    "tropical rainforest": "forest",
    "temperate rainforest": "forest",
    "taiga": "forest",
    "tundra": "tundra",
    "glacier": "tundra",
}

_log = logging.getLogger(__name__)


def classes(
    heights: NDArray[np.int64], biomes: NDArray[np.int64], names: list[str], colours: list[str], path: Path
) -> Labels:
    """The class of each cell, uint8 `(N,)`, 0..6, by its height (0..100), and else by its biome.

    A biome that is not known becomes the class of the nearest colour, other than water, with one warning for all.

    Args:
        heights: of each cell.
        biomes: of each cell, as its place in `names` and `colours`.
        names: of all biomes.
        colours: of all biomes, as CSS writes them.
        path: the file, for messages.

    Raises:
        MapError: a biome is not known, and its colour is a pattern.

    """
    low = (heights >= SEA) & (heights < _HILLS)  # there the biome decides
    of_biome = np.full(len(names), WATER, np.uint8)
    guessed = []
    for i in np.unique(biomes[low]):
        known = _BIOMES.get(names[i].lower())
        of_biome[i] = NAMES.index(known) if known else _by_colour(names[i], colours[i], path)
        if not known:
            guessed.append(f"{names[i]!r} ({colours[i]}) is {NAMES[of_biome[i]]}")
    if guessed:
        _log.warning("%s has biomes that are not known; by its colour %s", path, ", ".join(guessed))
    labels = np.where(low, of_biome[biomes], WATER)
    labels[heights >= _HILLS] = NAMES.index("hills")
    labels[heights >= _MOUNTAINS] = NAMES.index("mountains")
    return labels


def _by_colour(name: str, colour: str, path: Path) -> int:
    """The label of a biome that is not known."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise MapError(
            f"{path} has a biome {name!r} that is not known, of the colour {colour!r}; give it a plain colour, or one "
            f"of the names {', '.join(_BIOMES)}"
        )
    rgb = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    land = [place for place in range(len(CLASSES)) if place != WATER]
    return land[nearest_class(rgb, [CLASSES[place] for place in land])]
