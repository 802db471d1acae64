"""A patch between the rasters and the training set: cleaned and classified, its segmentation map not painted yet."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import WATER, Labels
from spade_terrain.world.masked import Mask


@dataclass(frozen=True)
class CleanPatch:
    """A patch ready to be painted: sea flat, rivers gone unless they were to be kept.

    Attributes:
        terrain: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; 0 on the sea.
        sea: bool `(H, W)`.
        classes: uint8 `(H, W)`, land class of each pixel.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    sea: Mask
    classes: Labels


def flatten_sea(patch: CleanPatch, sea_rgb: tuple[int, int, int]) -> CleanPatch:
    """`patch` changed in place: the sea at 0 m, and in its one colour but for the coast's own pixels."""
    # The resampled coast rings a little; the open sea must not.
    patch.terrain[cv2.erode(patch.sea.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = sea_rgb
    patch.height[patch.sea] = 0
    return patch


def flatten_painted_water(
    patch: CleanPatch, labels: Labels, sea_rgb: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Terrain and height with everything that `labels` has as water, small islands too, made flat sea."""
    water = labels == WATER
    terrain, height = patch.terrain.copy(), patch.height.copy()
    terrain[water] = sea_rgb
    height[water] = 0
    return terrain, height
