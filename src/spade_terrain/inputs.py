"""Files that are given to be read."""

import stat
from pathlib import Path

from spade_terrain.errors import MissingFileError, StorageError, one_line

_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def check_input(path: Path, kind: str = "file") -> None:
    """Make sure that a path leads to a plain file: a pipe might never say anything, a device never end.

    Args:
        path: of the file.
        kind: what to call it in a message.

    Raises:
        MissingFileError: there is none.
        StorageError: it is something else, or the system does not tell.

    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as e:  # a name with a zero byte is a `ValueError`
        raise MissingFileError(f"no such {kind}: {path}") from e
    except OSError as e:
        raise StorageError(f"can't read the {kind} {path}: {one_line(e)}; give a file that you may read") from e
    if not stat.S_ISREG(mode):
        raise StorageError(f"{path} is {_KINDS.get(stat.S_IFMT(mode), 'a device')}, not a {kind}; give a plain file")
