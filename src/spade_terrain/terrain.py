"""`Terrain`: what travels from generation to export."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import Labels

GSD = 2000.0
"""Ground sample distance of the method, metres a pixel."""


@dataclass(frozen=True)
class Terrain:
    """A generated terrain on one grid of `(H, W)` pixels; row 0 is north.

    Attributes:
        texture: uint8 RGB `(H, W, 3)`, sRGB: the ground's colour, with no shadows in it.
        height: float32 `(H, W)`, metres above the sea; the sea is exactly 0.
        shaded: uint8 RGB `(H, W, 3)`, sRGB: the texture with shading lit from the north-west, as on a printed map.
        labels: uint8 `(H, W)`, 0..6: the segmentation map it was made from.
        seed: the noise's seed.
        model: the name of the model that made it.
        gsd: ground sample distance, metres a pixel.

    """

    texture: NDArray[np.uint8]
    height: NDArray[np.float32]
    shaded: NDArray[np.uint8]
    labels: Labels
    seed: int
    model: str
    gsd: float = GSD

    def save(self, folder: str | Path) -> Sequence[Path]:
        """Write every file of the terrain into `folder` (made if missing); returns their paths.

        Raises `TerrainError` if the folder can't be written; nothing half-written is left behind.
        """
        # Late, because export stands above this module: this is a call for the user's convenience.
        from spade_terrain.export import save

        return save(self, Path(folder))
