"""The folder in which a training set grows until it is whole."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spade_terrain.errors import FileInTheWayError, StorageError, TerrainError
from spade_terrain.storage.journal import Journal
from spade_terrain.storage.locks import locked
from spade_terrain.world.dataset.folder import KINDS

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_GO_ON = "the same command goes on where it was"


class UnfinishedSet:
    """The folder that a set grows in: its files, and a journal of the index entries of the patches that are whole.

    Attributes:
        set: in it, the folder that is to be the set.

    """

    def __init__(self, folder: Path, made: Mapping[str, object], kinds: Sequence[str]) -> None:
        """Take the folder, a new one or one that the same work left.

        `made`, JSON values, tells one work from another; `kinds` is what the names of a patch's files end in.

        Raises `FileInTheWayError` if another work is unfinished there, or something else is there.
        """
        self._folder, self._kinds = folder, kinds
        self.set = folder / "set"
        self._journal = open_journal(folder, made)
        self.set.mkdir(exist_ok=True)

    def entries(self) -> dict[int, dict[str, Any]]:
        """The index entries of the patches that are whole, by number; raises `FileInTheWayError` if they are none."""
        try:
            return {int(e["number"]): e for e in self._journal.finished if self._is_whole(e["name"])}
        except (TypeError, KeyError, ValueError) as e:
            raise damaged(self._folder) from e

    def add(self, entry: dict[str, Any]) -> None:
        """Note that a patch is whole, by its index entry."""
        self._journal.add(entry)

    def finish(self, out: Path) -> None:
        """Put the set, which is complete, in its place."""
        if hasattr(os, "sync"):
            os.sync()  # else a power cut soon after could leave empty files in a set that looks whole
        if out.exists():
            out.rmdir()
        self.set.replace(out)
        shutil.rmtree(self._folder)

    def drop_if_empty(self) -> None:
        """Remove the folder if no file of the set was written."""
        if not any(self.set.iterdir()):
            shutil.rmtree(self._folder)

    def _is_whole(self, name: str) -> bool:
        # A power cut may have torn files that the journal, which is synced, has already.
        return all(_ends_as_png(self.set / f"{name}_{kind}.png") for kind in self._kinds)


@contextmanager
def unfinished_set(out: Path, made: Mapping[str, object], kinds: Sequence[str] = KINDS) -> Iterator[UnfinishedSet]:
    """A folder beside `out` for a set to grow in; it stays if the block fails, and the same call goes on there.

    `made` and `kinds` are as `UnfinishedSet` takes them.

    Raises `FileInTheWayError` as `UnfinishedSet` does or if another build is at work there, `StorageError` in place of
    a foreign `OSError`; each is one line that says how to go on. Ctrl-C becomes a `TerrainError` too.
    """
    busy = f"another build of {out} is at work; wait until it has ended, or give another `out`"
    with going_on(out) as folder:
        out.parent.mkdir(parents=True, exist_ok=True)
        with locked(out.parent / f".{out.name}.lock", busy):
            growing = UnfinishedSet(folder, made, kinds)
            try:
                yield growing
            finally:
                if growing.set.is_dir():
                    growing.drop_if_empty()


@contextmanager
def going_on(out: Path) -> Iterator[Path]:
    """A block that makes `out` in the folder it is given, which is beside it; foreign errors become `TerrainError`s.

    Raises `StorageError` in place of an `OSError`, `TerrainError` of Ctrl-C; each is one line that says how to go on.
    """
    try:
        yield out.parent / f".{out.name}.unfinished"
    except StorageError as e:
        raise StorageError(f"{e}; {_GO_ON}") from e
    except TerrainError:  # some are `OSError`s, too
        raise
    except OSError as e:
        what = f"{e.filename or out}: {e.strerror or e}"
        raise StorageError(f"{what}; put that right and give the same command again") from e
    except KeyboardInterrupt as e:
        raise TerrainError(f"interrupted; {_GO_ON}") from e


def open_journal(folder: Path, made: Mapping[str, object]) -> Journal:
    """The journal of a folder, which is made if missing, in which the work that `made` describes goes on.

    Raises `FileInTheWayError` if another work is unfinished there, or something else is there.
    """
    folder.mkdir(exist_ok=True)
    others = {p.name for p in folder.iterdir()} - {Journal.NAME + ".part"}
    if others and Journal.NAME not in others:
        raise FileInTheWayError(f"{folder} is no unfinished build of this version; delete that folder")
    return Journal(folder, made)


def damaged(folder: Path) -> FileInTheWayError:
    """The error that is raised where what lies in a folder can't be gone on with."""
    return FileInTheWayError(f"the unfinished build in {folder} is damaged; delete that folder")


def _ends_as_png(file: Path) -> bool:
    try:
        with file.open("rb") as f:
            f.seek(-len(_PNG_END), os.SEEK_END)
            return f.read() == _PNG_END
    except OSError:
        return False
