"""The mesh that the OBJ and the GLB share: one vertex a pixel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.terrain import Terrain

VERTICAL_SCALE = 5.0
"""How much taller meshes are than the truth.

At 2,000 m a pixel a real mountain range is as flat as a coin. Five times makes ranges read as ranges, and leaves 99 of
100 slopes of the Alps, the Andes and the Himalaya below 60 degrees; with ten times they are a forest of needles.
"""

Plane = NDArray[np.floating[Any]]
"""Numbers on a grid of `(H, W)` pixels."""


@dataclass(frozen=True)
class Mesh:
    """A surface of `(H, W)` vertices, row by row from the north-west.

    Attributes:
        vertices: float32 `(H * W, 3)`, metres: X east, Y up (heights times `VERTICAL_SCALE`), Z south. The middle of
            the map stands at X = Z = 0, the sea at Y = 0.
        normals: float32 `(H * W, 3)`, unit length, upward.
        uv: float32 `(H * W, 2)`, 0..1 from the texture's top left corner, at the pixels' centres.
        faces: uint32 `(2 * (H - 1) * (W - 1), 3)`, triangles counter-clockwise seen from above.

    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    faces: NDArray[np.uint32]


def mesh(terrain: Terrain) -> Mesh:
    """The surface of `terrain`."""
    rows, columns = terrain.height.shape
    height = terrain.height * np.float32(VERTICAL_SCALE)
    south, east = np.meshgrid(np.arange(rows, dtype=np.float32), np.arange(columns, dtype=np.float32), indexing="ij")
    gsd = np.float32(terrain.gsd)
    position = np.stack([(east - (columns - 1) / 2) * gsd, height, (south - (rows - 1) / 2) * gsd], axis=-1)
    uv = np.stack([(east + 0.5) / columns, (south + 0.5) / rows], axis=-1)
    return Mesh(
        vertices=position.reshape(-1, 3),
        normals=normals(height, terrain.gsd).reshape(-1, 3),
        uv=uv.reshape(-1, 2),
        faces=_faces(rows, columns),
    )


def normals(height: NDArray[np.float32], spacing: float) -> NDArray[np.float32]:
    """Unit normals, float32 `(H, W, 3)`: X east, Y up, Z south.

    `height` is float32 `(H, W)`; `spacing` is the distance of its pixels in the same unit.
    """
    to_south, to_east = np.gradient(height, np.float32(spacing))
    length = np.sqrt(np.square(to_east) + np.square(to_south) + 1)
    return np.stack([-to_east / length, 1 / length, -to_south / length], axis=-1)


def _faces(rows: int, columns: int) -> NDArray[np.uint32]:
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    north_west, north_east = index[:-1, :-1], index[:-1, 1:]
    south_west, south_east = index[1:, :-1], index[1:, 1:]
    corners = [north_west, south_west, north_east, north_east, south_west, south_east]
    return np.stack(corners, axis=-1).reshape(-1, 3)
