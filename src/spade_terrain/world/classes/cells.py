"""What a pixel and its surroundings look like, at several scales: what its class is decided by."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.terrain import GSD
from spade_terrain.world.masked import Mask, masked_blur
from spade_terrain.world.relief import local_relief, slope
from spade_terrain.world.water import BLUE

Floats = NDArray[np.float32]

FEATURES = (
    *("L_6km", "a_6km", "b_6km", "L_24km", "a_24km", "b_24km", "L_spread_12km", "ab_spread_24km"),
    *("height", "slope_8km", "slope_24km", "relief_20km", "relief_60km"),
)
"""Names of the features. Where a pixel lies, its latitude above all, is none of them."""

ROOTS = ("height", "slope_8km", "slope_24km", "relief_20km", "relief_60km")
"""Features given as the square root of metres or of metres per metre, so that plains keep their detail."""

CELL = 2
"""Pixels a side of a cell: features vary smoothly, so one vector stands for this many pixels."""


def cell_features(terrain: NDArray[np.uint8], height: Floats, sea: Mask, gsd: float = GSD) -> Floats:
    """Features of each cell of a patch, float32 `(ceil(H / 2), ceil(W / 2), F)` in the order of `FEATURES`.

    Colours are CIE Lab (L 0..100), Gaussian means whose sigma the name tells; spreads are standard deviations, in Lab
    too. Relief is the highest less the lowest ground within a disc of the diameter named. Sea and coast lend the land
    no colour: on them it is the nearby land's.

    Args:
        terrain: uint8 RGB `(H, W, 3)` without rivers.
        height: float32 `(H, W)`, metres.
        sea: bool `(H, W)`: what isn't land.
        gsd: ground sample distance, metres a pixel.

    """
    per_km = 1000 / (gsd * CELL)
    lab, land = _land_colours(terrain, sea)
    height = _to_cells(height)
    steepness = slope(height, gsd * CELL)
    near, wide = masked_blur(lab, land, 6 * per_km), masked_blur(lab, land, 24 * per_km)
    lightness, red_green, yellow_blue = (np.ascontiguousarray(lab[..., channel]) for channel in range(3))
    lightness_spread = _spread(lightness, land, 12 * per_km)
    colour_spread = np.hypot(_spread(red_green, land, 24 * per_km), _spread(yellow_blue, land, 24 * per_km))
    steep = [cv2.GaussianBlur(steepness, (0, 0), km * per_km) for km in (8, 24)]
    rough = [local_relief(height, km * per_km) for km in (20, 60)]
    rooted = [np.sqrt(np.maximum(f, 0)) for f in (height, *steep, *rough)]
    return np.dstack([near, wide, lightness_spread, colour_spread, *rooted]).astype(np.float32, copy=False)


def cells_of(mask: Mask) -> Mask:
    """The cells of which more than half lies in `mask` `(H, W)`, bool `(ceil(H / 2), ceil(W / 2))`."""
    inside: Mask = _to_cells(mask.astype(np.float32)) > 0.5
    return inside


def _to_cells(values: Floats) -> Floats:
    height, width = (-(-n // CELL) for n in values.shape[:2])
    return cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _land_colours(terrain: NDArray[np.uint8], sea: Mask) -> tuple[Floats, Mask]:
    """Mean Lab colour of the land in each cell, and the cells that have enough land to tell."""
    # Pixels at the coast mix land and sea: their colour is no class's.
    shore = cv2.dilate(sea.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    blue = terrain[..., 2].astype(np.int16) - terrain[..., 0] > BLUE
    land = (~shore & ~blue).astype(np.float32)
    lab = cv2.cvtColor(terrain.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    share = _to_cells(land)
    mean = _to_cells((lab * land[..., None]).astype(np.float32)) / np.maximum(share, 1e-3)[..., None]
    return mean.astype(np.float32, copy=False), share > 0.5


def _spread(values: Floats, mask: Mask, sigma: float) -> Floats:
    """Standard deviation of `values` `(H, W)` in a Gaussian window."""
    mean = masked_blur(values, mask, sigma)
    squares = masked_blur(np.square(values), mask, sigma)
    spread: Floats = np.sqrt(np.maximum(squares - np.square(mean), 0))
    return spread
