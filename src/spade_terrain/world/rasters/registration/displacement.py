"""How far one raster lies beside another, place by place."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

ROWS_PER_DEGREE = 8
COLUMNS_PER_DEGREE = 1
SHAPE = (180 * ROWS_PER_DEGREE, 360 * COLUMNS_PER_DEGREE)
"""Rows of cells from 90 N, columns from 180 W. Cells are wide, since rasters are bent along their rows more often."""

_M_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Displacement:
    """By how much a raster is displaced against the Terrain raster.

    Attributes:
        east: float32 `SHAPE`, metres: what the Terrain raster shows at a cell's centre lies this much further east
            there than in the other raster.
        north: likewise to the north.
        before: correlation of what the two show, -1..1, as they are.
        after: the same once the other raster is moved.

    """

    east: NDArray[np.float32]
    north: NDArray[np.float32]
    before: float
    after: float

    def places(
        self, lats: NDArray[np.float64], lons: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the other raster has the ground that the Terrain raster shows at `lats` and `lons` (degrees)."""
        rows = ((90 - lats) * ROWS_PER_DEGREE - 0.5).astype(np.float32)
        columns = ((lons + 180) % 360 * COLUMNS_PER_DEGREE - 0.5 + 1).astype(np.float32)
        # Round the Earth: a column more on either side.
        wide = (np.pad(a, ((0, 0), (1, 1)), "wrap") for a in (self.east, self.north))
        east, north = (
            cv2.remap(a, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(lats.shape)
            for a in wide
        )
        far = _M_PER_DEGREE * np.cos(np.deg2rad(lats))
        return lats - north.astype(np.float64) / _M_PER_DEGREE, lons - east.astype(np.float64) / far
