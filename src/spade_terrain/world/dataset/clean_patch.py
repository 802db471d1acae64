"""A patch between the rasters and the training set: cleaned and classified, its segmentation map not painted yet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import WATER, Labels
from spade_terrain.world.masked import Colour, Mask
from spade_terrain.world.water import blue_shore, fill_in

LOWEST_LAND_M = 1.0
"""Land that lies lower is raised to this: what lies at 0 m is sea."""


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
    """`patch` changed in place: the sea at 0 m in the terrain's one colour; land above it in the land's own.

    Else real coasts would show what no generated one can: blue land, and land at 0 m.
    """
    patch.terrain[:] = fill_in(patch.terrain, blue_shore(patch.terrain, patch.sea), patch.sea)
    patch.terrain[patch.sea] = sea_rgb
    patch.height[:] = np.where(patch.sea, 0, np.maximum(patch.height, LOWEST_LAND_M))
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
