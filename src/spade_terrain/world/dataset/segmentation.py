"""Classes per pixel -> a segmentation map as a person paints it: large smooth blobs, never the same twice."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import CLASSES, WATER, Labels
from spade_terrain.world.masked import Mask, fill_nearest

CELLED = 0.3
"""Share of the maps that are put together of cells."""

CELL_SEA = 0.8
"""A cell is painted water if more than this share of it is sea."""


@dataclass(frozen=True)
class Brush:
    """How one map is painted, drawn at random per patch, so that overlapping patches are painted differently.

    Attributes:
        sigma: smoothing of land classes, pixels.
        smallest: regions of less area vanish, pixels.
        smallest_island: but islands, capes and isthmuses only below this, pixels: people paint small ones.
        island_margin: how far what is that small is painted beyond its real coast, pixels.
        wobble: how far borders stray, pixels.
        wobble_scale: how long their waves are, pixels.
        water_sigma: smoothing of the sea, pixels.
        water_share: a pixel is painted water if more than this share of its surroundings is sea.
        cell: size of the cells that the map is put together of, pixels: straight borders with hard corners, as of a
            polygon tool or a map of Voronoi cells; 0 paints round blobs.
        noise_seed: chooses the waves and the cells.

    """

    sigma: float
    smallest: int
    smallest_island: int
    island_margin: int
    wobble: float
    wobble_scale: float
    water_sigma: float
    water_share: float
    cell: float
    noise_seed: int


def random_brush(rng: np.random.Generator) -> Brush:
    """Draw a brush."""

    def of_scale(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    return Brush(
        sigma=round(of_scale(3.5, 11), 2),
        smallest=int(of_scale(120, 1200)),
        smallest_island=int(of_scale(5, 150)),
        island_margin=int(rng.integers(3)),
        wobble=round(float(rng.uniform(0, 5)), 2),
        wobble_scale=round(float(rng.uniform(12, 40)), 2),
        water_sigma=round(of_scale(2.5, 7), 2),
        water_share=round(float(rng.uniform(0.5, 0.8)), 3),
        cell=round(of_scale(6, 20), 2) if rng.random() < CELLED else 0.0,
        noise_seed=int(rng.integers(2**31)),
    )


def paint(classes: Labels, sea: Mask, brush: Brush) -> Labels:
    """Paint the segmentation map of a patch, uint8 `(H, W)`, 0..6.

    `classes` (uint8 `(H, W)`) is the land class of each pixel; under `sea` (bool `(H, W)`) it doesn't count. Painted
    water keeps to the real sea but for land too small to paint, and mostly away from the coast: a narrow strip of sea
    beside it carries a land label. The wider that strip, the freer the coast that a network learns to invent, and the
    more of a painted cape it drowns.
    """
    land = _smooth_land(classes, sea, brush)
    land = _wobble(land, brush)
    if brush.cell:
        land, water = _in_cells(land, _without_specks(sea, brush), brush)
    else:
        water = _smooth_water(sea, brush)
    land = _drop_small(land, dict.fromkeys(range(len(CLASSES)), brush.smallest))
    water = _without_specks(water, brush)
    return np.where(water & ~_swallowed(water, sea, brush), np.uint8(WATER), land).astype(np.uint8)


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
    """A smooth blob that lies mostly within the sea."""
    # A little noise in the threshold lets the painted shore stray.
    stray = _waves(sea.shape, brush)[0] * 0.06
    share = cv2.GaussianBlur(sea.astype(np.float32), (0, 0), brush.water_sigma)
    water: Mask = share > np.clip(brush.water_share + stray, 0.5, 0.97)
    return water


def _without_specks(water: Mask, brush: Brush) -> Mask:
    """`water` without islands too small, and land without puddles."""
    return _drop_small(water.astype(np.uint8), {0: brush.smallest_island, 1: brush.smallest}).astype(bool)


def _swallowed(water: Mask, sea: Mask, brush: Brush) -> Mask:
    """Islands, capes and isthmuses under `water` that are worth painting, a little larger than they are."""
    lost = (water & ~sea).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(lost, connectivity=8)
    worth = stats[:, cv2.CC_STAT_AREA] >= brush.smallest_island
    worth[0] = False
    side = 2 * brush.island_margin + 1
    blob = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(worth[regions].astype(np.uint8), blob).astype(bool)


def _in_cells(land: Labels, sea: Mask, brush: Brush) -> tuple[Labels, Mask]:
    """Land and water put together of Voronoi cells: each of the class in its middle, or water if most of it is sea."""
    rng = np.random.default_rng((brush.noise_seed, 1))
    corners = np.stack(np.meshgrid(*(np.arange(0, n, brush.cell) for n in land.shape), indexing="ij"), -1)
    middles = (corners + rng.uniform(0, brush.cell, corners.shape)).reshape(-1, 2).astype(int)
    rows, columns = middles[(middles < land.shape).all(1)].T
    elsewhere = np.ones(land.shape, np.uint8)
    elsewhere[rows, columns] = 0
    cells = cv2.distanceTransformWithLabels(elsewhere, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1]
    of_cell = np.zeros(cells.max() + 1, np.uint8)
    of_cell[cells[rows, columns]] = land[rows, columns]
    is_water = np.bincount(cells.ravel(), weights=sea.ravel()) > CELL_SEA * np.bincount(cells.ravel())
    return of_cell[cells], is_water[cells]


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


def _drop_small(labels: Labels, smallest: Mapping[int, int]) -> Labels:
    """`labels` with every connected region under its label's `smallest` pixels given to the nearest of the others."""
    small = np.zeros(labels.shape, bool)
    for label in np.unique(labels):
        _, regions, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=4)
        tiny = stats[:, cv2.CC_STAT_AREA] < smallest[int(label)]
        tiny[0] = False
        small |= tiny[regions]
    return fill_nearest(labels, small)
