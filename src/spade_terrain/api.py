"""A painted map to a `Terrain`. Needs numpy, onnxruntime and Pillow, never torch."""

import operator
import os
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from spade_terrain.errors import TerrainError
from spade_terrain.generation.model import Model, Pixels, load_model
from spade_terrain.generation.stages import split_model
from spade_terrain.generation.tiling import BLOCK, blocks_of, generate_block, generate_blocks
from spade_terrain.maps.image import Map
from spade_terrain.maps.legend import Legend
from spade_terrain.maps.read import open_map
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.terrain import Terrain
from spade_terrain.window import Window

_FAR = 2**31
"""Map pixels from the ground's origin beyond which its noise would begin again."""


def generate(
    map: Map,  # noqa: A002
    *,
    seed: int = 0,
    style: Mapping[str, float] | None = None,
    model: Model | str | os.PathLike[str] | None = None,
    scale: int = 1,
    wander: bool = False,
    legend: Legend | str | os.PathLike[str] | None = None,
    size: int | None = None,
) -> Terrain:
    """Make the terrain of a painted map. The same map, seed and model give the same terrain, byte for byte.

    What it makes is held in memory, 11 bytes a pixel, besides about 1.2 GB to work in; `generation.job` makes maps of
    any size on disk.

    Args:
        map: the path of an image painted in the palette's colours, or of one of labels, or of a full JSON export of
            Azgaar's Fantasy Map Generator; or a painted image as an array (uint8 RGB `(H, W, 3)`), or labels (uint8
            `(H, W)`, 0..6). Sides are 64 to 65,536 pixels, 2 km each.
        seed: another seed, another terrain; -2^63 .. 2^64 - 1, where n and n + 2^64 are the same.
        style: the look of the whole, `{"elevation": 1.5}` for a high one: what `Model.styled` takes. The seed draws the
            numbers left out.
        model: what `load_model` returned, or an exported model's path; by default the model of the package.
        scale: enlarge the map so many times first, with borders that wander as nature's do.
        wander: let borders wander though the map is not enlarged: for maps drawn along a ruler.
        legend: what the colours of the map mean: a legend, or the path of one in TOML; by default the palette.
        size: columns of an Azgaar export's terrain, before `scale`; by default one for each unit of its map.

    Raises:
        TerrainError: the map, the seed, the legend or the model is not fit for use; the text says what to do.

    """
    seed = check_seed(seed)
    rows = open_map(map, scale, seed, wander=wander, legend=legend, size=size)
    model = as_model(model).styled(style or {})
    labels = rows.in_memory()
    made = Pixels.empty(rows.shape)
    whole = Window(0, 0, rows.shape[1], rows.shape[0])
    for block, pixels in generate_blocks(model, labels, seed, blocks_of(rows.shape)):
        pixels.write_to(made, block.place(whole))
    return replace(_terrain(made, labels, seed, model), georeference=rows.georeference)


def generate_window(
    labels_at: Callable[[int, int, int, int], Labels],
    x0: int,
    y0: int,
    width: int,
    height: int,
    *,
    seed: int = 0,
    style: Mapping[str, float] | None = None,
    model: Model | str | os.PathLike[str] | None = None,
) -> Terrain:
    """Make one window of an endless world, without the rest; where two windows overlap they are the same to rounding.

    Args:
        labels_at: takes `(x0, y0, width, height)`, a window of the world in pixels, and returns its labels (uint8
            `(height, width)`, 0..6): always the same for the same place. It is asked for the window and up to the
            model's halo and some strides around it.
        x0: column of the window's first pixel, to the east; may be negative.
        y0: row of its first pixel, to the south; may be negative.
        width: columns.
        height: rows.
        seed: another seed, another world; as `generate` takes it.
        style: as `generate` takes it; for many windows order it once, of the model (`Model.styled`).
        model: as `generate` takes it.

    Raises:
        TerrainError: the window, what `labels_at` returns, the seed or the model is not fit for use.

    """
    seed = check_seed(seed)
    wanted = Window(x0, y0, x0 + width, y0 + height)
    if min(width, height) < 1 or min(wanted) < -_FAR or max(wanted) > _FAR:
        raise TerrainError(
            f"no window is {width} x {height} pixels at ({x0}, {y0}): give it an area, within 2^31 pixels of (0, 0)"
        )
    split = split_model(as_model(model).styled(style or {}))

    def checked(window: Window) -> Labels:
        rows, columns = window.shape
        labels = labels_at(window.x0, window.y0, columns, rows)
        if labels.dtype != np.uint8 or labels.shape != window.shape or labels.max() >= len(CLASSES):
            raise TerrainError(
                f"labels_at returned {labels.dtype} {labels.shape} up to {labels.max()} for {columns} x {rows} pixels; "
                f"make it uint8 of the shape {window.shape}, from 0 to {len(CLASSES) - 1}"
            )
        return labels

    made = Pixels.empty(wanted.shape)
    for tile in wanted.tiles(BLOCK):
        block = tile.whole(split.model.card.stride)
        pixels = generate_block(split, checked, block, seed, bounds=None)
        pixels.crop(tile.place(block)).write_to(made, tile.place(wanted))
    return _terrain(made, checked(wanted), seed, split.model)


def as_model(model: Model | str | os.PathLike[str] | None) -> Model:
    """A model as it is, or the one of a path, or the default one."""
    return model if isinstance(model, Model) else load_model(model)


def check_seed(seed: int) -> int:
    """A seed as a plain integer; raises `TerrainError` if it is none or has more than 64 bits."""
    try:
        number = operator.index(seed)
    except TypeError as e:
        raise TerrainError(f"the seed is {seed!r}; use a whole number") from e
    if not -(2**63) <= number < 2**64:
        raise TerrainError(f"the seed {number} has more than 64 bits; use one from -2^63 to 2^64 - 1")
    return number


def _terrain(made: Pixels, labels: Labels, seed: int, model: Model) -> Terrain:
    card = model.card
    maps = (made.texture, made.height, made.shaded, labels)
    return Terrain(*maps, seed=seed, model=card.name, style=model.style(seed), gsd=card.gsd)
