"""Large arrays to work on: in memory, or where that is short in files, which the system keeps in memory as it can."""

import os
import tempfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True)
class Scratch:
    """Where large arrays lie.

    Attributes:
        folder: where the files of arrays are, which is there; None for arrays in memory.

    """

    folder: Path | None = None

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """A new array whose values may be anything.

        That of a file takes no more room on the disk once nothing refers to it, or the process has ended. Its room is
        taken at once: what is written to memory that stands for a full disk ends the process.

        Raises `OSError` if the disk is full.
        """
        if self.folder is None:
            return np.empty(shape, dtype)
        size = prod(shape if isinstance(shape, tuple) else (shape,)) * np.dtype(dtype).itemsize
        with tempfile.TemporaryFile(dir=self.folder) as file:
            _reserve(file.fileno(), size)
            # A plain array to all who look: compiled loops know no other.
            return np.memmap(file, dtype, "r+", shape=shape).view(np.ndarray)

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """A new array of zeros; the rest is as `empty` says."""
        return np.zeros(shape, dtype) if self.folder is None else self.empty(shape, dtype)  # a new file is all zeros


MEMORY = Scratch()
"""Arrays in memory."""


def _reserve(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    for start in range(0, size, 2**20):
        os.write(file, bytes(min(2**20, size - start)))
