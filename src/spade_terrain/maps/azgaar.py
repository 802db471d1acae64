"""Full JSON exports of Azgaar's Fantasy Map Generator: its cells as a painted map.

The generator divides its map into Voronoi cells of one height and one biome each; its data model is described at
https://github.com/Azgaar/Fantasy-Map-Generator/wiki/Data-model. Older exports list the biomes in `biomesData`, as
arrays, newer ones in `pack.biomes`, as objects.
"""

import json
import logging
import re
from dataclasses import dataclass
from math import ceil, inf, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from spade_terrain.errors import MapError, MissingFileError, StorageError, TerrainError, one_line
from spade_terrain.palette import CLASSES, NAMES, WATER, Labels, nearest_class

_SEA = 20
"""Cells of less than this height (0..100) are under water."""
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
_CELL = 4
"""Pixels a side of a usual cell, as it is drawn: few, so that upscaling blurs and bends its straight edges."""
_FINER = 4
"""How much finer cells are drawn than they are kept, since Pillow draws polygons half a pixel too large."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cells:
    """The cells of a map, of which those that are no water have a class.

    Attributes:
        size: width and height of the map, in its own units.
        polygons: corners of each cell, `(N, 2)` as x and y.
        labels: class of each cell, 0..6.

    """

    size: tuple[float, float]
    polygons: list[NDArray[np.float64]]
    labels: list[int]

    def shape(self, width: int | None) -> tuple[int, int]:
        """Height and width of the map with so many columns; by default a pixel is one unit of the map."""
        columns = round(self.size[0]) if width is None else width
        return round(columns * self.size[1] / self.size[0]), columns

    def draw(self, width: int) -> tuple[Labels, int]:
        """Paint the cells coarsely, uint8 `(h, w)`; how many times to upscale that for a map of `width` columns, >= 2.

        Upscaled, it may be some rows and columns larger than that map.
        """
        unit = width / self.size[0]
        spacing = sqrt(self.size[0] * self.size[1] / len(self.labels))
        scale = max(2, round(spacing * unit / _CELL))
        columns, rows = (ceil(side * unit / scale) for side in self.size)
        image = Image.new("L", (columns * _FINER, rows * _FINER), WATER)
        brush = ImageDraw.Draw(image)
        for polygon, label in zip(self.polygons, self.labels, strict=True):
            if len(polygon) > 2:  # others have no area
                brush.polygon((polygon * (unit / scale * _FINER)).ravel().tolist(), fill=label)
        return np.asarray(image)[_FINER // 2 :: _FINER, _FINER // 2 :: _FINER], scale


def read_export(path: Path) -> Cells:
    """Read a full export; a biome that is not known becomes the class of the nearest colour, with a warning.

    Raises `MapError` if the file is cut short, is not an export, or not the full one; `MissingFileError` or
    `StorageError` if it can't be read.
    """
    try:
        export = json.loads(path.read_bytes())
    except FileNotFoundError as e:
        raise MissingFileError(f"no such file: {path}") from e
    except OSError as e:
        raise StorageError(f"can't read {path}: {one_line(e)}; give a file that you may read") from e
    except (ValueError, RecursionError) as e:
        raise MapError(f"{path} is not JSON, or was cut short ({one_line(e)}); export it again") from e
    if not isinstance(export, dict) or "Azgaar" not in str(export.get("info")):
        raise MapError(f"{path} is not an export of Azgaar's Fantasy Map Generator; paint a map, or export one there")
    pack = export.get("pack")
    if not isinstance(pack, dict) or not {"cells", "vertices", "features"} <= pack.keys():
        raise MapError(f"{path} is not the full export; choose Export, JSON, full in the generator")
    try:
        return _cells(export, pack, path)
    except TerrainError:  # a `MapError` is a `ValueError`, too
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as e:
        reason = f"{type(e).__name__}: {one_line(e)}"
        raise MapError(f"{path} is not as Azgaar's generator writes it ({reason}); export it again") from e


def _cells(export: dict[str, Any], pack: dict[str, Any], path: Path) -> Cells:
    size = (float(export["info"]["width"]), float(export["info"]["height"]))
    corners = np.array([vertex["p"] for vertex in pack["vertices"]], np.float64)
    cells = pack["cells"]
    if not cells or not 0 < min(size) <= max(size) < inf or not np.isfinite(corners).all():
        raise ValueError("it has no area")
    bodies = [feature["type"] if isinstance(feature, dict) else None for feature in pack["features"]]
    names, colours = _biomes(export, pack)
    biomes = {i: _class(names[i], colours[i], path) for i in sorted({cell["biome"] for cell in cells if _is_low(cell)})}
    labels = [_label(cell["h"], bodies[cell["f"]], biomes.get(cell["biome"], WATER)) for cell in cells]
    return Cells(size, [corners[cell["v"]] for cell in cells], labels)


def _biomes(export: dict[str, Any], pack: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Names and colours of all biomes, by number."""
    if "biomes" in pack:
        return [biome["name"] for biome in pack["biomes"]], [biome["color"] for biome in pack["biomes"]]
    return export["biomesData"]["name"], export["biomesData"]["color"]


def _is_low(cell: dict[str, Any]) -> bool:
    """Whether the biome decides what the cell is."""
    return _SEA <= int(cell["h"]) < _HILLS


def _label(height: int, body: str | None, biome: int) -> int:
    if height < _SEA or body in ("ocean", "lake"):
        return WATER
    if height >= _MOUNTAINS:
        return NAMES.index("mountains")
    return NAMES.index("hills") if height >= _HILLS else biome


def _class(name: str, colour: str, path: Path) -> int:
    """The label of a biome."""
    known = _BIOMES.get(name.lower())
    if known:
        return NAMES.index(known)
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise MapError(
            f"{path} has a biome {name!r} that is not known, of the colour {colour}; give it a plain colour, or one of "
            f"the names {', '.join(_BIOMES)}"
        )
    rgb = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    land = [place for place in range(len(CLASSES)) if place != WATER]
    label = land[nearest_class(rgb, [CLASSES[place] for place in land])]
    _log.warning("%s: the biome %r is not known; by its colour %s it becomes %s", path, name, colour, NAMES[label])
    return label
