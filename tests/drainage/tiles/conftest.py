"""Land that is drained in tiles, as workers would: nobody sees more than a tile and the pixels around it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.tiles import flow, graph, tile
from spade_terrain.drainage.tiles.land import Land, around
from spade_terrain.drainage.tiles.tiling import Tiling
from spade_terrain.window import Window


class Drained(NamedTuple):
    """Of a map: what `tile.finish` and `flow.finish` find, all `(H, W)`, and what tiles told."""

    directions: NDArray[np.uint8]
    levels: Field
    totals: NDArray[np.int64]
    mouths: NDArray[np.int64]
    perimeters: list[tile.Perimeter]


def lands(heights: Field, water: NDArray[np.uint8], jitter: Field, tiling: Tiling, seed: int) -> list[Land]:
    """The land of each tile, which refers to no other's."""
    rows, columns = heights.shape
    found = []
    for window in tiling.windows():
        place = around(window, (rows, columns)).place(Window(0, 0, columns, rows))
        parts = heights[place].copy(), water[place].copy(), jitter[place].copy()
        found.append(Land(window, (rows, columns), *parts, seed))
    return found


@pytest.fixture(scope="session")
def drain() -> Callable[..., Drained]:
    """Drain a map in tiles; `own` is what each pixel has, by default 1."""

    def drained(
        heights: Field,
        water: NDArray[np.uint8],
        tiling: Tiling,
        jitter: Field | None = None,
        own: NDArray[np.int64] | None = None,
        seed: int = 5,
    ) -> Drained:
        rows, columns = heights.shape
        own = np.ones(heights.shape, np.int64) if own is None else own
        tiles = lands(heights, water, np.zeros_like(heights) if jitter is None else jitter, tiling, seed)
        perimeters = [tile.summarize(land) for land in tiles]
        routed = [tile.finish(*each) for each in zip(tiles, graph.solve(tiling, perimeters), strict=True)]
        places = [window.place(Window(0, 0, columns, rows)) for window in tiling.windows()]
        has = [
            (land.window, columns, found.directions, own[place])
            for land, found, place in zip(tiles, routed, places, strict=True)
        ]
        through = flow.solve(tiling, [flow.summarize(*each) for each in has])
        flows = [flow.finish(*each, inflow) for each, inflow in zip(has, through, strict=True)]
        directions, levels = np.empty(heights.shape, np.uint8), np.empty(heights.shape, np.float32)
        totals, mouths = np.empty(heights.shape, np.int64), np.empty(heights.shape, np.int64)
        for place, one, other in zip(places, routed, flows, strict=True):
            directions[place], levels[place] = one
            totals[place], mouths[place] = other
        return Drained(directions, levels, totals, mouths, perimeters)

    return drained
