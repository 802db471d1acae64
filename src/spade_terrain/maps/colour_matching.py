"""Painted pixels to classes, though edges are anti-aliased or the file is a JPEG.

A pixel between water and desert may be nearest to tundra: its colour alone does not say what it is. So classes are
found by seeded region growing (`region_growing`). Seeds are blocks of 3 x 3 pixels that are near colours of one class.
From there regions grow into the pixels around that are in their colours, or in a mixture of two of them. What is left
may be smaller blocks, farther from their colour because of JPEG artefacts: they are seeds next, and grow, and so on.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.maps.legend import Legend
from spade_terrain.maps.region_growing import RADIUS, ROUNDS, UNKNOWN, Regions, dilated, thirds
from spade_terrain.palette import Labels, pack


class _Step(NamedTuple):
    """Distances in RGB, Euclidean, of 0..255 a channel: of a seed from its colour, and of other pixels from a mixture.

    Mixtures of two of the palette's colours keep 12 away from all the others; flat areas of a JPEG are within 5 of
    their colour.
    """

    seed: int
    mixture: float


_STEPS = (_Step(10, 15.0), _Step(20, 20.0), _Step(35, 30.0))
_OFF_PALETTE = 60.0
"""Farther than this from every mixture of the colours around it, a pixel is off the palette."""
REACH = len(_STEPS) * (2 + ROUNDS * RADIUS) + (1 + 2 * ROUNDS) * RADIUS
"""How many pixels away something may be and yet matter to a pixel."""

EXACT, APPROXIMATE, OFF_PALETTE = range(3)
"""A pixel in a colour of the legend, one near such or mixed from some, and one in quite another colour."""


class Matches(NamedTuple):
    """The class of each pixel, 0..6, and how it was matched, `EXACT` to `OFF_PALETTE`: both uint8 `(H, W)`."""

    labels: Labels
    kinds: NDArray[np.uint8]


def match_colours(image: NDArray[np.uint8], legend: Legend) -> Matches:
    """Match a painted image, uint8 RGB `(H, W, 3)`. Farther away than `REACH` nothing matters to a pixel."""
    packed = pack(image)
    nearest, distance = _nearest(packed, legend)
    exact = pack(legend.rgb)[nearest] == packed
    classes = legend.labels
    if exact.all():
        return Matches(classes[nearest], np.full(exact.shape, EXACT, np.uint8))
    regions = Regions(image, legend.rgb)
    for step in _STEPS:
        candidates = (regions.known == UNKNOWN) & (distance <= step.seed)
        regions.add_seeds(_in_blocks(np.where(candidates, classes[nearest], UNKNOWN)), nearest)
        if step is _STEPS[0]:
            regions.add_thin_seeds(exact, nearest, _STEPS[-1].mixture)
        regions.grow(step.mixture)
    regions.grow(_OFF_PALETTE)
    off_palette = regions.known == UNKNOWN
    regions.grow(np.inf)
    labels = classes[np.where(regions.known == UNKNOWN, nearest, regions.known)]
    kinds = np.where(off_palette, OFF_PALETTE, np.where(exact, EXACT, APPROXIMATE)).astype(np.uint8)
    return Matches(labels, kinds)


def _nearest(packed: NDArray[np.int32], legend: Legend) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each pixel the place in the legend of the nearest colour, and how far that is, rounded up, 255 at most."""
    occurs = np.zeros(1 << 24, bool)
    occurs[packed] = True
    colours = np.flatnonzero(occurs)
    red, green, blue = (part.astype(np.float32) for part in (colours >> 16, colours >> 8 & 255, colours & 255))
    place, far = np.zeros(1 << 24, np.uint8), np.zeros(1 << 24, np.uint8)
    least = np.full(len(colours), np.inf, np.float32)
    for i, (r, g, b) in enumerate(legend.rgb.tolist()):
        distance = np.sqrt(np.square(red - r) + np.square(green - g) + np.square(blue - b))
        place[colours[distance < least]] = i
        np.minimum(least, distance, out=least)
    far[colours] = np.ceil(least).clip(max=255)
    return place[packed], far[packed]


def _in_blocks(labels: Labels) -> NDArray[np.bool_]:
    """Whether a pixel is in a block of 3 x 3 of one class; beyond the image it goes on as at its edge."""
    alike = np.pad(labels, 2, mode="edge")
    for axis in (0, 1):
        a, b, c = thirds(alike, axis)
        alike = np.where((a == b) & (b == c), b, np.uint8(UNKNOWN))
    return dilated(alike != UNKNOWN)
