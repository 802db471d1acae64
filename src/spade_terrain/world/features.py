"""What a pixel looks like and how rough its ground is; and the Terrain map without its painted rivers."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.terrain import GSD

Mask = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

COLOUR_SIGMA_M = 6_000.0
"""How far colours are smoothed, metres: past the width of a shaded slope, so that relief shading doesn't decide."""

RELIEF_M = 22_000.0
"""Side of the window of local relief, metres: wide enough to hold a valley and its ridge."""

_SEA_DISTANCE = 24.0
_BLUE = 40.0
_BLUER = 11.0


@dataclass(frozen=True)
class Features:
    """Features of each pixel of a patch, all float32 `(H, W)` but `lab`; on sea pixels the colour is the nearby land's.

    Attributes:
        lab: smoothed CIE Lab colour `(H, W, 3)`, L 0..100.
        height: metres.
        slope: steepness, metres per metre.
        relief: highest less lowest ground within `RELIEF_M`, metres, smoothed.

    """

    lab: NDArray[np.float32]
    height: NDArray[np.float32]
    slope: NDArray[np.float32]
    relief: NDArray[np.float32]


def sea_mask(terrain: NDArray[np.uint8], height: NDArray[np.float32], sea_rgb: tuple[int, int, int]) -> Mask:
    """Where the sea is: the ground is at 0 m and the map is blue; bool `(H, W)`. Lakes above the sea are not."""
    squared = np.square(terrain.astype(np.int32) - np.array(sea_rgb, np.int32)).sum(2)
    mask: Mask = (height < 1) & (squared < _SEA_DISTANCE**2)
    return mask


def painted_water(terrain: NDArray[np.uint8], sea: Mask) -> Mask:
    """Rivers and lakes painted on land, bool `(H, W)`: pixels bluer than the ground around them.

    Ice is slightly blue all over, so blueness counts against the surroundings; pixels at the coast mix land and sea
    and are left alone.
    """
    blueness = terrain[..., 2].astype(np.float32) - terrain[..., 0]
    near_sea = cv2.dilate(sea.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    around = masked_blur(blueness, ~near_sea & (blueness < _BLUE), 8)
    water = (blueness - around > _BLUER) & ~near_sea
    # A lone pixel is JPEG noise, not a river.
    return water & (cv2.boxFilter(water.astype(np.float32), -1, (3, 3), normalize=False) > 2)


def remove_water(terrain: NDArray[np.uint8], water: Mask, sea: Mask) -> NDArray[np.uint8]:
    """The Terrain patch (uint8 RGB `(H, W, 3)`) with painted `water` filled in from the land around it."""
    mask = cv2.dilate(water.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    mask[sea] = 0
    # The sea must not bleed into a filled river mouth: while filling, it shows the nearest land.
    dry = fill_nearest(terrain, sea | (mask > 0))
    dry = np.where(sea[..., None], dry, terrain)
    filled = cv2.inpaint(dry, mask, 4, cv2.INPAINT_TELEA)
    return np.where(sea[..., None], terrain, filled).astype(np.uint8)


def lake_share(water: Mask) -> float:
    """The share of the patch under big lakes: painted water that a disc of 26 km fits into."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    return float(cv2.morphologyEx(water.astype(np.uint8), cv2.MORPH_OPEN, disc).mean())


def features(terrain: NDArray[np.uint8], height: NDArray[np.float32], sea: Mask, gsd: float = GSD) -> Features:
    """Features of a patch: terrain uint8 RGB `(H, W, 3)` without rivers, height float32 `(H, W)` metres, sea mask."""
    raw = cv2.cvtColor(terrain.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32)
    # Pixels at the coast mix land and sea: their colour is no class's.
    shore = cv2.dilate(sea.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    blue = terrain[..., 2].astype(np.int16) - terrain[..., 0] > _BLUE
    lab = masked_blur(raw, ~shore & ~blue, COLOUR_SIGMA_M / gsd)
    east, south = (cv2.Sobel(height, cv2.CV_32F, dx, dy, ksize=3) / (8 * gsd) for dx, dy in ((1, 0), (0, 1)))
    side = int(RELIEF_M / gsd) | 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    span = cv2.dilate(height, window) - cv2.erode(height, window)
    relief = cv2.GaussianBlur(span, (0, 0), side / 3)
    return Features(lab, height, np.hypot(east, south).astype(np.float32), relief.astype(np.float32))


def masked_blur(values: NDArray[np.float32], mask: Mask, sigma: float) -> NDArray[np.float32]:
    """Gaussian blur of `values` `(H, W)` or `(H, W, C)` that takes pixels within `mask` only; sigma in pixels.

    Far from any masked pixel the nearest one's value stands.
    """
    if not mask.any():
        return values
    weight = mask.astype(np.float32)
    seen = cv2.GaussianBlur(weight, (0, 0), sigma)
    spread = weight if values.ndim == 2 else weight[..., None]
    blurred = cv2.GaussianBlur(values * spread, (0, 0), sigma)
    safe = np.maximum(seen, 1e-6)
    blurred = blurred / (safe if values.ndim == 2 else safe[..., None])
    return fill_nearest(blurred.astype(np.float32), seen < 1e-3)


def fill_nearest(values: NDArray[Scalar], hole: Mask) -> NDArray[Scalar]:
    """`values` `(H, W)` or `(H, W, C)` with each pixel of `hole` taken from the nearest pixel outside it."""
    if hole.all() or not hole.any():
        return values
    _, index = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(index.max() + 1, np.int64)
    source[index[~hole]] = np.flatnonzero(~hole)
    flat = values.reshape(-1, *values.shape[2:])
    filled: NDArray[Scalar] = flat[source[index]]
    return filled
