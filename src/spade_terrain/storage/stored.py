"""Arrays and terrains that live in files, read and written some rows at a time."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from spade_terrain.errors import StorageError
from spade_terrain.terrain import Georeference, Guide, Hydrology

Place = slice | tuple[slice, slice]
"""Some rows, or some columns of some rows, as slices without steps."""


@dataclass(frozen=True)
class StoredArray:
    """An array `(H, W)` or `(H, W, C)` in a file: one row after another, as numpy lays them out, without a header.

    `array[10:20]` and `array[10:20, 5:9]` read and write as in numpy. The file is opened for each access and never
    mapped, so that none of it stays in this process; several threads may use one array.

    Attributes:
        path: the file.
        shape: height, width and, if there are any, channels.
        dtype: type of the values, in the machine's byte order.

    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def create(self) -> None:
        """Make the file, all zeros, which take no room on most disks; what it held before is gone."""
        with self.path.open("wb") as file:
            file.truncate(prod(self.shape) * self.dtype.itemsize)

    def is_whole(self) -> bool:
        """Whether the file is there, no link, and of the size that it should have."""
        size = prod(self.shape) * self.dtype.itemsize
        return self.path.is_file() and not self.path.is_symlink() and self.path.stat().st_size == size

    def __getitem__(self, place: Place, /) -> NDArray[Any]:
        """Read a place. Raises `StorageError` if the file ends too early, `OSError` if it has gone."""
        rows, columns = self._ranges(place)
        values = np.empty((len(rows), len(columns), *self.shape[2:]), self.dtype)
        with self.path.open("rb", buffering=0) as file:
            for offset, piece in self._pieces(values, rows, columns):
                file.seek(offset)
                while piece:
                    count = file.readinto(piece)
                    if not count:
                        raise StorageError(f"{self.path} ends too early; delete {self.path.parent} and begin anew")
                    piece = piece[count:]
        return values

    def __setitem__(self, place: Place, values: NDArray[Any], /) -> None:
        """Write a place, with values of its shape and type. Raises `OSError` if the disk is full."""
        rows, columns = self._ranges(place)
        shape = (len(rows), len(columns), *self.shape[2:])
        if values.shape != shape or values.dtype != self.dtype:
            raise ValueError(f"{values.dtype} {values.shape} can't be written to a place of {self.dtype} {shape}")
        with self.path.open("rb+", buffering=0) as file:
            for offset, piece in self._pieces(np.ascontiguousarray(values), rows, columns):
                file.seek(offset)
                while piece:
                    piece = piece[file.write(piece) :]

    def sync(self) -> None:
        """Wait until all that was written would survive a loss of power."""
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())

    def _ranges(self, place: Place) -> tuple[range, range]:
        slices = place if isinstance(place, tuple) else (place, slice(None))
        rows, columns = range(self.shape[0])[slices[0]], range(self.shape[1])[slices[1]]
        if rows.step != 1 or columns.step != 1:
            raise ValueError(f"{place} has steps; read it without, then take every so many")
        return rows, columns

    def _pieces(self, values: NDArray[Any], rows: range, columns: range) -> Iterator[tuple[int, memoryview]]:
        """Each stretch of bytes of `values` that is one in the file too, and where it starts there."""
        pixel = prod(self.shape[2:]) * self.dtype.itemsize
        stretches = values.reshape(len(rows), len(columns) * prod(self.shape[2:])).view(np.uint8)
        if len(columns) == self.shape[1]:
            stretches = stretches.reshape(1, -1) if stretches.size else stretches
        for i, stretch in enumerate(stretches):
            yield ((rows.start + i) * self.shape[1] + columns.start) * pixel, stretch.data


@dataclass(frozen=True)
class StoredPicture:
    """The land in one texture, in files: the attributes of `Picture`."""

    texture: StoredArray
    shaded: StoredArray


@dataclass(frozen=True)
class StoredTerrain:
    """A terrain whose maps are in files: the attributes of `Terrain`, for terrains that don't fit in memory."""

    texture: StoredArray
    height: StoredArray
    shaded: StoredArray
    labels: StoredArray
    seed: int
    model: str
    style: Mapping[str, float]
    gsd: float
    texture_name: str
    beside: Mapping[str, StoredPicture]
    georeference: Georeference | None = None
    guide: Guide | None = None
    hydrology: Hydrology | None = None

    @classmethod
    def at(
        cls,
        folder: Path,
        shape: tuple[int, int],
        *,
        seed: int,
        model: str,
        style: Mapping[str, float],
        gsd: float,
        textures: Sequence[str],
    ) -> Self:
        """Name the files of a terrain of `(H, W)` pixels in `folder`; `create` makes them.

        The first of `textures` is the main one.
        """

        def array(name: str, dtype: DTypeLike, *channels: int) -> StoredArray:
            return StoredArray(folder / f"{name}.raw", (*shape, *channels), np.dtype(dtype))

        def picture(suffix: str) -> StoredPicture:
            return StoredPicture(array(f"texture{suffix}", np.uint8, 3), array(f"shaded{suffix}", np.uint8, 3))

        main = picture("")
        return cls(
            texture=main.texture,
            height=array("height", np.float32),
            shaded=main.shaded,
            labels=array("labels", np.uint8),
            texture_name=textures[0],
            beside={name: picture(f"-{name}") for name in textures[1:]},
            seed=seed,
            model=model,
            style=style,
            gsd=gsd,
        )

    @property
    def made(self) -> list[StoredArray]:
        """All that is made of the labels."""
        others = (array for picture in self.beside.values() for array in (picture.texture, picture.shaded))
        return [self.texture, self.height, self.shaded, *others]

    def create(self) -> None:
        """Make the files, all zeros; what they held before is gone."""
        for array in (self.labels, *self.made):
            array.create()
