"""Files written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spade_terrain.errors import TerrainError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft beside `path`, empty, to be written in the block; when the block ends well it takes the place of `path`.

    At any moment, a power cut included, `path` is the old file (or none, if there was none) or the whole new one. When
    the block fails, nothing of the draft remains.

    Raises `TerrainError` in place of any `OSError`: there is no such folder, it can't be written, or the disk is full.
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
    except OSError as e:
        reason = e.strerror or e
        raise TerrainError(f"can't write {path}: {reason}; free some space or choose another place") from e
