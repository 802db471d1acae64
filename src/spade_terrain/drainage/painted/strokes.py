"""Which painted water is as thin as a brush stroke, and how wide it is."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field

Mask = NDArray[np.bool_]

WIDEST = 8  # pixels: a stroke is thinner
_DISC = (4, 6, 8, 8, 8, 8, 6, 4)  # pixels in each row of a disc so wide
_POND = 1.6  # a place of a stroke that is so many times as wide as the rest is a lake
_STRAIGHT, _DIAGONAL = 0.96, 1.36  # lengths of steps, by which distances are least wrong on the whole (Borgefors 1986)


def thin_water(water: Mask, depth: Field) -> Mask:
    """Where water is thinner than 8 pixels, and where strokes meet or bulge: bool `(H, W)`.

    It is what a morphological opening by a disc takes away; beyond the map's border its edge goes on.

    Args:
        water: bool `(H, W)`.
        depth: as `depths` gives it.

    """
    wide = _opened(water)
    thin = water & ~wide
    pools, count = components(wide)
    strokes, strokes_count = components(thin)
    if not count or not strokes_count:
        return thin
    radius = np.zeros(count + 1, np.float32)
    np.maximum.at(radius, pools, depth)
    beside = np.zeros(count + 1)  # how wide the strokes at each pool are
    widths = mean_widths(strokes, strokes_count, depth)
    for down, right in np.ndindex(3, 3):
        around = np.pad(strokes, 1)[down : down + water.shape[0], right : right + water.shape[1]]
        np.maximum.at(beside, pools, widths[around])
    bulges = 2 * radius < _POND * beside
    bulges[0] = False
    bulging: Mask = thin | bulges[pools]
    return bulging


def mean_widths(numbers: NDArray[np.int32], count: int, depth: Field) -> NDArray[np.float64]:
    """Mean widths of the pieces of a mask along their middle lines, in pixels: float64 `(count + 1,)`."""
    padded = np.pad(depth, 1)
    height, width = depth.shape
    around = np.max([padded[y : y + height, x : x + width] for y, x in np.ndindex(3, 3)], axis=0)
    ridge = (numbers > 0) & (depth >= around)
    ridges = np.bincount(numbers[ridge], minlength=count + 1)
    total = np.bincount(numbers[ridge], depth[ridge], minlength=count + 1)
    widths: NDArray[np.float64] = 2 * total / ridges.clip(1)
    return widths


def depths(water: Mask) -> Field:
    """How far water is from the nearest shore, in pixels: float32 `(H, W)`, half a pixel beside the land, 0 on it."""
    depth = np.where(water, np.float32(np.inf), np.float32(0))
    for _ in range(2):
        _fall(depth)
        depth = np.ascontiguousarray(depth[::-1, ::-1])
    return np.where(water, np.minimum(depth, np.float32(sum(water.shape))) - np.float32(0.5), np.float32(0))


def _opened(water: Mask) -> Mask:
    size = len(_DISC)
    height, width = water.shape
    offsets = [(y, x) for y, run in enumerate(_DISC) for x in range((size - run) // 2, (size + run) // 2)]
    padded = np.pad(water, size, mode="edge")
    fits = np.ones((height + size + 1, width + size + 1), bool)  # a disc whose first corner is here
    for y, x in offsets:
        fits &= padded[y : y + height + size + 1, x : x + width + size + 1]
    opened = np.zeros((height, width), bool)
    for y, x in offsets:
        opened |= fits[size - y : size - y + height, size - x : size - x + width]
    return opened


@kernel
def _fall(depth: Field) -> None:
    """One sweep of a distance transform by steps to eight neighbours, in place."""
    height, width = depth.shape
    for y in range(height):
        for x in range(width):
            nearest = depth[y, x]
            if x > 0:
                nearest = min(nearest, depth[y, x - 1] + _STRAIGHT)
            if y > 0:
                nearest = min(nearest, depth[y - 1, x] + _STRAIGHT)
                if x > 0:
                    nearest = min(nearest, depth[y - 1, x - 1] + _DIAGONAL)
                if x < width - 1:
                    nearest = min(nearest, depth[y - 1, x + 1] + _DIAGONAL)
            depth[y, x] = nearest
