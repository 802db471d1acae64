"""The shape of land, in figures: slopes, how much of it is high, and over which distances it differs."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field, shrink, smooth_over

Mask = NDArray[np.bool_]

LARGEST = 32e3
"""Metres, the largest wavelength of the spectrum."""
_HELD = 2.0  # pixels of the map over which land is to stay as it was: 20 km


def spectrum(heights: Field, land: Mask, spacing: float) -> dict[float, float]:
    """Metres, rms, by which land differs over each octave of wavelengths, by the shortest of the octave in metres.

    The power spectrum by Haar's wavelets, which needs no window and knows shores: squares of two by two pixels against
    their mean, then those means likewise. Squares that are not all land are left out; NaN if there is no other.

    Args:
        heights: float32 `(H, W)`, metres.
        land: bool `(H, W)`.
        spacing: metres a pixel.

    """
    octaves: dict[float, float] = {}
    while 4 * spacing <= LARGEST:
        sides = tuple(slice(side // 2 * 2) for side in heights.shape)
        heights, land = heights[sides], land[sides]
        coarse, all_land = shrink(heights, 2), shrink(land.astype(np.float32), 2) == 1
        apart = (heights - coarse.repeat(2, 0).repeat(2, 1)) ** 2
        inside = apart[all_land.repeat(2, 0).repeat(2, 1)]
        octaves[2 * spacing] = float(np.sqrt(inside.mean(dtype=np.float64))) if inside.size else float("nan")
        spacing, heights, land = 2 * spacing, coarse, all_land
    return octaves


def slopes(heights: Field, land: Mask, spacing: float) -> tuple[float, float]:
    """The mean slope of land, and that which one pixel in a hundred exceeds; NaN without land."""
    slope = np.hypot(*np.gradient(heights, spacing))[land]
    return (float(slope.mean()), float(np.quantile(slope, 0.99))) if slope.size else (float("nan"), float("nan"))


def hypsometry(heights: Field, land: Mask) -> tuple[float, float, float, float]:
    """The mean height of land, and those that 3/4, 1/2 and 1/4 of it exceed, by the highest; NaN without land.

    Points of the hypsometric curve (Strahler, "Hypsometric (area-altitude) analysis of erosional topography", Bulletin
    of the Geological Society of America 63, 1952), of which the first is the integral, if land begins at the sea.
    """
    inside = heights[land]
    if not inside.size:
        return (float("nan"),) * 4
    mean, *quarters = np.array([inside.mean(), *np.quantile(inside, (0.25, 0.5, 0.75))]) / inside.max()
    return float(mean), float(quarters[0]), float(quarters[1]), float(quarters[2])


def moved(carved: Field, heights: Field, land: Mask, detail: int) -> float:
    """How far land, smoothed over 20 km, lies from where it was, rms, as a share of its range; NaN without land.

    Args:
        carved: float32 `(detail H, detail W)`, metres.
        heights: what it was carved from, float32 `(H, W)`.
        land: where it counts, bool `(H, W)`.
        detail: how much finer `carved` is.

    """
    if not land.any() or heights.min() == heights.max():
        return float("nan")
    apart = smooth_over(shrink(carved, detail) - heights, land, _HELD)[land]
    return float(np.sqrt((apart**2).mean(dtype=np.float64)) / np.ptp(heights))
