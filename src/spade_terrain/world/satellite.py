"""A satellite picture of the land without its waters: the sea flat, and lakes filled in as the Terrain raster's are."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import luminance
from spade_terrain.world.masked import Colour, Mask, masked_blur
from spade_terrain.world.water import fill_in

_SEA_DISTANCE = 24.0
_SHORE_PX = 4  # to each side of the sea: colours of JPEG pictures bleed two pixels, and resampling spreads them further
_AROUND_PX = 8.0
_BLUER = 11.0
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
    shore = _grown(sea | painted, cv2.MORPH_RECT, _SHORE_PX)
    blueness, grey = satellite[..., 2].astype(np.float32) - satellite[..., 0], luminance(satellite)
    around = masked_blur(np.dstack([blueness, grey]).astype(np.float32), ~shore & (blueness < _BLUER), _AROUND_PX)
    bluer = blueness - around[..., 0] > _BLUER
    lake = bluer & ~shore & (blueness > _LAKE) & (grey < _DARKER * around[..., 1])
    # A lone pixel is noise, not a lake.
    lake &= cv2.boxFilter(lake.astype(np.float32), -1, (3, 3), normalize=False) > 2
    lake = _grown(lake, cv2.MORPH_ELLIPSE, 2)
    land = fill_in(satellite, (painted | (bluer & shore) | lake) & ~sea, sea)
    land[sea] = sea_rgb
    return land


def _grown(mask: Mask, shape: int, pixels: int) -> Mask:
    side = 2 * pixels + 1
    grown: Mask = cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(shape, (side, side))) > 0
    return grown
