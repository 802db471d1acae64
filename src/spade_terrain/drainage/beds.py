"""The shape of lakes' beds: where they are deep, whatever their depth."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import by_rows, kernel
from spade_terrain.drainage.fields.resampling import Field, enlarge, shrink
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE
from spade_terrain.storage.scratch import MEMORY, Scratch

_FLOOR = 5.0  # pixels of the map from the shore where beds become level
_SWEEPS, _FINER_SWEEPS = 60, 4  # up and down, on the map's grid, and on each finer one, which begins with the coarser's


def bed_shapes(water: NDArray[np.uint8], detail: int, scratch: Scratch = MEMORY) -> Field:
    """How deep lakes are in relation to each other's places: float32 `(H, W)`, above 0 in lakes, 0 elsewhere.

    It is how far a membrane sags that is fixed at the shore, u in laplacian(u) = u / l^2 - 1: smooth, deep where a lake
    is wide, shallow in its bays, and level far from the shore. By Gauss and Seidel's sweeps, from the map's grid to
    finer ones.

    Args:
        water: uint8 `(H, W)`, as `flood` takes it.
        detail: how much finer than the map it is.
        scratch: where the result lies.

    """
    scale, shapes = detail, np.empty((0, 0), np.float32)
    while scale >= 1:
        lakes = _lakes(water, scale, scratch)
        finer: Field = scratch.zeros(lakes.shape, np.float32)
        if scale < detail:
            _begin(finer, shapes, lakes)
        pixel = scale / detail  # of the map
        for _ in range(_FINER_SWEEPS if scale < detail else _SWEEPS):
            _sweep(finer, lakes, np.float32(pixel**2), np.float32((pixel / _FLOOR) ** 2))
        shapes, scale = finer, scale // 2
    return shapes


def _lakes(water: NDArray[np.uint8], scale: int, scratch: Scratch) -> NDArray[np.bool_]:
    """Where lakes cover half of the blocks of so many pixels: bool `(H / scale, W / scale)`."""
    lakes: NDArray[np.bool_] = scratch.empty((len(water) // scale, water.shape[1] // scale), np.bool_)

    def fill(first: int, last: int) -> None:
        kinds = water[first * scale : last * scale]
        lakes[first:last] = shrink(((kinds == LAKE) | (kinds == CLOSED_LAKE)).astype(np.float32), scale) >= 0.5

    by_rows(fill, (len(lakes), water.shape[1] * scale))
    return lakes


def _begin(finer: Field, coarser: Field, lakes: NDArray[np.bool_]) -> None:
    def fill(first: int, last: int) -> None:
        if lakes[first:last].any():
            finer[first:last] = np.where(lakes[first:last], enlarge(coarser, 2, (first, last)), 0)

    by_rows(fill, finer.shape)


@kernel
def _sweep(u: Field, lakes: NDArray[np.bool_], push: np.float32, level: np.float32) -> None:
    """From the north-west to the south-east, and back; the map's border is no lake."""
    height, width = u.shape
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if lakes[y, x]:
                u[y, x] = (u[y - 1, x] + u[y + 1, x] + u[y, x - 1] + u[y, x + 1] + push) / (4 + level)
    for y in range(height - 2, 0, -1):
        for x in range(width - 2, 0, -1):
            if lakes[y, x]:
                u[y, x] = (u[y - 1, x] + u[y + 1, x] + u[y, x - 1] + u[y, x + 1] + push) / (4 + level)
