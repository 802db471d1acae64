"""Labels to a `Terrain` that is held in memory: a whole map, or one window of an endless world."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from spade_terrain.errors import ParameterError
from spade_terrain.generation.height_guide import Metres
from spade_terrain.generation.model import Model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.stages import split_model
from spade_terrain.generation.tiling import BLOCK, blocks_of, generate_block, generate_blocks
from spade_terrain.maps.heights.relative import in_metres
from spade_terrain.maps.heights.rough import ABSURD_M, RoughHeights
from spade_terrain.maps.read import LabelRows
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.terrain import Terrain
from spade_terrain.window import Window

_FAR = 2**31
"""Map pixels from the ground's origin beyond which its noise would begin again."""

WorldLabels = Callable[[int, int, int, int], Labels]
"""Takes `(x0, y0, width, height)`, a window of a world, and returns its labels, uint8 `(height, width)`."""
WorldMetres = Callable[[int, int, int, int], Metres]
"""Takes the same, and returns rough heights of the window, float32 `(height, width)`: metres, NaN where unknown."""


def terrain_of_map(rows: LabelRows, model: Model, seed: int, heights: RoughHeights | None = None) -> Terrain:
    """The terrain of a whole map; a model that is guided may be given rough heights of it.

    Raises `TerrainError` if the map or the heights are not fit for use, or the model can't be run.
    """
    labels = rows.in_memory()
    heights = heights and in_metres(heights, labels)
    pixels = Pixels.empty(labels.shape, model.textures[1:])
    whole = Window(0, 0, labels.shape[1], labels.shape[0])
    metres_at, blocks = heights.window if heights else None, blocks_of(labels.shape)
    for block, part in generate_blocks(model, labels, seed, blocks, gsd=rows.gsd, metres_at=metres_at):
        part.write_to(pixels, block.place(whole))
    terrain = _terrain(pixels, labels, model, seed)
    gsd = rows.gsd or model.card.gsd
    return replace(terrain, gsd=gsd, georeference=rows.georeference, guide=heights.guide if heights else None)


def terrain_of_window(
    labels_at: WorldLabels, window: Window, model: Model, seed: int, metres_at: WorldMetres | None = None
) -> Terrain:
    """The terrain of one window of an endless world, without the rest; a guided model may be given rough heights of it.

    Raises `ParameterError` if the window is empty or too far out, or `labels_at` or `metres_at` returns what are no
    labels or heights of it.
    """
    if min(window.shape) < 1 or min(window) < -_FAR or max(window) > _FAR:
        rows, columns = window.shape
        raise ParameterError(
            f"no window is {columns} x {rows} pixels at ({window.x0}, {window.y0}): "
            "give it an area, within 2^31 pixels of (0, 0)"
        )
    if not callable(labels_at):
        raise ParameterError(f"`labels_at` is {type(labels_at).__name__}; give a function that returns labels")
    if metres_at is not None and not callable(metres_at):
        raise ParameterError(
            f"`guide_at` is {type(metres_at).__name__}; give a function that returns heights in metres"
        )
    split = split_model(model)

    def checked(part: Window) -> Labels:
        return _check_labels(labels_at(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0), part)

    def metres(part: Window) -> Metres:
        assert metres_at is not None
        return _check_metres(metres_at(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0), part)

    pixels = Pixels.empty(window.shape, model.textures[1:])
    for tile in window.tiles(BLOCK):
        block = tile.whole(model.card.stride)
        made = generate_block(split, checked, block, seed, None, metres_at=metres if metres_at else None)
        made.crop(tile.place(block)).write_to(pixels, tile.place(window))
    return _terrain(pixels, checked(window), model, seed)


def _check_labels(labels: Labels, window: Window) -> Labels:
    if not isinstance(labels, np.ndarray):
        returned = type(labels).__name__
    elif labels.dtype != np.uint8 or labels.shape != window.shape:
        returned = f"{labels.dtype} {labels.shape}"
    elif (largest := int(labels.max())) >= len(CLASSES):
        returned = f"labels up to {largest}"
    else:
        return labels
    rows, columns = window.shape
    raise ParameterError(
        f"`labels_at` returned {returned} for {columns} x {rows} pixels; "
        f"make it uint8 of the shape {window.shape}, from 0 to {len(CLASSES) - 1}"
    )


def _check_metres(metres: Metres, window: Window) -> Metres:
    if not isinstance(metres, np.ndarray):
        returned = type(metres).__name__
    elif metres.dtype != np.float32 or metres.shape != window.shape:
        returned = f"{metres.dtype} {metres.shape}"
    elif (farthest := float(np.nanmax(np.abs(metres), initial=0))) > ABSURD_M:
        returned = f"heights as far from the sea as {farthest:,.0f} m"
    else:
        return metres
    raise ParameterError(
        f"`guide_at` returned {returned}; make it metres, float32 of the shape {window.shape}, NaN where unknown"
    )


def _terrain(pixels: Pixels, labels: Labels, model: Model, seed: int) -> Terrain:
    return Terrain(
        texture=pixels.texture,
        height=pixels.height,
        shaded=pixels.shaded,
        labels=labels,
        seed=seed,
        model=model.card.name,
        style=model.style(seed),
        gsd=model.card.gsd,
        texture_name=model.textures[0],
        beside=pixels.beside,
    )
