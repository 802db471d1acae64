"""The mesh that OBJ, GLB and STL share, and the slopes of a height field."""

from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.rasters.resample import Nearest, Resampled
from spade_terrain.export.rows import slices
from spade_terrain.terrain import Rows

_CLIFF = np.float32(5)  # roots of metres: more keeps coasts no better, and costs the mountains

Plane = NDArray[np.floating[Any]]
"""Numbers on a grid of `(H, W)` pixels."""

Spacing = tuple[float, float]
"""How far pixels are apart from west to east, and from north to south."""


@dataclass(frozen=True)
class Mesh:
    """A surface whose vertices are pixels of a map, or of a coarser grid over it.

    Attributes:
        vertices: float32 `(N, 3)`: X east, Y up, Z south. The middle of the map stands at X = Z = 0, the sea at Y = 0.
        normals: float32 `(N, 3)`, unit length, upward.
        uv: float32 `(N, 2)`, 0..1 from the texture's top left corner, at the pixels' centres.
        faces: uint32 `(M, 3)`, triangles counter-clockwise seen from above.

    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    faces: NDArray[np.uint32]


def mesh(heights: Rows, spacing: Spacing, vertical: float, triangles: int | None = None) -> Mesh:
    """The surface of `heights` (float32 `(H, W)`), pixels `spacing` apart, heights times `vertical`.

    It has a vertex a pixel, row by row from the north-west. With `triangles` it has no more triangles than that, and
    its vertices are the pixels that matter most: coasts above all, and the four corners always.
    """
    rows, columns = heights.shape
    height = heights[0:rows]
    if triangles is None or triangles >= 2 * (rows - 1) * (columns - 1):
        south, east = (axis.ravel() for axis in np.indices((rows, columns), np.int32))
        faces = _faces(rows, columns)
    else:
        south, east, faces = _simplified(height, triangles)
    height = height * np.float32(vertical)
    step_x, step_z = (np.float32(step) for step in spacing)
    x, z = (np.float32(along) for along in ((columns - 1) / 2, (rows - 1) / 2))
    position = np.stack([(east - x) * step_x, height[south, east], (south - z) * step_z], axis=-1, dtype=np.float32)
    uv = np.stack([(east + 0.5) / columns, (south + 0.5) / rows], axis=-1, dtype=np.float32)
    return Mesh(position, _normals_at(height, spacing, south, east), uv, faces)


def coarser(heights: Rows, vertices: int) -> NDArray[np.float32]:
    """Heights on a grid of at most so many vertices, each for its share of the map: float32 `(h, w)`.

    They are means, but the sea stays where it is: what lies in the middle of a share says whether that is land.
    """
    shrink = sqrt(vertices / prod(heights.shape))
    rows, columns = (max(int(side * shrink), 2) for side in heights.shape)
    mean = np.maximum(Resampled(heights, rows, columns)[0:rows], 0)
    return np.where(Nearest(heights, rows, columns)[0:rows] > 0, mean, np.float32(0))


def normals(height: NDArray[np.float32], spacing: Spacing) -> NDArray[np.float32]:
    """Unit normals, float32 `(H, W, 3)`: X east, Y up, Z south.

    `height` is float32 `(H, W)`; `spacing` is the distance of its pixels in the same unit.
    """
    east_west, north_south = (np.float32(step) for step in spacing)
    to_south, to_east = np.gradient(height, north_south, east_west)
    length = np.sqrt(np.square(to_east) + np.square(to_south) + 1)
    return np.stack([-to_east / length, 1 / length, -to_south / length], axis=-1)


@dataclass(frozen=True)
class Normals:
    """`normals` of heights that are read some rows at a time.

    Attributes:
        height: float32 `(H, W)`.
        spacing: the distance of its pixels in the same unit.

    """

    height: Rows
    spacing: Spacing

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """float32."""
        return np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(H, W, 3)`."""
        return (*self.height.shape, 3)

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]:
        """The normals of these rows, made now."""
        start, stop, _ = rows.indices(self.height.shape[0])
        first = max(start - 1, 0)  # a slope takes the rows on both sides
        return normals(self.height[first : stop + 1], self.spacing)[start - first : stop - first]


def _normals_at(
    height: NDArray[np.float32], spacing: Spacing, south: NDArray[np.int32], east: NDArray[np.int32]
) -> NDArray[np.float32]:
    """The normals of the pixels in rows `south` and columns `east`: float32 `(N, 3)`."""
    every = Normals(height, spacing)
    picked = np.empty((len(south), 3), np.float32)
    for rows in slices(height):
        here = (south >= rows.start) & (south < rows.stop)
        picked[here] = every[rows][south[here] - rows.start, east[here]]
    return picked


def _simplified(
    height: NDArray[np.float32], triangles: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32]]:
    """Rows and columns of the pixels kept of `height` (metres above the sea), and the triangles between them.

    The method is greedy insertion (Garland and Heckbert 1995, Fast Polygonal Approximation of Terrains and Height
    Fields): the pixel that is furthest off becomes the next vertex. Off is measured in roots of metres, with a cliff
    around all land: in metres, mountains take every triangle and coasts go astray by hundreds of kilometres.
    """
    from pydelatin import Delatin

    felt = np.sqrt(height) + np.where(height > 0, _CLIFF, np.float32(0))
    made = Delatin(felt, max_error=0, max_triangles=triangles)
    east, north = made.vertices[:, :2].astype(np.int32).T
    return len(height) - 1 - north, east, made.triangles


def _faces(rows: int, columns: int) -> NDArray[np.uint32]:
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    north_west, north_east = index[:-1, :-1], index[:-1, 1:]
    south_west, south_east = index[1:, :-1], index[1:, 1:]
    corners = [north_west, south_west, north_east, north_east, south_west, south_east]
    return np.stack(corners, axis=-1).reshape(-1, 3)
