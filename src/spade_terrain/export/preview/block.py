"""Draws the block: the surface, seen from near to far, and the cut ground on the sides that face the camera."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.export.meshes.grid import Plane
from spade_terrain.export.preview.camera import Camera, corners
from spade_terrain.export.preview.relief import Relief

_HAZE = (236, 236, 236)
_MOST_HAZE = 40  # of 255, at the far corner

_SEA = np.array([[86, 160, 196], [34, 92, 140]], np.float32)  # sRGB from top to bottom
_ROCK = np.array([[141, 120, 103], [88, 76, 70]], np.float32)
_SOIL = np.array([84, 66, 50], np.float32)
_SOIL_DEPTH = 0.06  # of the base
_SHADED = 0.8  # how bright the south side is: it faces away from the sun

_OUTSIDE = -1.0


def draw(ground: Relief, colour: NDArray[np.uint8], base: float, camera: Camera) -> NDArray[np.uint8]:
    """The block as `camera` sees it, sRGB with alpha: uint8 `(rows, columns, 4)` of its window's size.

    The surface has the colours `colour` (uint8 RGB `(H, W, 3)`); the base is flat, `base` below the sea.
    """
    columns, rows = camera.size
    height = _warped(ground.height, camera, _OUTSIDE)
    inside = height > _OUTSIDE / 2
    row = np.arange(rows, dtype=np.float32)[:, None] + np.float32(0.5)
    lift = camera.magnification(row)
    # Rows of the flat map from near to far, and the picture's row that each is lifted to.
    seen = np.where(inside, row - height * lift, rows)[::-1]
    np.minimum.accumulate(seen, axis=0, out=seen)

    # For every pixel the number of ground rows that end below it: the first row that covers it comes next.
    cell = np.clip(seen, 0, rows - 1).astype(np.int64) * columns + np.arange(columns)
    ends = np.bincount(cell.ravel(), minlength=rows * columns).reshape(rows, columns)
    covering = np.cumsum(ends[::-1], axis=0, dtype=np.int32)[::-1]
    surface = np.concatenate([_packed(_surface(colour, camera))[::-1], np.zeros((1, columns), np.uint32)])
    picture = np.take_along_axis(surface, covering, axis=0)

    # Only ground outside the map covers the pixels below its nearest row: there the block's sides show.
    nearest = inside[::-1].argmax(axis=0)
    open_side = covering == nearest
    picture[open_side] = 0
    edge = rows - 1 - nearest
    z = (edge - np.arange(rows)[:, None]) / lift[edge, 0]
    y, x = np.nonzero(open_side & (z >= -base) & inside.any(axis=0))
    edge = edge[x]
    bed = _warped(ground.seabed, camera, 0.0)[edge, x]
    south = x > camera.project(*corners(ground.height.shape), 0.0)[0][3]
    picture[y, x] = _packed(_side(z[y, x], height[edge, x], bed, base, south))
    return picture.view(np.uint8).reshape(rows, columns, 4)


def _warped(plane: Plane, camera: Camera, outside: float) -> Plane:
    """`plane` laid on the flat ground of the camera's window."""
    warped = Image.fromarray(plane).transform(
        camera.size, Image.Transform.PERSPECTIVE, camera.ground(), Image.Resampling.BILINEAR, fillcolor=outside
    )
    return np.asarray(warped)


def _surface(colours: NDArray[np.uint8], camera: Camera) -> NDArray[np.uint8]:
    """The colours of the surface on the flat ground of the window, hazy in the distance, RGB with alpha."""
    colour = Image.fromarray(colours).transform(
        camera.size, Image.Transform.PERSPECTIVE, camera.ground(), Image.Resampling.BILINEAR
    )
    haze = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM).point(lambda v: v * _MOST_HAZE // 255)
    colour.paste(_HAZE, (0, 0), haze.resize(camera.size, Image.Resampling.BILINEAR))
    colour.putalpha(255)
    return np.asarray(colour)


def _side(z: Plane, surface: Plane, bed: Plane, base: float, south: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The cut ground at heights `z` (`(N,)`) below `surface`, where the sea is `bed` deep: uint8 RGBA `(N, 4)`."""
    below = surface - bed - z
    rock = _between(_ROCK, -z / base)
    soil = np.clip(1 - below / (base * _SOIL_DEPTH), 0, 1)[:, None]
    sea = _between(_SEA, -2 * z / base)
    colour = np.where(below[:, None] < 0, sea, rock + soil * (_SOIL - rock))
    colour *= np.where(south, _SHADED, 1)[:, None]
    return np.concatenate([colour, np.full_like(colour[:, :1], 255)], axis=-1).astype(np.uint8)


def _between(ends: Plane, t: Plane) -> Plane:
    colour: Plane = ends[0] + np.clip(t, 0, 1)[:, None] * (ends[1] - ends[0])
    return colour


def _packed(rgba: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Pixels as single numbers, which move four times as fast."""
    return np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
