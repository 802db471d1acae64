"""A patch between the rasters and the training set: cleaned and classified, its segmentation map not painted yet."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import WATER, Labels
from spade_terrain.world.masked import Colour, Mask


@dataclass(frozen=True)
class CleanPatch:
    """A patch ready to be painted: sea flat, rivers gone unless they were to be kept.

    Attributes:
        terrain: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; 0 on the sea.
        sea: bool `(H, W)`.
        classes: uint8 `(H, W)`, land class of each pixel.
        satellite: uint8 RGB `(H, W, 3)`, what a satellite sees, sea flat and lakes gone; None if there is none.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    sea: Mask
    classes: Labels
    satellite: NDArray[np.uint8] | None = None


def flatten_sea(patch: CleanPatch, sea_rgb: Colour) -> CleanPatch:
    """`patch` changed in place: the sea at 0 m, and in the terrain's one colour but for the coast's own pixels."""
    # The resampled coast rings a little; the open sea must not.
    patch.terrain[cv2.erode(patch.sea.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = sea_rgb
    patch.height[patch.sea] = 0
    return patch


def flatten_painted_water(
    patch: CleanPatch, labels: Labels, sea_rgb: Colour, satellite_sea_rgb: Colour | None
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8] | None]:
    """Terrain, height and satellite picture with all that `labels` has as water, small islands too, as flat sea."""
    water = labels == WATER
    terrain, height = patch.terrain.copy(), patch.height.copy()
    terrain[water] = sea_rgb
    height[water] = 0
    if patch.satellite is None or satellite_sea_rgb is None:
        return terrain, height, None
    satellite = patch.satellite.copy()
    satellite[water] = satellite_sea_rgb
    return terrain, height, satellite
