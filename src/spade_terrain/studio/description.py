"""What the page is told of the model, of the files there are, and of maps to begin with."""

from collections.abc import Callable
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from spade_terrain import __version__
from spade_terrain.errors import MissingLibraryError
from spade_terrain.export.formats import FORMATS, check_libraries
from spade_terrain.export.options import ExportOptions
from spade_terrain.export.presets import PRESETS, Preset
from spade_terrain.generation.model import STYLE_LIMIT
from spade_terrain.generation.tiling import margin
from spade_terrain.palette import Labels, image_to_labels
from spade_terrain.runtime.libraries import require
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.refusals import RefusedError
from spade_terrain.studio.messages.model import Choice, FormatChoice, ModelDescription, Template, TerrainClass
from spade_terrain.studio.messages.orders import MAX_SIZE, MAX_WINDOW
from spade_terrain.studio.work.carving import LARGEST_DETAIL
from spade_terrain.studio.work.importing import LEGENDS

TEMPLATES = ("continent", "archipelago", "valley", "kingdom", "skerries", "oases")
"""Names of the examples that a map can begin with."""

FORMAT_TEXTS = {
    "glb": ("GLB", "land and texture in one file, for the web and most 3D programs"),
    "obj": ("OBJ", "mesh with texture"),
    "stl": ("STL", "solid for 3D printing"),
    "texture": ("Texture", "the ground's colours without shadows, PNG"),
    "terrain": ("Shaded map", "the texture lit from the north-west, PNG"),
    "height": ("Height map", "metres, 16-bit PNG"),
    "exr": ("Height, EXR", "metres, 32-bit floats"),
    "geotiff": ("GeoTIFF", "height and texture for GIS"),
    "zarr": ("Zarr", "heights, textures and classes as arrays in several resolutions, for xarray"),
    "r16": ("Height, r16", "the height map's numbers without a header, little-endian"),
    "raw": ("Height, RAW", "the same, by another name"),
    "masks": ("Masks", "a grey PNG for each class"),
    "splat": ("Splat maps", "the classes in colour channels, PNG"),
    "normal": ("Normal map", "slopes, PNG"),
    "preview": ("Preview", "a picture in 3D"),
    "bed": ("Lake beds", "the height map with the ground beneath lakes, 16-bit PNG"),
    "rivers": ("Rivers", "lines, GeoJSON; where they are drawn and how much water runs, PNG"),
    "wetness": ("Wetness", "where the ground is wet by its shape, 16-bit PNG"),
    "basins": ("Basins", "which land drains to the same mouth, a colour a basin, PNG"),
    "geotiff-water": ("GeoTIFF of water", "lake beds, area upstream, wetness and basins for GIS"),
}
"""Label and description of each format, in the order in which they are offered."""

PRESET_TEXTS = {
    "unity": ("Unity", "height map, texture and what to type in"),
    "unreal": ("Unreal", "height map, texture and what to type in"),
    "godot": ("Godot", "files for Terrain3D and HTerrain"),
    "blender": ("Blender", "EXR, texture and a script that builds the scene"),
    "worldpainter": ("WorldPainter", "height map and what to type in"),
}
"""Label and description of each preset."""


_NUMBA = (require, "numba", "fine land", "drainage")


def describe(engine: Engine) -> ModelDescription:
    """All that the page has to know before its first stroke."""
    card = engine.model.card
    return ModelDescription(
        name=card.name,
        version=__version__,
        gsd=card.gsd,
        stride=card.stride,
        halo=margin(card),
        classes=[TerrainClass(name=c.name, rgb=c.rgb) for c in card.classes],
        textures=list(card.textures),
        default_texture=card.default_texture,
        guided=card.guided,
        style=list(card.style),
        style_limit=STYLE_LIMIT,
        max_size=MAX_SIZE,
        max_window=MAX_WINDOW,
        details=_details(),
        details_lacking=_lacking(*_NUMBA),
        largest_detail=LARGEST_DETAIL,
        legends=list(LEGENDS),
        formats=[_format(name) for name in FORMAT_TEXTS],
        presets=[_preset(preset) for preset in PRESETS],
        templates=[_template(name) for name in TEMPLATES],
    )


def template(name: str) -> Labels:
    """The labels of a template, uint8 `(H, W)`, 0..6. Raises `RefusedError` if there is none of this name."""
    if name not in TEMPLATES:
        raise RefusedError(404, f"there is no such template; there are {', '.join(TEMPLATES)}")
    with Image.open(BytesIO(_template_file(name))) as picture:
        return image_to_labels(np.asarray(picture.convert("RGB")))


def _template(name: str) -> Template:
    with Image.open(BytesIO(_template_file(name))) as picture:
        return Template(name=name, label=name.capitalize(), width=picture.width, height=picture.height)


def _template_file(name: str) -> bytes:
    return (files("spade_terrain.studio") / "templates" / f"{name}.png").read_bytes()


def _format(name: str) -> FormatChoice:
    label, about = FORMAT_TEXTS[name]
    lacking = _without_subject(_lacking(_check_format, name))
    return FormatChoice(name=name, label=label, about=about, lacking=lacking, detail=FORMATS[name].carved)


def _preset(preset: Preset) -> Choice:
    label, about = PRESET_TEXTS[preset.name]
    lacking = _without_subject(_lacking(check_libraries, [], [preset], ExportOptions()))
    return Choice(name=preset.name, label=label, about=about, lacking=lacking)


def _details() -> list[int]:
    """How much finer than the map terrain can be carved here."""
    if _lacking(*_NUMBA):
        return []
    from spade_terrain.drainage.carve import STEPS  # takes numba

    return list(STEPS)


def _check_format(name: str) -> None:
    if FORMATS[name].carved:
        require("numba", f"`formats` {name}", "drainage")
    check_libraries([name], [], ExportOptions())


def _lacking(check: Callable[..., None], *arguments: Any) -> str | None:
    """Which library a check finds missing here, in one line; `None` if it finds none."""
    try:
        check(*arguments)
    except MissingLibraryError as e:
        return str(e)
    return None


def _without_subject(lacking: str | None) -> str | None:
    """The same of what it stands beside on the page: "takes zarr, which is not installed; ..."."""
    return lacking and lacking[max(lacking.find("takes "), 0) :]
