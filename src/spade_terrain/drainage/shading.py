"""Light on carved land: the texture with shading lit from the north-west, as on a printed map."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field

_LIGHTER, _DARKER = 18.0, 42.0  # of 255, what the steepest slopes that face the light, or turn away, get
_HALF = 0.035  # slope, on the map's own grid, of which they get half of that
_ROWS = 256  # at once


def shaded_texture(texture: NDArray[np.uint8], heights: Field, spacing: float, detail: int) -> NDArray[np.uint8]:
    """Texture with light on it: uint8 RGB `(H, W, 3)`, sRGB.

    What the network's shadows are like on its own land, as a function of the slope towards the light alone. Slopes of
    land that is seen more closely are steeper: those that half of the shading goes with grow with the root of detail.

    Args:
        texture: uint8 RGB `(H, W, 3)`, sRGB.
        heights: float32 `(H, W)`, metres.
        spacing: metres a pixel.
        detail: how much finer than the map the land is.

    """
    half = np.float32(_HALF * detail**0.5)
    shaded = np.empty_like(texture)
    for top in range(0, len(heights), _ROWS):
        first, last = max(top - 1, 0), min(top + _ROWS + 1, len(heights))
        south, east = np.gradient(heights[first:last], np.float32(spacing))
        away: Field = np.multiply(south + east, np.float32(-(0.5**0.5)))
        away = away[top - first : top - first + _ROWS]
        light = np.where(away > 0, np.float32(-_DARKER), np.float32(_LIGHTER)) * np.abs(away) / (np.abs(away) + half)
        part = slice(top, top + len(light))
        shaded[part] = np.rint((texture[part] + light[..., None]).clip(0, 255))
    return shaded
