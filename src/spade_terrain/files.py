"""Files that appear whole, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spade_terrain.errors import StorageError, TerrainError, one_line

_STAGE = ".spade-terrain-"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft beside `path`, empty, to be written in the block; when the block ends well it takes the place of `path`.

    At any moment, a power cut included, `path` is the old file (or none, if there was none) or the whole new one. When
    the block fails, nothing of the draft remains.

    Raises `StorageError` in place of any foreign `OSError`: there is no such folder, it can't be written, or the disk
    is full.
    """
    draft = path.with_name(path.name + ".part")
    try:
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
    """A temporary folder whose files move into `folder` when the block ends well.

    `folder` is made if missing. Files already there stay, except that those of the same names are replaced. When the
    block fails, neither files nor folders remain that were not there before.

    Raises `StorageError` in place of any foreign `OSError`: `folder` is a file, can't be written, or the disk is full.
    """
    try:
        with made_folder(folder):
            # Inside the target, so that moving is a rename on one disk and needs no rights elsewhere.
            stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder))
            try:
                yield stage
                files = sorted(stage.iterdir())
                for file in files:
                    if (folder / file.name).is_dir():
                        raise IsADirectoryError(f"{file.name} is a folder there")
                for file in files:
                    file.replace(folder / file.name)
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    except TerrainError:
        raise
    except OSError as e:
        raise _unwritable(folder, e) from e


def clear_stages(folder: Path) -> None:
    """Remove what runs that were killed while `staged` left in `folder`; none may be at work there still."""
    for stage in folder.glob(f"{_STAGE}*"):
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """A block that finds `folder` there. What was missing, and those around it, is made, and goes again if it is empty.

    Raises `StorageError` if it can't be made.
    """
    missing = [f for f in (folder, *folder.parents) if not f.exists()]  # innermost first
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise _unwritable(folder, e) from e
        yield
    finally:
        for made in missing:
            with suppress(OSError):  # it is not empty
                made.rmdir()


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"can't write to {folder}: {one_line(error)}; free some space or choose another folder")
