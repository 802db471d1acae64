"""A view camera: the picture stands upright and the lens is shifted down, so that upright edges stay upright.

Every column of the picture is then a vertical plane through the camera, and what hides what in it is a running maximum
from near to far. Flat ground is a plain perspective warp of the map, which Pillow does.
"""

from dataclasses import dataclass, replace
from math import ceil, cos, hypot, radians, sin, tan

import numpy as np

from spade_terrain.export.meshes.grid import Plane

_TURN = radians(30)  # it looks north by this much east
_PITCH = radians(31)  # and down by this much
_DISTANCE = 2.3  # of the map's diagonal: far enough for a calm perspective


@dataclass(frozen=True)
class Camera:
    """Looks at the middle of a map and shows a window of the picture plane.

    Map points are (x, y, z): pixels right of and below the map's top left corner, and height in the same unit. In the
    picture a point is right of the middle and above the horizon, in picture pixels.

    Attributes:
        shape: rows and columns of the map.
        focal: picture pixels for each unit of tangent.
        left: the window's left edge.
        top: the window's upper edge, negative: below the horizon.
        size: columns and rows of the window.

    """

    shape: tuple[int, int]
    focal: float = 1.0
    left: float = 0.0
    top: float = 0.0
    size: tuple[int, int] = (0, 0)

    @property
    def _distance(self) -> float:
        return _DISTANCE * hypot(*self.shape)

    @property
    def _altitude(self) -> float:
        return self._distance * tan(_PITCH)

    def project(self, x: Plane, y: Plane, z: Plane | float) -> tuple[Plane, Plane]:
        """Where map points appear: right of the window's left edge, and below its upper edge."""
        x, y = x - self.shape[1] / 2, y - self.shape[0] / 2
        depth = x * sin(_TURN) - y * cos(_TURN) + self._distance
        right = (x * cos(_TURN) + y * sin(_TURN)) / depth
        up = (z - self._altitude) / depth
        return self.focal * right - self.left, self.top - self.focal * up

    def magnification(self, row: Plane) -> Plane:
        """Picture pixels for each map pixel upward, on flat ground at `row` of the window."""
        return (row - self.top) / self._altitude

    def ground(self) -> tuple[float, ...]:
        """Pillow's eight perspective coefficients that bring the map into the window as flat ground."""
        # Ground at the window's (X, Y) lies `below = Y - top` under the horizon, at depth focal * altitude / below.
        # So x and y of the map are linear in X and Y over `below`, and Pillow wants the constant of `below` to be 1.
        ahead = self.focal * self._altitude
        coefficients: list[float] = []
        for right, forward, middle in (
            (cos(_TURN), sin(_TURN), self.shape[1] / 2),
            (sin(_TURN), -cos(_TURN), self.shape[0] / 2),
        ):
            a = right * self._altitude
            b = middle - forward * self._distance
            coefficients += [a, b, a * self.left + forward * ahead - b * self.top]
        return tuple(c / -self.top for c in (*coefficients, 0.0, 1.0))


def aim(height: Plane, base: float, largest: tuple[int, int]) -> Camera:
    """The camera whose window just holds a block: `height` (`(H, W)`) on a base `base` below the sea.

    The window is at most `largest` (columns, rows).
    """
    rows, columns = height.shape
    camera = Camera((rows, columns))
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    right, down = camera.project(x, y, height)
    foot_right, foot_down = camera.project(*corners((rows, columns)), -base)
    left, top = min(right.min(), foot_right.min()), down.min()
    width, depth = foot_right.max() - left, foot_down.max() - top
    focal = float(min(largest[0] / width, largest[1] / depth))
    size = (ceil(focal * width), ceil(focal * depth))
    return replace(camera, focal=focal, left=focal * float(left), top=-focal * float(top), size=size)


def corners(shape: tuple[int, int]) -> tuple[Plane, Plane]:
    """The x and y of a map's corners: north-west, north-east, south-east, south-west."""
    rows, columns = shape
    return np.array([0, columns, columns, 0], np.float32), np.array([0, 0, rows, rows], np.float32)
