"""The folder in which what was made for a packed file waits until all of it is there."""

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from spade_terrain.storage.files import whole_file
from spade_terrain.world.build.ahead import Place
from spade_terrain.world.build.coding_errors import CodingErrors
from spade_terrain.world.build.patches import PackedPatch
from spade_terrain.world.build.unfinished import damaged, going_on, open_journal


class UnfinishedPack:
    """The folder in which what was made of places waits to be packed: the pictures of each in a file, and a journal.

    It is a mapping from places, which only grows, to their patches; `None` for those that are not fit for use.
    """

    def __init__(self, folder: Path, made: Mapping[str, object]) -> None:
        """As `UnfinishedSet`; raises `FileInTheWayError` also if the folder is damaged."""
        self._folder = folder
        self._journal = open_journal(folder, made)
        try:
            self._errors = dict(self._read(piece) for piece in self._journal.finished)
        except (TypeError, KeyError, ValueError, AttributeError) as e:
            raise damaged(folder) from e

    def __contains__(self, place: Place) -> bool:
        """Whether it was made."""
        return place in self._errors

    def __getitem__(self, place: Place) -> PackedPatch | None:
        """What was made of it; raises `FileInTheWayError` if that is damaged."""
        errors = self._errors[place]
        if errors is None:
            return None
        try:
            with zipfile.ZipFile(self._file(place)) as archive:
                return PackedPatch({name: archive.read(name) for name in archive.namelist()}, errors)
        except (OSError, zipfile.BadZipFile) as e:
            raise damaged(self._folder) from e

    def __setitem__(self, place: Place, patch: PackedPatch | None) -> None:
        """Keep what was made of a place, through a loss of power too."""
        stated = None
        if patch is not None:
            with whole_file(self._file(place)) as draft, zipfile.ZipFile(draft, "w") as archive:
                for name, picture in patch.pictures.items():
                    archive.writestr(name, picture)
            stated = {
                "height": patch.errors.height.tolist(),
                "pixels": patch.errors.pixels.tolist(),
                "terrain": patch.errors.terrain,
            }
        self._journal.add({"place": place, "errors": stated})
        self._errors[place] = None if patch is None else patch.errors

    def _file(self, place: Place) -> Path:
        return self._folder / f"{place[0]!r},{place[1]!r}.zip"

    def _read(self, piece: Mapping[str, Any]) -> tuple[Place, CodingErrors | None]:
        lat, lon = piece["place"]
        errors = piece["errors"]
        if errors is not None:
            errors = CodingErrors(np.array(errors["height"]), np.array(errors["pixels"]), errors["terrain"])
        return (lat, lon), errors

    def drop_if_empty(self) -> None:
        """Remove the folder if there is nothing to pack."""
        if not any(self._folder.glob("*.zip")):
            shutil.rmtree(self._folder)


@contextmanager
def unfinished_pack(out: Path, made: Mapping[str, object]) -> Iterator[UnfinishedPack]:
    """A folder beside `out` for what is to be packed, as `unfinished_set` has one; it goes when the block ends well.

    One process at a time may be here. Raises what `unfinished_set` does.
    """
    with going_on(out) as folder:
        growing = UnfinishedPack(folder, made)
        try:
            yield growing
        except BaseException:
            growing.drop_if_empty()
            raise
        shutil.rmtree(folder)
