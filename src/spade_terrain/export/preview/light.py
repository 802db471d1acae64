"""Light on a height field: a low sun with soft shadows, and the open sky."""

from math import cos, hypot, radians, sin, tan

import numpy as np

from spade_terrain.export.meshes.grid import Plane, normals

_ALTITUDE = radians(34)
# Flat ground gets a little more than 1 from both together, so that the texture keeps its colours.
_SUN = np.array([1.52, 1.45, 1.32], np.float32)
_SKY = np.array([0.25, 0.29, 0.36], np.float32)

_SUN_REACH = 256  # pixels that a shadow may fall far
_SKY_REACH = 32  # pixels within which neighbours hide the sky
_SKY_SLOPE = 0.45  # the middle of the horizon's glow, as a tangent


def light(height: Plane, azimuth: float) -> Plane:
    """Linear RGB light, float32 `(H, W, 3)`, on `height` (float32 `(H, W)`, in pixels of its own grid).

    The sun stands at `azimuth`, degrees from north over east.
    """
    normal = normals(height, (1.0, 1.0))
    north, east = cos(radians(azimuth)), sin(radians(azimuth))
    level, up = cos(_ALTITUDE), sin(_ALTITUDE)
    facing = np.maximum(normal @ np.array([level * east, up, -level * north], np.float32), 0)
    longest = max(abs(north), abs(east))
    towards = (-north / longest, east / longest)
    sun = facing * (1 - shadow(height, towards, tan(_ALTITUDE), _SUN_REACH, softness=2.5))
    sky = _open_sky(height) * (1 + normal[..., 1]) / 2
    return sun[..., None] * _SUN + sky[..., None] * _SKY


def shadow(height: Plane, towards: tuple[float, float], slope: float, reach: int, softness: float) -> Plane:
    """Shadow cast by a light that stands `towards` (rows, columns; the longer of them 1 or -1) at the tangent `slope`.

    0 is lit, 1 is dark: `softness` or more below the lowest ray that passes. Heights up to `reach` pixels away count.
    """
    drop = slope * hypot(*towards)
    ceiling = height
    distance = 1
    # Each turn doubles how far the ceiling of the dark has travelled: after n turns it is the greatest of 2**n heights.
    while distance < min(reach, *height.shape):
        here, there = _overlap(round(towards[0] * distance), round(towards[1] * distance))
        higher = ceiling.copy()
        np.maximum(ceiling[here], ceiling[there] - np.float32(drop * distance), out=higher[here])
        ceiling = higher
        distance *= 2
    darkness: Plane = np.minimum((ceiling - height) / np.float32(softness), 1)
    return darkness


def _open_sky(height: Plane) -> Plane:
    """The share of the sky that each pixel sees: its soft shadows from all around."""
    around = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
    hidden = np.zeros_like(height)
    for towards in around:
        hidden += shadow(height, towards, _SKY_SLOPE, _SKY_REACH, softness=6)
    return 1 - hidden / len(around)


def _overlap(rows: int, columns: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a plane and the same plane moved by (`rows`, `columns`) overlap: the pixels, and those they meet."""

    def along(by: int) -> tuple[slice, slice]:
        return (slice(None, -by or None), slice(by, None)) if by >= 0 else (slice(-by, None), slice(None, by))

    (here_y, there_y), (here_x, there_x) = along(rows), along(columns)
    return (here_y, here_x), (there_y, there_x)
