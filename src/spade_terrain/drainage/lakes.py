"""The lakes of drained land: how deep they are, and a list of them."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.beds import bed_shapes
from spade_terrain.drainage.carve import Drained, Surface
from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import Lake

_VOLUME, _VOLUME_EXPONENT = 0.533, 1.204  # cubic metres of square metres (Cael, Heathcote and Seekell 2017)
_SLOPE = (0.0123 + 0.1094, 0.2664, 1.1474)
"""Logarithm of the mean depth in metres, how it grows with that of square kilometres, and with that of degrees of slope
(Messager and others 2016, lakes of 100 to 500 square kilometres, with the correction for the bias of logarithms)."""
_SHORE = 500.0  # metres from a lake within which the slope of its shore is measured
_LEAST_SLOPE, _MOST_SLOPE = 0.3, 15.0  # degrees: beyond, they say no more of depth
_SALT_LAKE = 0.1  # as deep as others: the Great Salt Lake has 5 m on average, where Cael's law has 49


def lake_depths(land: Surface, detail: int, scratch: Scratch = MEMORY) -> Field:
    """Metres of water over the beds of lakes: float32 `(H, W)`, 0 elsewhere; dried-up ones have no water.

    Each lake is as deep, on average, as the geometric mean of what two laws say: one of its area (Cael, Heathcote and
    Seekell, "The volume and mean depth of Earth's lakes", Geophysical Research Letters 44, 2017) and one of its area
    and the slope of its shore (Messager, Lehner, Grill, Nedeva and Schmitt, "Estimating the volume and age of water
    stored in global lakes using a geo-statistical approach", Nature Communications 7, 13603, 2016). Lakes without an
    outlet have a tenth of that. `bed_shapes` says where they are deep. No bed lies below the sea: a lake near its
    level is shallower.

    Args:
        land: with its water.
        detail: how much finer than the map it is.
        scratch: where depths lie.

    """
    depths = bed_shapes(land.water, detail, scratch)
    reach = max(1, round(_SHORE / land.spacing))
    for kind, share in ((LAKE, 1.0), (CLOSED_LAKE, _SALT_LAKE)):
        numbers, count = components(land.water == kind, scratch)
        figures = _figures(land.height, land.water, depths, numbers, count + 1, reach)
        factors = np.zeros(count + 1, np.float32)
        for i, (pixels, total, deepest, level, climbs, places) in enumerate(figures):
            if pixels and total:
                slope = np.degrees(np.arctan(climbs / max(places, 1) / land.spacing))
                mean = share * _mean_depth(pixels * land.spacing**2, slope)
                factors[i] = min(mean * pixels / total, level / deepest)
        _scale(depths, numbers, factors)
        del numbers
    return depths


def list_lakes(drained: Drained, depths: Field, scratch: Scratch = MEMORY) -> list[Lake]:
    """List lakes, from the north on; `depths` are what `lake_depths` tells, `scratch` is where it may work."""
    width = drained.water.shape[1]
    lakes = []
    for kind in (LAKE, CLOSED_LAKE):
        numbers, count = components(drained.water == kind, scratch)
        pixels = np.flatnonzero(numbers)
        number, depth = numbers.ravel()[pixels], depths.ravel()[pixels]
        sizes = np.bincount(number, minlength=count + 1)
        means = np.bincount(number, depth, minlength=count + 1) / sizes.clip(1)
        deepest = np.zeros(count + 1, np.float32)
        np.maximum.at(deepest, number, depth)
        firsts = pixels[np.unique(number, return_index=True)[1]]
        outlets = np.zeros(count + 1, np.int64)
        if kind == LAKE:
            receivers = drained.receivers[pixels]
            leaves = drained.water.ravel()[receivers] != LAKE
            outlets[number[leaves]] = receivers[leaves]
        for i, first in enumerate(firsts, 1):
            place, outlet = divmod(int(first), width), divmod(int(outlets[i]), width)
            area = float(sizes[i] * drained.spacing**2 / 1e6)
            level, outlet = float(drained.height[place]), outlet if kind == LAKE else None
            lakes.append(Lake(level, area, outlet, place, float(deepest[i]), float(means[i])))
    return sorted(lakes, key=lambda lake: lake.place)


def _mean_depth(area: float, slope: float) -> float:
    """Metres, of square metres and degrees."""
    by_area = _VOLUME * area ** (_VOLUME_EXPONENT - 1)
    constant, with_area, with_slope = _SLOPE
    slope = min(max(slope, _LEAST_SLOPE), _MOST_SLOPE)
    by_slope = 10**constant * (area / 1e6) ** with_area * slope**with_slope
    return float(np.sqrt(by_area * by_slope))


@kernel
def _figures(
    heights: Field, water: NDArray[np.uint8], depths: Field, numbers: NDArray[np.int32], count: int, reach: int
) -> NDArray[np.float64]:
    """Of each number: pixels, the sum of their depths, the largest, and the level: float64 `(count, 6)`.

    And of land that is `reach` pixels from them, in any direction, the sum of what it climbs a pixel, and how often.
    """
    height, width = heights.shape
    figures = np.zeros((count, 6))
    for y in range(height):
        for x in range(width):
            number = numbers[y, x]
            if number == 0:
                continue
            lake = figures[number]
            lake[0] += 1
            lake[1] += depths[y, x]
            lake[2] = max(lake[2], depths[y, x])
            lake[3] = heights[y, x]
            for down in range(-1, 2):
                for right in range(-1, 2):
                    row, column = y + down * reach, x + right * reach
                    if 0 <= row < height and 0 <= column < width and water[row, column] == LAND:
                        away = reach * np.sqrt(np.float64(down * down + right * right))
                        lake[4] += max(heights[row, column] - heights[y, x], 0.0) / away
                        lake[5] += 1
    return figures


@kernel
def _scale(depths: Field, numbers: NDArray[np.int32], factors: Field) -> None:
    for y in range(len(depths)):
        for x in range(depths.shape[1]):
            if numbers[y, x] > 0:
                depths[y, x] *= factors[numbers[y, x]]
