"""What is true of a whole map, gathered some rows at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spade_terrain.export.rows import stripes
from spade_terrain.palette import NAMES, WATER
from spade_terrain.terrain import Rows


@dataclass(frozen=True)
class MapSummary:
    """Figures of a map.

    Attributes:
        lowest: metres above the sea.
        highest: metres above the sea.
        land_share: the share of pixels that are neither sea nor lake, 0..1.
        class_shares: the share of each class, 0..1, by name.

    """

    lowest: float
    highest: float
    land_share: float
    class_shares: Mapping[str, float]


def summarise(height: Rows, labels: Rows) -> MapSummary:
    """Read a map once: `height` is float32 `(H, W)`, metres; `labels` is uint8 `(H, W)`, 0..6."""
    pixels = height.shape[0] * height.shape[1]
    lowest, highest, land = np.inf, -np.inf, 0
    for metres, classes in zip(stripes(height), stripes(labels), strict=True):
        lowest, highest = min(lowest, float(metres.min())), max(highest, float(metres.max()))
        land += int(np.count_nonzero((metres > 0) & (classes != WATER)))
    counts = sum(np.bincount(part.ravel(), minlength=len(NAMES)) for part in stripes(labels))
    shares = (np.asarray(counts) / pixels).tolist()
    return MapSummary(lowest, highest, land / pixels, dict(zip(NAMES, shares, strict=True)))
