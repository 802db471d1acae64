"""How high the usual peaks of each class are, for docs/painting.md: guides that are shades of grey are scaled by them.

python tools/measure_peaks.py DATA
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import NAMES, WATER
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.patches import Patches

MOST = 300
"""Training patches that are looked at, evenly over the set."""
LEAST_SHARE = 0.01
"""Of a patch's pixels that a class has to have there to count."""


def main(data: Path) -> None:
    """Measure and print."""
    patches = load(data, most=MOST)
    print(f"highest hundredth of each class, metres: median and upper quartile of {len(patches.labels)} patches")
    for label, name in enumerate(NAMES):
        if label != WATER and len(found := peaks(patches, label)):
            print(f"{name:<9} {np.median(found):6.0f} {np.percentile(found, 75):6.0f}")


def peaks(patches: Patches, label: int) -> NDArray[np.float64]:
    """The 99th percentile of the heights of a class, metres, in each patch that has enough of it."""
    pairs = zip(patches.height, patches.labels, strict=True)
    places = ((height[labels == label], labels.size) for height, labels in pairs)
    return (
        np.array([np.percentile(h, 99) for h, size in places if len(h) >= LEAST_SHARE * size]) * patches.metres_per_unit
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
