"""Arrays and terrains that live in files, read and written some rows at a time."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import StorageError
from spade_terrain.terrain import Georeference, Guide, Hydrology

Place = slice | tuple[slice, slice]
"""Some rows, or some columns of some rows, as slices without steps."""


class Stored(Protocol):
    """An array `(H, W)` or `(H, W, C)` outside of memory, of which places are read and written as of numpy's."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and, if there are any, channels."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        ...

    def __getitem__(self, place: Place, /) -> NDArray[Any]:
        """Read a place."""
        ...

    def __setitem__(self, place: Place, values: NDArray[Any], /) -> None:
        """Write a place, with values of its shape and type."""
        ...


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
    """The land in one texture, outside of memory: the attributes of `Picture`."""

    texture: Stored
    shaded: Stored


@dataclass(frozen=True)
class StoredTerrain:
    """A terrain whose maps are outside of memory: the attributes of `Terrain`, for terrains that don't fit there."""

    texture: Stored
    height: Stored
    shaded: Stored
    labels: Stored
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
    def of(
        cls,
        array: Callable[[str], Stored],
        *,
        seed: int,
        model: str,
        style: Mapping[str, float],
        gsd: float,
        textures: Sequence[str],
    ) -> Self:
        """A terrain of the arrays of `arrays_of`, which `array` opens by their names.

        The first of `textures` is the main one.
        """

        def picture(suffix: str) -> StoredPicture:
            return StoredPicture(array(f"texture{suffix}"), array(f"shaded{suffix}"))

        main = picture("")
        return cls(
            texture=main.texture,
            height=array("height"),
            shaded=main.shaded,
            labels=array("labels"),
            texture_name=textures[0],
            beside={name: picture(f"-{name}") for name in textures[1:]},
            seed=seed,
            model=model,
            style=style,
            gsd=gsd,
        )


LABELS = "labels"
"""The array that is not made, but that all the others are made of."""


def arrays_of(shape: tuple[int, int], textures: Sequence[str]) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Names of the arrays of a terrain of `(H, W)` pixels, and their shapes and types: its labels and all made of them.

    The first of `textures` is the main one.
    """
    colours, suffixes = ((*shape, 3), np.dtype(np.uint8)), ("", *(f"-{name}" for name in textures[1:]))
    pictures = {f"{what}{suffix}": colours for suffix in suffixes for what in ("texture", "shaded")}
    return {LABELS: (shape, np.dtype(np.uint8)), "height": (shape, np.dtype(np.float32)), **pictures}
