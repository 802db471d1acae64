"""Which pixels of a patch are sea, and the Terrain map without the rivers and lakes painted on it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.masked import Mask, fill_nearest, masked_blur

BLUE = 40.0
"""A pixel whose blue exceeds its red by more than this is water, whatever lies around it."""

_SEA_DISTANCE = 24.0
_BLUER = 11.0
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
    near_sea = cv2.dilate(sea.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    around = masked_blur(blueness, ~near_sea & (blueness < BLUE), 8)
    water = (blueness - around > _BLUER) & ~near_sea
    # A lone pixel is JPEG noise, not a river.
    return water & (cv2.boxFilter(water.astype(np.float32), -1, (3, 3), normalize=False) > 2)


def remove_water(terrain: NDArray[np.uint8], water: Mask, sea: Mask) -> NDArray[np.uint8]:
    """The Terrain patch (uint8 RGB `(H, W, 3)`) with painted `water` filled in from the land around it."""
    mask = cv2.dilate(water.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    return fill_in(terrain, (mask > 0) & ~sea, sea)


def fill_in(picture: NDArray[np.uint8], hole: Mask, sea: Mask) -> NDArray[np.uint8]:
    """A patch (uint8 RGB `(H, W, 3)`) with the land's `hole` filled in from the land around; the `sea` stays.

    Inpainting by fast marching (Telea, "An Image Inpainting Technique Based on the Fast Marching Method", 2004).
    """
    # The sea must not bleed into a filled river mouth: while filling, it shows the nearest land.
    land = fill_nearest(picture, sea | hole)
    land = np.where(sea[..., None], land, picture)
    filled = cv2.inpaint(land, hole.astype(np.uint8), 4, cv2.INPAINT_TELEA)
    return np.where(sea[..., None], picture, filled).astype(np.uint8)


def lake_share(water: Mask) -> float:
    """The share of the patch under big lakes: painted water that a disc of 26 km fits into."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    return float(cv2.morphologyEx(water.astype(np.uint8), cv2.MORPH_OPEN, disc).mean())
