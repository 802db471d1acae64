"""How far the Height raster lies beside the Terrain raster, place by place, so that both can be read as one."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, MissingFileError
from spade_terrain.storage.files import whole_file

ROWS_PER_DEGREE = 8
COLUMNS_PER_DEGREE = 1
SHAPE = (180 * ROWS_PER_DEGREE, 360 * COLUMNS_PER_DEGREE)
"""Rows of cells from 90 N, columns from 180 W. Cells are wide, since rasters are bent along their rows more often."""

_M_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Registration:
    """By how much the Height raster is displaced against the Terrain raster, measured by `register.register`.

    Attributes:
        east: float32 `SHAPE`, metres: what the Terrain raster shows at a cell's centre lies this much further east
            there than in the Height raster.
        north: likewise to the north.
        before: correlation of the terrain's fine luminance with the slopes toward its light, -1..1, as they are.
        after: the same once heights are moved.

    """

    east: NDArray[np.float32]
    north: NDArray[np.float32]
    before: float
    after: float

    def at_heights(
        self, lats: NDArray[np.float64], lons: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the Height raster has the ground that the Terrain raster shows at `lats` and `lons` (degrees)."""
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

    @property
    def fingerprint(self) -> str:
        """A hash of all displacements, to tell one registration from another."""
        return hashlib.sha256(self.east.tobytes() + self.north.tobytes()).hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write it as a `.npz` file."""
        with whole_file(path) as draft, draft.open("wb") as f:
            np.savez_compressed(f, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Registration":
        """Read what `save` wrote. Raises `MissingFileError` if it is not there, `DataError` if it is something else."""
        if not path.exists():
            raise MissingFileError(f"no such file: {path}")
        try:
            with np.load(path, allow_pickle=False) as arrays:
                found = cls(arrays["east"], arrays["north"], float(arrays["before"]), float(arrays["after"]))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as e:
            raise DataError(f"{path} is not what `world register` wrote; give it the file that it did") from e
        if found.east.shape != SHAPE or found.north.shape != SHAPE:
            raise DataError(f"{path} is of another version of spade-terrain: make it anew with `world register`")
        return found
