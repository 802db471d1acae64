"""A map of any size, or the endless ground, block by block and window by window.

A block is made of the fine stage's windows (`stages`), from features that the coarse stage makes for all of it. A
window ends where the map ends, as the map itself does, and has its halo on all other sides: so it comes out as if the
whole map were made at once. So does a block, whose coasts (`coast`) look a little further than it. Where a window is
but sea, which has one colour, it is not made; so how a map is divided depends on its size and its land alone.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from spade_terrain.card import Card, Cut
from spade_terrain.errors import ParameterError
from spade_terrain.generation.coast import REACH, SHARE_RADIUS, keep_topology, land_share
from spade_terrain.generation.height_guide import Metres
from spade_terrain.generation.model import Model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.stages import KeptFeatures, SplitModel, split_model
from spade_terrain.maps.region_growing import dilated
from spade_terrain.palette import WATER, Labels
from spade_terrain.storage.stored import Stored
from spade_terrain.terrain import height_scale
from spade_terrain.window import Window

WHOLE = 768 * 768
"""Pixels of the largest map that is made at once."""
BLOCK = 1024
"""Pixels a side of what the coarse stage makes at once: a multiple of every model's stride."""
WINDOW = 544
"""Pixels a side of what the fine stage makes at once: half of a block and what its coasts look at."""

_SHORE = 8
"""Pixels from land as far as which the sea may be other than far from it; shading reaches 3."""

LabelsAt = Callable[[Window], Labels]
MetresAt = Callable[[Window], Metres]


def generate_block(
    model: SplitModel,
    labels_at: LabelsAt,
    block: Window,
    seed: int,
    bounds: Window | None,
    window: int = WINDOW,
    metres_at: MetresAt | None = None,
    kept: KeptFeatures | None = None,
) -> Pixels:
    """The terrain of one block of the ground.

    Args:
        model: what makes it.
        labels_at: gives the labels of any window within `bounds`.
        block: what to make; sides at multiples of the cut's stride.
        seed: the noise's.
        bounds: where the map ends, at multiples of the card's stride; `None` if it does not.
        window: pixels a side of the fine stage's windows, a multiple of the cut's stride.
        metres_at: gives the rough heights of any window within `bounds`, for a model that is guided.
        kept: features that are used if they are the same, and else kept for the next block.

    """
    card = model.model.card
    around = _around(model.cut, block, bounds)
    seen = _seen(card, model.cut, block, bounds)
    labels = labels_at(seen)
    metres = metres_at and metres_at(seen)
    shores = shore_cells(labels, model.cut.stride)  # (H/s, W/s)
    sea = None if shores.all() else model.sea()
    if sea is None:
        terrain, parts = Pixels.empty(around.shape, model.model.textures[1:]), list(around.tiles(window))
    else:
        terrain = sea.repeated(around.shape)
        parts = [part for tile in around.tiles(window) for part in _around_true(shores, seen, tile, model.cut.stride)]
    if parts:
        features = (kept or KeptFeatures()).of(model, labels, seed, seen.x0, seen.y0, metres)  # (C, H/s, W/s)
    for inner in parts:
        outer = inner.grown(model.cut.halo, bounds)
        rows, columns = outer.place(seen, model.cut.stride)
        part = model.run_fine(labels[outer.place(seen)], features[:, rows, columns], seed, outer.x0, outer.y0)
        part.crop(inner.place(outer)).write_to(terrain, inner.place(around))
    place = around.place(seen)
    keep_topology(terrain, labels[place], land_share(labels)[place], around, seed, card.gsd, model.model.class_colours)
    return terrain.crop(block.place(around))


def generate_at_once(model: Model, labels: Labels, seed: int, metres_at: MetresAt | None = None) -> Pixels:
    """The terrain of a whole map, uint8 `(H, W)`, 0..6, whose sides are multiples of the card's stride."""
    whole = Window(0, 0, labels.shape[1], labels.shape[0])
    terrain = model.run(labels, seed, metres=metres_at and metres_at(whole))
    keep_topology(terrain, labels, land_share(labels), whole, seed, model.card.gsd, model.class_colours)
    return terrain


def blocks_of(shape: tuple[int, int]) -> list[Window]:
    """The blocks of a map of `(H, W)` pixels, row by row: the map itself if it is small."""
    bounds = Window(0, 0, shape[1], shape[0])
    return [bounds] if _is_small(bounds) else list(bounds.tiles(BLOCK))


def generate_blocks(
    model: Model,
    labels: Labels | Stored,
    seed: int,
    blocks: Iterable[Window],
    window: int = WINDOW,
    gsd: float | None = None,
    metres_at: MetresAt | None = None,
) -> Iterator[tuple[Window, Pixels]]:
    """The terrain of blocks of a map, one by one, and where each lies.

    Args:
        model: what makes it.
        labels: the map, uint8 `(H, W)`, 0..6.
        seed: the noise's.
        blocks: in any order; their sides lie at multiples of the model's stride or where the map ends.
        window: as `generate_block` takes it.
        gsd: metres a pixel, with which heights go as `height_scale` says; by default the model's.
        metres_at: as `generate_block` takes it, but in the metres of these pixels; it is asked past the map's end, too,
            up to the next stride.

    """
    stride = model.card.stride
    scale = height_scale(gsd or model.card.gsd, model.card.gsd)
    bounds = Window(0, 0, labels.shape[1], labels.shape[0])
    padded = bounds.whole(stride)
    labels_at = _reader(labels, bounds, bounds)
    guide_at = _at_models_scale(metres_at, scale)
    for block in blocks:
        whole = block.whole(stride)
        if block == bounds and _is_small(bounds):
            made = generate_at_once(model, labels_at(whole), seed, guide_at)
        else:
            made = generate_block(split_model(model), labels_at, whole, seed, padded, window, guide_at)
        yield block, made.crop(block.place(whole)).scaled(scale)


