from collections.abc import Callable

import numpy as np
import pytest

from spade_terrain.terrain import Terrain

MakeTerrain = Callable[..., Terrain]


@pytest.fixture
def make_terrain() -> MakeTerrain:
    """A round island in the middle of `(rows, columns)`, its texture noise but for a red north-west corner."""

    def make(rows: int = 24, columns: int = 40, top: float = 3000.0, gsd: float = 2000.0) -> Terrain:
        rng = np.random.default_rng(0)
        south, east = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
        height = (np.maximum(1 - south**2 - 2 * east**2, 0) * top).astype(np.float32)
        texture = rng.integers(0, 200, (rows, columns, 3), np.uint8)
        texture[0, 0] = 255, 0, 0
        shaded = rng.integers(0, 256, (rows, columns, 3), np.uint8)
        labels = np.where(height > 0, 2, 0).astype(np.uint8)
        return Terrain(texture, height, shaded, labels, seed=7, model="tiny", gsd=gsd)

    return make
