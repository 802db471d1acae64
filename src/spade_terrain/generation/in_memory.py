"""Labels to a `Terrain` that is held in memory: a whole map, or one window of an endless world."""

from collections.abc import Callable

import numpy as np

from spade_terrain.errors import ParameterError
from spade_terrain.generation.model import Model, Pixels
from spade_terrain.generation.stages import split_model
from spade_terrain.generation.tiling import BLOCK, blocks_of, generate_block, generate_blocks
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.terrain import Georeference, Terrain
from spade_terrain.window import Window

_FAR = 2**31
"""Map pixels from the ground's origin beyond which its noise would begin again."""

WorldLabels = Callable[[int, int, int, int], Labels]
"""Takes `(x0, y0, width, height)`, a window of a world, and returns its labels, uint8 `(height, width)`."""


def terrain_of_map(
    labels: Labels, model: Model, seed: int, georeference: Georeference | None = None, gsd: float | None = None
) -> Terrain:
    """The terrain of a whole map, uint8 `(H, W)`, 0..6, whose pixels are `gsd` metres; by default the model's."""
    pixels = Pixels.empty(labels.shape)
    whole = Window(0, 0, labels.shape[1], labels.shape[0])
    for block, part in generate_blocks(model, labels, seed, blocks_of(labels.shape), gsd=gsd):
        part.write_to(pixels, block.place(whole))
    return _terrain(pixels, labels, model, seed, georeference, gsd)


def terrain_of_window(labels_at: WorldLabels, window: Window, model: Model, seed: int) -> Terrain:
    """The terrain of one window of an endless world, without the rest.

    Raises `ParameterError` if the window is empty or too far out, or `labels_at` returns what are no labels of it.
    """
    if min(window.shape) < 1 or min(window) < -_FAR or max(window) > _FAR:
        rows, columns = window.shape
        raise ParameterError(
            f"no window is {columns} x {rows} pixels at ({window.x0}, {window.y0}): "
            "give it an area, within 2^31 pixels of (0, 0)"
        )
    if not callable(labels_at):
        raise ParameterError(f"`labels_at` is {type(labels_at).__name__}; give a function that returns labels")
    split = split_model(model)

    def checked(part: Window) -> Labels:
        return _check_labels(labels_at(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0), part)

    pixels = Pixels.empty(window.shape)
    for tile in window.tiles(BLOCK):
        block = tile.whole(model.card.stride)
        made = generate_block(split, checked, block, seed, bounds=None)
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


def _terrain(
    pixels: Pixels,
    labels: Labels,
    model: Model,
    seed: int,
    georeference: Georeference | None = None,
    gsd: float | None = None,
) -> Terrain:
    return Terrain(
        texture=pixels.texture,
        height=pixels.height,
        shaded=pixels.shaded,
        labels=labels,
        seed=seed,
        model=model.card.name,
        style=model.style(seed),
        gsd=gsd or model.card.gsd,
        georeference=georeference,
    )
