"""Files that appear whole, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from spade_terrain.errors import FileInTheWayError, ParameterError, StorageError, TerrainError, one_line
from spade_terrain.storage.locks import is_locked, locked

_STAGE = ".spade-terrain-"
_MARKER = ".draft"
"""A file in a stage that tells it from any folder of the user's; locked while its run is at work."""
_LOCK = ".spade-terrain.lock"


def target(path: str | os.PathLike[str]) -> Path:
    """A place to write to, as the user named it, `a/../b` as the system would take it once `a` is there.

    Raises `ParameterError` if the name is empty, or none that a file can have, `StorageError` if it goes up from a
    working folder that is gone.
    """
    name = os.fspath(path)
    if not name or "\0" in name:
        raise ParameterError(f"{name!r} is no name of a file or folder; give one")
    try:
        return Path(os.path.realpath(name)) if ".." in Path(name).parts else Path(name)
    except OSError as e:
        raise StorageError(f"can't tell where {name} is: {one_line(e)}; change to a folder that is there") from e


def check_not_read(written: Iterable[Path], read: Iterable[Path]) -> None:
    """Raise `FileInTheWayError` if a file that is to be written is one of those that are read.

    Whether two paths are of one file, the system says: links and other spellings of a name count.
    """
    read = [file for file in read if file.exists()]
    for path in written:
        if any(path.exists() and path.samefile(source) for source in read):
            raise FileInTheWayError(f"{path} is read, and would be written over; choose another name or folder")


@contextmanager
def sole_run(folder: Path) -> Iterator[None]:
    """A block in which no other run that asks for the same writes into `folder`, which is made if missing.

    Raises `FileInTheWayError` if another one is at work there, `StorageError` if the folder can't be written.
    """
    busy = f"another run is writing to {folder}; wait until it has ended, or choose another folder"
    with made_folder(folder), ExitStack() as held:
        with _told(folder):
            held.enter_context(locked(folder / _LOCK, busy))
        yield


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft beside `path`, empty, to be written in the block; when the block ends well it takes the place of `path`.

    At any moment, a power cut included, `path` is the old file (or none, if there was none) or the whole new one. When
    the block fails, nothing of the draft remains.

    Raises `FileInTheWayError` if another run is writing the same file, `StorageError` in place of any foreign
    `OSError`: there is no such folder, it can't be written, or the disk is full.
    """
    draft = path.with_name(path.name + ".part")
    busy = f"another run is writing {path}; wait until it has ended, or choose another name"
    try:
        with locked(path.with_name(path.name + ".lock"), busy):
            try:
                draft.touch()  # before the block, so that a folder that can't be written is told before the work
                yield draft
                with draft.open("rb+") as f:
                    os.fsync(f.fileno())
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
    except TerrainError:  # some are `OSError`s, too
        raise
    except OSError as e:
        raise StorageError(f"can't write {path}: {one_line(e)}; free some space or choose another place") from e


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A temporary folder whose files, and folders, move into `folder` when the block ends well.

    `folder` is made if missing. Files already there stay, except that those of the same names are replaced, and so are
    folders that hold a file of the same name as the new one does. When the block fails, neither files nor folders
    remain that were not there before.

    Raises `StorageError` in place of any foreign `OSError`: `folder` is a file, can't be written, or the disk is full;
    or a folder of the user's has the name of what is written.
    """
    with made_folder(folder), _told(folder):
        # Inside the target, so that moving is a rename on one disk and needs no rights elsewhere.
        stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder))
        try:
            with locked(stage / _MARKER, f"{stage} is in use"):
                yield stage
                files = sorted(file for file in stage.iterdir() if file.name != _MARKER)
                for file in files:
                    if (folder / file.name).is_dir() and not _alike(file, folder / file.name):
                        raise IsADirectoryError(f"{file.name} is a folder there")
                for file in files:
                    if file.is_dir() and (folder / file.name).exists():
                        (folder / file.name).rename(stage / f".{file.name}")  # which goes with the stage
                    file.replace(folder / file.name)
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _alike(new: Path, old: Path) -> bool:
    """Whether two folders hold a file of one name."""
    return new.is_dir() and any((old / file.name).is_file() for file in new.iterdir() if file.is_file())


def total_bytes(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())


def free_space(folder: Path) -> int:
    """Bytes that may still be written to the disk of `folder`, which need not be there yet.

    Raises `StorageError` if the system can't tell.
    """
    with _told(folder):
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        return shutil.disk_usage(there).free


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A draft beside `folder`, empty, to be filled in the block; when that ends well it takes the place of `folder`.

    All that was in `folder` goes then; when the block fails, it is there as before. What a killed run left is cleared.

    Raises `StorageError` in place of any foreign `OSError`: the folder beside can't be written, or the disk is full.
    """
    draft, before = (folder.with_name(f".{folder.name}.{part}") for part in ("draft", "before"))
    with made_folder(folder.parent), _told(folder):
        if before.is_dir() and not folder.exists():  # a run was killed between the two moves
            before.rename(folder)
        for left in (draft, before):
            shutil.rmtree(left, ignore_errors=True)
        try:
            draft.mkdir()
            yield draft
            if folder.is_dir():
                folder.rename(before)
            draft.rename(folder)
        finally:
            if before.is_dir() and not folder.exists():
                before.rename(folder)
            for left in (draft, before):
                shutil.rmtree(left, ignore_errors=True)


def remove_at_once(folder: Path) -> None:
    """Remove a folder: at any moment all of it is there or, by this name, nothing.

    What is left of it when the process is killed goes with `clear_stages`.
    """
    stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder.parent))
    (stage / _MARKER).touch()
    folder.rename(stage / folder.name)
    shutil.rmtree(stage)


def clear_stages(folder: Path) -> None:
    """Remove what killed runs left of `staged` and `remove_at_once` in `folder`; what one is at work on stays."""
    for stage in folder.glob(f"{_STAGE}*"):
        marker = stage / _MARKER
        with suppress(OSError):
            if stage.is_dir() and not stage.is_symlink() and marker.is_file() and not is_locked(marker):
                shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """A block that finds `folder` there. What was missing, and those around it, is made, and goes again if it is empty.

    Raises `StorageError` if it can't be made, or its name is not in UTF-8.
    """
    missing: list[Path] = []
    try:
        str(folder).encode()
    except UnicodeEncodeError as e:  # libraries that write files die of it
        raise StorageError(f"can't write to {folder}: its name is not in UTF-8; choose another folder") from e
    try:
        try:
            missing += [f for f in (folder, *folder.parents) if not f.exists()]  # innermost first
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise _unwritable(folder, e) from e
        yield
    finally:
        for made in missing:
            with suppress(OSError):  # it is not empty
                made.rmdir()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turns a foreign `OSError` into one line."""
    try:
        yield
    except TerrainError:  # some are `OSError`s, too
        raise
    except OSError as e:
        raise _unwritable(folder, e) from e


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"can't write to {folder}: {one_line(error)}; free some space or choose another folder")
