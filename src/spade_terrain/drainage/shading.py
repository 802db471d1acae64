"""Light on carved land: the texture with shading lit from the north-west, as on a printed map."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import by_rows
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.storage.scratch import MEMORY, Scratch

_LIGHTER, _DARKER = 18.0, 42.0  # of 255, what the steepest slopes that face the light, or turn away, get
_HALF = 0.035  # slope, on the map's own grid, of which they get half of that


def shaded_texture(
    texture: NDArray[np.uint8], heights: Field, spacing: float, detail: int, scratch: Scratch = MEMORY
) -> NDArray[np.uint8]:
    """Texture with light on it: uint8 RGB `(H, W, 3)`, sRGB.

    What the network's shadows are like on its own land, as a function of the slope towards the light alone. Slopes of
    land that is seen more closely are steeper: those that half of the shading goes with grow with the root of detail.

    Args:
        texture: uint8 RGB `(H, W, 3)`, sRGB.
        heights: float32 `(H, W)`, metres.
        spacing: metres a pixel.
        detail: how much finer than the map the land is.
        scratch: where what is returned lies.

    """
    half = np.float32(_HALF * detail**0.5)
    shaded: NDArray[np.uint8] = scratch.empty(texture.shape, np.uint8)

    def fill(first: int, last: int) -> None:
        above, below = max(first - 1, 0), min(last + 1, len(heights))
        south, east = np.gradient(heights[above:below], np.float32(spacing))
        away: Field = np.multiply(south + east, np.float32(-(0.5**0.5)))
        away = away[first - above : last - above]
        light = np.where(away > 0, np.float32(-_DARKER), np.float32(_LIGHTER)) * np.abs(away) / (np.abs(away) + half)
        shaded[first:last] = np.rint((texture[first:last] + light[..., None]).clip(0, 255))

    by_rows(fill, heights.shape)
    return shaded
