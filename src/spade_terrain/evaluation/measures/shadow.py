"""The shadow leak: how much of the light on the slopes is in the colours."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import WATER, Labels, luminance
from spade_terrain.world.masked import masked_blur

LIGHT = 315.0
"""Azimuth of the real terrain's light, degrees from north over east."""

CONTROL = 45.0
"""Azimuth from which no light comes."""

# Colours that change over more than a few of these belong to the land, not to a slope. The number is a convention,
# fitted so that real terrain has the known 0.26 and 0.01 beside heights that are not registered; a wider blur finds
# more light in the same terrain.
_DETAIL_M = 8_000.0


def shadow_leak(picture: NDArray[np.uint8], height: NDArray[np.float32], labels: Labels, gsd: float) -> list[float]:
    """Correlation on land of the picture's fine luminance with the slope toward light from `LIGHT` and `CONTROL`.

    `picture` is uint8 RGB `(H, W, 3)`, `height` float32 `(H, W)` in metres, `labels` uint8 `(H, W)`, `gsd` metres a
    pixel. Each number is -1..1: 0 if no light is in the picture, above 0 if slopes that face the azimuth are brighter.
    """
    land = labels != WATER
    grey = luminance(picture)
    fine = (grey - masked_blur(grey, land, _DETAIL_M / gsd))[land]
    south, east = np.gradient(height, gsd)
    numbers = []
    for azimuth in np.deg2rad((LIGHT, CONTROL)):
        # Ground that rises away from the light faces it.
        facing = south * np.cos(azimuth) - east * np.sin(azimuth)
        numbers.append(_correlation(fine, facing[land]))
    return numbers


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Pearson's; 0 if either never changes, since then nothing can be seen in it."""
    a, b = (v.astype(np.float64) - v.mean(dtype=np.float64) for v in (a, b))
    size = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float(a @ b) / size if size else 0.0
