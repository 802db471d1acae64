"""What the lossy compression of a packed file costs."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.dataset.clean_patch import CleanPatch

BANDS_M = (0, 100, 1000, 9000)
"""The bands of height that errors are stated for, metres."""


@dataclass
class CodingErrors:
    """What compression cost, summed over patches as they are written.

    Attributes:
        height: squared errors of land heights summed `(B,)`, by band of `BANDS_M`.
        pixels: land pixels counted `(B,)`.
        terrain: squared errors of land colours, summed.

    """

    height: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(BANDS_M) - 1))
    pixels: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(BANDS_M) - 1))
    terrain: float = 0.0

    def add(self, patch: CleanPatch, packed: CleanPatch) -> None:
        """Count the errors of one patch."""
        land = ~patch.sea
        off = np.square(packed.height - patch.height, dtype=np.float64)[land]
        band = np.clip(np.digitize(patch.height[land], BANDS_M) - 1, 0, len(BANDS_M) - 2)
        self.height += np.bincount(band, off, len(BANDS_M) - 1)
        self.pixels += np.bincount(band, minlength=len(BANDS_M) - 1)
        self.terrain += float(np.square(packed.terrain[land].astype(np.float64) - patch.terrain[land]).sum())

    def include(self, other: "CodingErrors") -> None:
        """Count what another one has counted."""
        self.height += other.height
        self.pixels += other.pixels
        self.terrain += other.terrain

    def stated(self) -> dict[str, Any]:
        """The errors as the index states them."""
        rms = np.sqrt(self.height / np.maximum(self.pixels, 1))
        names = [f"{low}-{high}" for low, high in pairwise(BANDS_M)]
        mean = max(self.terrain / (3 * max(self.pixels.sum(), 1)), 1e-9)
        return {
            "height_rms_m": {n: round(float(r), 2) for n, r in zip(names, rms, strict=True)},
            "terrain_psnr_db": round(float(10 * np.log10(255**2 / mean)), 2),
        }
