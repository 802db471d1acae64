"""Which pixels of a patch are sea, and the Terrain map without the rivers and lakes painted on it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.masked import Mask, fill_nearest, masked_blur

BLUE = 40.0
"""A pixel whose blue exceeds its red by more than this is water, whatever lies around it."""

SHORE_PX = 4
"""How far from the sea the colours of pictures mix with its own: two pixels in a JPEG, and resampling spreads them."""

BLUER = 11.0
"""How much bluer than the ground around it water is, in blue less red."""

_SEA_DISTANCE = 24.0
_POND = 150  # pixels: 600 square kilometres, the size of the Dead Sea


def sea_mask(terrain: NDArray[np.uint8], height: NDArray[np.float32], sea_rgb: tuple[int, int, int]) -> Mask:
    """Where the sea is: the ground is at 0 m and the map is blue; bool `(H, W)`. Lakes above the sea are not."""
    squared = np.square(terrain.astype(np.int32) - np.array(sea_rgb, np.int32)).sum(2)
    mask: Mask = (height < 1) & (squared < _SEA_DISTANCE**2)
    return mask


def without_ponds(sea: Mask) -> Mask:
    """`sea` without its small waters that lie wholly within the patch: lagoons, and lakes below the sea's level.

    A person paints none of these, so they are to be filled in like lakes.
    """
    count, waters, stats, _ = cv2.connectedComponentsWithStats(sea.astype(np.uint8), connectivity=8)
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    inside = (left > 0) & (top > 0) & (right < sea.shape[1]) & (bottom < sea.shape[0])
    ponds = inside & (stats[:, cv2.CC_STAT_AREA] < _POND) & (np.arange(count) > 0)
    large: Mask = sea & ~ponds[waters]
    return large


def painted_water(terrain: NDArray[np.uint8], sea: Mask) -> Mask:
    """Rivers and lakes painted on land, bool `(H, W)`: pixels bluer than the ground around them.

    Ice is slightly blue all over, so blueness counts against the surroundings; pixels at the coast mix land and sea
    and are left alone.
    """
    blueness = terrain[..., 2].astype(np.float32) - terrain[..., 0]
    near_sea = grown(sea, cv2.MORPH_RECT, 2)
    around = masked_blur(blueness, ~near_sea & (blueness < BLUE), 8)
    water = (blueness - around > BLUER) & ~near_sea
    # A lone pixel is JPEG noise, not a river.
    return water & (cv2.boxFilter(water.astype(np.float32), -1, (3, 3), normalize=False) > 2)


def blue_shore(terrain: NDArray[np.uint8], sea: Mask) -> Mask:
    """Land along the `sea` that is bluer than the land further in, bool `(H, W)`.

    The Terrain raster's coast is a line of dark blue, soft on both sides, and does not lie quite where its heights
    begin.
    """
    if not sea.any():
        return sea
    blueness = terrain[..., 2].astype(np.float32) - terrain[..., 0]
    shore = grown(sea, cv2.MORPH_RECT, SHORE_PX) & ~sea
    # What is not blue at all is land, so that an island which is all shore keeps its own colours.
    around = masked_blur(blueness, ~sea & (blueness < np.where(shore, BLUER, BLUE)), 8)
    blue: Mask = shore & (blueness - around > BLUER)
    return blue


def grown(mask: Mask, shape: int, pixels: int) -> Mask:
    """`mask` dilated by `pixels` to each side, in a `shape` of OpenCV's: `cv2.MORPH_RECT` or another."""
    side = 2 * pixels + 1
    larger: Mask = cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(shape, (side, side))) > 0
    return larger


def remove_water(terrain: NDArray[np.uint8], water: Mask, sea: Mask) -> NDArray[np.uint8]:
    """The Terrain patch (uint8 RGB `(H, W, 3)`) with painted `water` and blue shores filled in from the land around.

    Both at once: a river's mouth would else be filled in from its shores.
    """
    return fill_in(terrain, (grown(water, cv2.MORPH_ELLIPSE, 2) | blue_shore(terrain, sea)) & ~sea, sea)


def fill_in(picture: NDArray[np.uint8], hole: Mask, sea: Mask) -> NDArray[np.uint8]:
    """A new patch (uint8 RGB `(H, W, 3)`) with the land's `hole` filled in from the land around; the `sea` stays.

    Inpainting by fast marching (Telea, "An Image Inpainting Technique Based on the Fast Marching Method", 2004).
    """
    if not hole.any():
        return picture.copy()
    # The sea must not bleed into a filled river mouth: while filling, it shows the nearest land.
    land = fill_nearest(picture, sea | hole)
    land = np.where(sea[..., None], land, picture)
    filled = cv2.inpaint(land, hole.astype(np.uint8), 4, cv2.INPAINT_TELEA)
    return np.where(sea[..., None], picture, filled).astype(np.uint8)


def lake_share(water: Mask) -> float:
    """The share of the patch under big lakes: painted water that a disc of 26 km fits into."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    return float(cv2.morphologyEx(water.astype(np.uint8), cv2.MORPH_OPEN, disc).mean())
