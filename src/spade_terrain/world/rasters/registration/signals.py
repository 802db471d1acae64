"""What two rasters of the same ground have in common, as pictures that correlate once the rasters lie on each other."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import luminance
from spade_terrain.world.masked import Colour, Mask, masked_blur
from spade_terrain.world.rasters.pair import RawPatch
from spade_terrain.world.rasters.registration.correlation import REACH
from spade_terrain.world.satellite import shows_sea
from spade_terrain.world.water import painted_water, sea_mask

_DETAIL_PX = 4.0  # what changes more slowly belongs to the land, not to a slope or a shore
_STEEP = 30.0  # metres a pixel from which on brightness hardly grows
_BLACK = 3.0  # levels: water's darkness against forest's counts in ratios, but not that of black against black
_EDGE = 0.2  # from so much more or less land than around it a pixel lies by a shore
_STARK = 1.0  # a difference of brightness that any shore may have, natural logarithm: snow counts no more


def fine_luminance(raw: RawPatch, sea_rgb: tuple[int, int, int]) -> NDArray[np.float32]:
    """The terrain's luminance less that around it, 0 on water and by it: `(H, W)`."""
    sea = sea_mask(raw.terrain, np.zeros_like(raw.height), sea_rgb)
    not_land = sea | painted_water(raw.terrain, sea) | ~raw.valid
    land: Mask = cv2.dilate(not_land.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    grey = luminance(raw.terrain)
    fine = np.clip(grey - masked_blur(grey, land, _DETAIL_PX), -40, 40)
    return np.where(land, fine, 0).astype(np.float32)


def facing_light(raw: RawPatch) -> NDArray[np.float32]:
    """How far the ground faces the north-west, `(H, W)`: as slopes go, but steep ones hardly more than others."""
    south, east = np.gradient(np.maximum(raw.height, 0))
    facing = (south + east) / np.sqrt(2)
    return np.where(raw.valid, facing / np.sqrt(1 + np.square(facing / _STEEP)), 0).astype(np.float32)


def shores(
    raw: RawPatch, satellite: NDArray[np.uint8], sea_rgb: Colour, satellite_sea_rgb: Colour
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shores as the terrain paints them, and as the satellite picture (uint8 RGB `(H, W, 3)`) has them, both `(H, W)`.

    That is land against sea, lakes and rivers; and brightness, since waters are darker than land. The satellite
    picture's painted sea counts as black, as its lakes are, and as the sea is between what is painted and the shore.
    """
    sea = sea_mask(raw.terrain, np.zeros_like(raw.height), sea_rgb)
    land = ~(sea | painted_water(raw.terrain, sea))
    painted = _fine(land.astype(np.float32), raw.valid)
    near: Mask = cv2.dilate((np.abs(painted) > _EDGE).astype(np.uint8), np.ones((2 * REACH + 1, 2 * REACH + 1))) > 0
    grey = np.where(shows_sea(satellite, satellite_sea_rgb), 0, luminance(satellite))
    bright = np.clip(_fine(np.log(grey + _BLACK).astype(np.float32), raw.valid), -_STARK, _STARK)
    return np.where(near, painted, 0).astype(np.float32), np.where(near, bright, 0).astype(np.float32)


def _fine(values: NDArray[np.float32], valid: Mask) -> NDArray[np.float32]:
    """`values` less their mean around; 0 where there is no data."""
    return np.where(valid, values - masked_blur(values, valid, _DETAIL_PX), 0).astype(np.float32)
