"""What `world register` measured of the rasters of one world, as a file, so that they can be read as one."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spade_terrain.errors import DataError, MissingFileError
from spade_terrain.storage.files import whole_file
from spade_terrain.world.rasters.registration.displacement import SHAPE, Displacement

_SATELLITE = "satellite_"
"""What the names of the satellite picture's arrays begin with; those of the heights have only their own."""


@dataclass(frozen=True)
class Registration:
    """How far the other rasters of a world lie beside its Terrain raster, measured by `register.register`.

    Attributes:
        height: of the Height raster.
        satellite: of the satellite picture; None if there was none.

    """

    height: Displacement
    satellite: Displacement | None = None

    @property
    def fingerprint(self) -> str:
        """A hash of all displacements, to tell one registration from another."""
        found = hashlib.sha256()
        for moved in (self.height, self.satellite):
            if moved:
                found.update(moved.east.tobytes() + moved.north.tobytes())
        return found.hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write it as a `.npz` file."""
        satellite = vars(self.satellite) if self.satellite else {}
        with whole_file(path) as draft, draft.open("wb") as f:
            np.savez_compressed(f, **vars(self.height), **{_SATELLITE + k: v for k, v in satellite.items()})

    @classmethod
    def load(cls, path: Path) -> "Registration":
        """Read what `save` wrote. Raises `MissingFileError` if it is not there, `DataError` if it is something else."""
        if not path.exists():
            raise MissingFileError(f"no such file: {path}")
        try:
            with np.load(path, allow_pickle=False) as arrays:
                has_satellite = any(name.startswith(_SATELLITE) for name in arrays)
                found = cls(_displacement(arrays, ""), _displacement(arrays, _SATELLITE) if has_satellite else None)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as e:
            raise DataError(f"{path} is not what `world register` wrote; give it the file that it did") from e
        for moved in (found.height, found.satellite):
            if moved and not moved.east.shape == moved.north.shape == SHAPE:
                raise DataError(f"{path} is of another version of spade-terrain: make it anew with `world register`")
        return found


def _displacement(arrays: Any, prefix: str) -> Displacement:
    east, north, before, after = (arrays[prefix + name] for name in ("east", "north", "before", "after"))
    return Displacement(east, north, float(before), float(after))
