"""The last finished state of a long computation, in files, from which a run that was killed goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import FileInTheWayError
from spade_terrain.storage.journal import Journal
from spade_terrain.storage.stored import StoredArray

_ROWS = 256  # written at once


class Kept:
    """States of named arrays in a folder, of which the last one stays.

    A state counts once all of it is on the disk: a kill at any time leaves that one or the one before.
    """

    FILES = r"[a-z]+-[0-9]+\.raw"
    """What the files of a state are called, as a regular expression; the journal lies beside them."""

    def __init__(self, folder: Path, made: Mapping[str, object]) -> None:
        """Open `folder`, which is made if missing, for what `made` says, as JSON values.

        Raises `FileInTheWayError` if another computation is going on there or it is damaged, `OSError` if it can't be
        written.
        """
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self._journal = Journal(folder, made)

    def last(self) -> tuple[int, Mapping[str, StoredArray]] | None:
        """The number of the last state, and its arrays; `None` if there is none.

        Raises `FileInTheWayError` if its files are damaged.
        """
        if not self._journal.finished:
            return None
        try:
            state = self._journal.finished[-1]
            number = int(state["state"])
            arrays = {
                name: StoredArray(self._file(name, number), tuple(shape), np.dtype(dtype))
                for name, (shape, dtype) in state["arrays"].items()
            }
            whole = all(array.is_whole() for array in arrays.values())
        except (KeyError, TypeError, ValueError):
            whole = False
        if not whole:
            raise FileInTheWayError(
                f"the unfinished run in {self._folder.parent} is damaged; delete that folder and begin anew"
            )
        return number, arrays

    def keep(self, number: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Make arrays `(H, W)` the state of this number, which is that of no other.

        Raises `OSError` if the disk is full.
        """
        for name, values in arrays.items():
            array = StoredArray(self._file(name, number), values.shape, values.dtype)
            array.create()
            for top in range(0, len(values), _ROWS):
                array[top : top + _ROWS] = values[top : top + _ROWS]
            array.sync()
        said = {name: [values.shape, values.dtype.str] for name, values in arrays.items()}
        self._journal.add({"state": number, "arrays": said})
        current = {self._file(name, number) for name in arrays}
        for file in self._folder.glob("*.raw"):
            if file not in current:
                file.unlink()

    def _file(self, name: str, number: int) -> Path:
        return self._folder / f"{name}-{number}.raw"
