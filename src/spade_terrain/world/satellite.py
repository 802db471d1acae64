"""A satellite picture of the land without its waters: the sea flat, and lakes filled in as the Terrain raster's are."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import luminance
from spade_terrain.world.masked import Colour, Mask, masked_blur
from spade_terrain.world.water import BLUER, SHORE_PX, fill_in, grown

_SEA_DISTANCE = 24.0
_AROUND_PX = 8.0
_LAKE = -2.0  # blue less red; that of land without snow is lower
_DARKER = 0.8  # of the brightness around; snow is blue too, but brighter


def shows_sea(satellite: NDArray[np.uint8], sea_rgb: Colour) -> Mask:
    """Where a satellite picture (uint8 RGB `(H, W, 3)`) has the sea's flat colour, bool `(H, W)`."""
    squared = np.square(satellite.astype(np.int32) - np.array(sea_rgb, np.int32)).sum(2)
    mask: Mask = squared < _SEA_DISTANCE**2
    return mask


def without_water(satellite: NDArray[np.uint8], sea: Mask, sea_rgb: Colour) -> NDArray[np.uint8]:
    """The satellite patch (uint8 RGB `(H, W, 3)`) with all of `sea` in its flat colour `sea_rgb`, and no other water.

    `sea` is the patch's own, bool `(H, W)`, which the picture's may overlap: blue that lies on land there, lakes, and
    the pixels in which either mixes with land are filled in from the land around.
    """
    painted = shows_sea(satellite, sea_rgb)
    shore = grown(sea | painted, cv2.MORPH_RECT, SHORE_PX)
    blueness, grey = satellite[..., 2].astype(np.float32) - satellite[..., 0], luminance(satellite)
    around = masked_blur(np.dstack([blueness, grey]).astype(np.float32), ~shore & (blueness < BLUER), _AROUND_PX)
    bluer = blueness - around[..., 0] > BLUER
    lake = bluer & ~shore & (blueness > _LAKE) & (grey < _DARKER * around[..., 1])
    # A lone pixel is noise, not a lake.
    lake &= cv2.boxFilter(lake.astype(np.float32), -1, (3, 3), normalize=False) > 2
    lake = grown(lake, cv2.MORPH_ELLIPSE, 2)
    land = fill_in(satellite, (painted | (bluer & shore) | lake) & ~sea, sea)
    land[sea] = sea_rgb
    return land