def shore_cells(labels: Labels, cell: int) -> NDArray[np.bool_]:
    """Which cells of `cell` pixels a side have any land within `_SHORE`, bool `(H / cell, W / cell)`.

    `labels` are uint8 `(H, W)`, 0..6, with sides that are multiples of `cell`. Far from land the sea is even.
    """
    height, width = labels.shape
    shores: NDArray[np.bool_] = (labels != WATER).reshape(height // cell, cell, width // cell, cell).any((1, 3))
    for _ in range(-(-_SHORE // cell)):
        shores = dilated(np.pad(shores, 1))
    return shores


def margin(card: Card) -> int:
    """Pixels around a window that `generate_part` has to know, and from there out to multiples of the stride."""
    return card.whole_strides(REACH) + card.whole_strides(max(card.halo, SHARE_RADIUS))


def generate_part(
    model: Model,
    labels: Labels,
    extent: Window,
    part: Window,
    seed: int,
    bounds: Window,
    gsd: float | None = None,
    metres_at: MetresAt | None = None,
    kept: KeptFeatures | None = None,
) -> Pixels:
    """The terrain of a part of a map, the same as in the whole to rounding, without the rest.

    Args:
        model: what makes it.
        labels: what is known of the map, uint8 `(H, W)`, 0..6.
        extent: where that lies in the map.
        part: what to make, anywhere in the map; it is made at once.
        seed: the noise's.
        bounds: the whole map, from (0, 0).
        gsd: as `generate_blocks` takes it.
        metres_at: likewise.
        kept: as `generate_block` takes it.

    Raises:
        ParameterError: too little around the part is known.
        ModelError: the model can't be cut in stages.

    """
    card, split = model.card, split_model(model)
    block, padded = part.whole(split.cut.stride), bounds.whole(card.stride)
    needed = _seen(card, split.cut, block, padded).clipped(bounds)
    if needed.clipped(extent) != needed:
        raise ParameterError(
            f"the terrain of {part} takes the map of {needed}, but only that of {extent} is there; "
            f"give {margin(card)} pixels around it, and from there out to multiples of {card.stride}"
        )
    scale = height_scale(gsd or card.gsd, card.gsd)
    labels_at, guide_at = _reader(labels, extent, bounds), _at_models_scale(metres_at, scale)
    made = generate_block(split, labels_at, block, seed, padded, metres_at=guide_at, kept=kept)
    return made.crop(part.place(block)).scaled(scale)


def _around_true(cells: NDArray[np.bool_], seen: Window, tile: Window, cell: int) -> Iterator[Window]:
    """The smallest window around those of the `cells` of `seen` that are true and in a tile; none if none are."""
    rows, columns = np.nonzero(cells[tile.place(seen, cell)])
    if len(rows):
        x0, y0, x1, y1 = (cell * int(n) for n in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
        yield Window(tile.x0 + x0, tile.y0 + y0, tile.x0 + x1, tile.y0 + y1)


def _around(cut: Cut, block: Window, bounds: Window | None) -> Window:
    """What the fine stage makes for a block, whose coasts look a little further than it."""
    return block.grown(-(-REACH // cut.stride) * cut.stride, bounds)


def _seen(card: Card, cut: Cut, block: Window, bounds: Window | None) -> Window:
    """What the terrain of a block depends on, out to multiples of the card's stride.

    What its coasts see is made with the whole network's halo: features at the ends of this window are wrong, but too
    far away to change the block.
    """
    seen = _around(cut, block, bounds).grown(max(card.halo, SHARE_RADIUS), bounds).whole(card.stride)
    return seen if bounds is None else seen.clipped(bounds)


def _reader(labels: Labels | Stored, extent: Window, bounds: Window) -> LabelsAt:
    """Reads labels, those of `extent` in the map `bounds`; what is past the map's ends is as at them."""

    def labels_at(window: Window) -> Labels:
        inside = window.clipped(bounds)
        past_the_end = [(0, window.y1 - inside.y1), (0, window.x1 - inside.x1)]
        return np.pad(labels[inside.place(extent)], past_the_end, mode="edge")

    return labels_at


def _at_models_scale(metres_at: MetresAt | None, scale: float) -> MetresAt | None:
    """Rough heights as the model makes land, which becomes `scale` times as high."""
    return metres_at and (lambda window: metres_at(window) / np.float32(scale))


def _is_small(bounds: Window) -> bool:
    height, width = bounds.shape
    return height * width <= WHOLE
