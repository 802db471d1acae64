"""Figures of a training set: what its classes are like on the ground, and how its maps are painted."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import NAMES, Labels
from spade_terrain.terrain import GSD
from spade_terrain.world.relief import slope

_COUNTS_FROM = 0.01
"""A class counts as one of a patch's from this share of it."""


@dataclass(frozen=True)
class Sums:
    """What a patch adds to the figures, by label, float64 `(7,)` each.

    Attributes:
        pixels: of each class.
        regions: connected regions of each class.
        height: heights in metres, summed over the pixels of each class.
        slope: slopes in metres per metre, likewise.

    """

    pixels: NDArray[np.float64]
    regions: NDArray[np.float64]
    height: NDArray[np.float64]
    slope: NDArray[np.float64]


def sums(height: NDArray[np.float32], labels: Labels) -> Sums:
    """Sum up a patch: height `(H, W)` in metres, labels uint8 `(H, W)`."""
    flat, count = labels.ravel(), len(NAMES)
    regions = [cv2.connectedComponents((labels == i).astype(np.uint8), connectivity=4)[0] - 1 for i in range(count)]
    return Sums(
        np.bincount(flat, minlength=count).astype(np.float64),
        np.array(regions, np.float64),
        np.bincount(flat, height.ravel(), count).astype(np.float64),
        np.bincount(flat, slope(height, GSD).ravel(), count).astype(np.float64),
    )


def table(patches: Sequence[Sums]) -> str:
    """The figures of a set as a Markdown table, a row for each class, which also reads well as plain text."""
    pixels, regions, heights, slopes = (sum(getattr(p, n) for p in patches) for n in Sums.__dataclass_fields__)
    rows = [
        "| class     | of the pixels | mean region, km2 | mean height, m | mean slope |",
        "|---|---:|---:|---:|---:|",
    ]
    for i, name in enumerate(NAMES):
        if pixels[i]:
            region = pixels[i] / regions[i] * (GSD / 1000) ** 2
            share, metres, steep = pixels[i] / pixels.sum(), heights[i] / pixels[i], slopes[i] / pixels[i]
            rows.append(f"| {name:<9} | {share:13.1%} | {region:16,.0f} | {metres:14,.0f} | {steep:10.2%} |")
    varied = np.mean([(p.pixels >= _COUNTS_FROM * p.pixels.sum()).sum() >= 3 for p in patches])
    whole = pixels.sum() / regions.sum() * (GSD / 1000) ** 2
    rows += ["", f"A region of any class has {whole:,.0f} km2 in the mean."]
    rows.append(
        f"{varied:.0%} of {len(patches)} patches have three or more classes of {_COUNTS_FROM:.0%} or more each."
    )
    return "\n".join(rows)
