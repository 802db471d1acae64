"""Locks that the system holds for a process and drops when it ends, however it ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from spade_terrain.errors import FileInTheWayError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt


@contextmanager
def locked(file: Path, busy: str) -> Iterator[None]:
    """A block that one process at a time may be in, of all that name the lock `file`; the file is made, and goes again.

    A file that a killed process left locks nobody out. On a disk that knows no locks the block runs without one.

    Raises `FileInTheWayError`, saying `busy`, if another process, or another block of this one, is in it; `OSError` if
    the file can't be made.
    """
    with _open_locked(file, busy) as held:
        try:
            yield
        finally:
            if fcntl is None:  # Windows removes no open file
                held.close()
            with suppress(OSError):
                file.unlink()


def is_locked(file: Path) -> bool:
    """Whether a process holds the lock `file`, which is there."""
    with file.open("rb+") as opened:
        return not _take(opened)


def _open_locked(file: Path, busy: str) -> BinaryIO:
    while True:
        opened = file.open("ab")
        if not _take(opened):
            opened.close()
            raise FileInTheWayError(busy)
        # Who held it before may have removed it between the two steps: then this is a lock on nothing.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(opened.fileno()), file.stat()):
                return opened
        opened.close()


def _take(opened: BinaryIO) -> bool:
    try:
        if fcntl is None:
            msvcrt.locking(opened.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        else:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a disk without locks
        return True
    return True
