"""Classes per pixel -> a segmentation map as a person paints it: large smooth blobs, never the same twice."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import CLASSES, WATER, Labels
from spade_terrain.world.masked import Mask, fill_nearest


@dataclass(frozen=True)
class Brush:
    """How one map is painted, drawn at random per patch, so that overlapping patches are painted differently.

    Attributes:
        sigma: smoothing of land classes, pixels.
        smallest: regions of less area vanish, pixels.
        wobble: how far borders stray, pixels.
        wobble_scale: how long their waves are, pixels.
        water_sigma: smoothing of the sea, pixels.
        water_share: a pixel is painted water if more than this share of its surroundings is sea.
        noise_seed: chooses the waves.

    """

    sigma: float
    smallest: int
    wobble: float
    wobble_scale: float
    water_sigma: float
    water_share: float
    noise_seed: int


def random_brush(rng: np.random.Generator) -> Brush:
    """Draw a brush."""
    return Brush(
        sigma=round(float(rng.uniform(4, 9)), 2),
        smallest=int(np.exp(rng.uniform(np.log(150), np.log(1200)))),
        wobble=round(float(rng.uniform(0, 5)), 2),
        wobble_scale=round(float(rng.uniform(12, 40)), 2),
        water_sigma=round(float(rng.uniform(2.5, 7)), 2),
        water_share=round(float(rng.uniform(0.65, 0.9)), 3),
        noise_seed=int(rng.integers(2**31)),
    )


def paint(classes: Labels, sea: Mask, brush: Brush) -> Labels:
    """Paint the segmentation map of a patch, uint8 `(H, W)`, 0..6.

    `classes` (uint8 `(H, W)`) is the land class of each pixel; under `sea` (bool `(H, W)`) it doesn't count. Painted
    water lies within the real sea, away from its coast: the narrow strip of sea beside it carries a land label.
    """
    land = _smooth_land(classes, sea, brush)
    land = _wobble(land, brush)
    land = _drop_small(land, brush.smallest)
    water = _smooth_water(sea, brush)
    return np.where(water, np.uint8(WATER), land).astype(np.uint8)


def _smooth_land(classes: Labels, sea: Mask, brush: Brush) -> Labels:
    known = fill_nearest(classes, sea)
    best = np.full(classes.shape, -1, np.float32)
    smooth = np.zeros_like(classes)
    for label in range(len(CLASSES)):
        if label == WATER:
            continue
        share = cv2.GaussianBlur((known == label).astype(np.float32), (0, 0), brush.sigma)
        smooth[share > best] = label
        best = np.maximum(best, share)
    return smooth


def _smooth_water(sea: Mask, brush: Brush) -> Mask:
    """A smooth blob that lies within the sea."""
    # A little noise in the threshold lets the painted shore stray without ever leaving the sea.
    stray = _waves(sea.shape, brush)[0] * 0.06
    share = cv2.GaussianBlur(sea.astype(np.float32), (0, 0), brush.water_sigma)
    water = share > np.clip(brush.water_share + stray, 0.6, 0.97)
    # Sea without islands of land, then land without puddles.
    water = _drop_small(water.astype(np.uint8), brush.smallest)
    return water.astype(bool)


def _wobble(labels: Labels, brush: Brush) -> Labels:
    rows, columns = np.indices(labels.shape, np.float32)
    east, south = _waves(labels.shape, brush) * np.float32(brush.wobble)
    moved = cv2.remap(labels, columns + east, rows + south, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.uint8)


def _waves(shape: tuple[int, ...], brush: Brush) -> NDArray[np.float32]:
    """Two independent smooth random fields `(2, H, W)`, mean 0 and deviation about 1."""
    rng = np.random.default_rng(brush.noise_seed)
    height, width = (int(n / brush.wobble_scale) + 3 for n in shape)
    coarse = rng.standard_normal((2, height, width)).astype(np.float32)
    fields = [cv2.resize(c, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) for c in coarse]
    return np.stack(fields)


def _drop_small(labels: Labels, smallest: int) -> Labels:
    """`labels` with every connected region under `smallest` pixels given to the nearest of the others."""
    small = np.zeros(labels.shape, bool)
    for label in np.unique(labels):
        _, regions, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=4)
        tiny = stats[:, cv2.CC_STAT_AREA] < smallest
        tiny[0] = False
        small |= tiny[regions]
    return fill_nearest(labels, small)
