"""The server's temporary folder: all that it writes, gone when it ends.

What a killed server left, the next one sweeps away.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spade_terrain.errors import StorageError, one_line
from spade_terrain.storage.locks import is_locked, locked

_PREFIX = "spade-terrain-studio-"
_MARKER = ".lock"


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """A folder of this process alone, in `parent`, by default the system's place for such.

    Raises `StorageError` if it can't be made.
    """
    parent = parent or Path(tempfile.gettempdir())
    _sweep(parent)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    except OSError as e:
        raise StorageError(f"can't write to {parent}: {one_line(e)}; free some space, or set TMPDIR") from e
    try:
        with locked(folder / _MARKER, f"{folder} is in use"):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove folders whose process has ended; those of other users, and what only looks like one, stay."""
    for folder in parent.glob(f"{_PREFIX}*"):
        marker = folder / _MARKER
        with suppress(OSError):
            own = not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid()
            if own and not folder.is_symlink() and marker.is_file() and not is_locked(marker):
                shutil.rmtree(folder, ignore_errors=True)
