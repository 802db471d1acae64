"""What callers give: files to be read, whole numbers, yes or no. Each of another type is refused in one line."""

import operator
import os
import re
import stat
from pathlib import Path
from typing import Any

import numpy as np

from spade_terrain.errors import MissingFileError, ParameterError, StorageError, one_line

_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
_ADDRESS = re.compile(r"/vsi\w+/|[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # of `https://`, a path has kept one slash


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
        if _ADDRESS.match(str(path)):
            raise MissingFileError(f"{path} is an address, not a {kind}; download it first") from e
        raise MissingFileError(f"no such {kind}: {path}") from e
    except OSError as e:
        raise StorageError(f"can't read the {kind} {path}: {one_line(e)}; give a file that you may read") from e
    if not stat.S_ISREG(mode):
        raise StorageError(f"{path} is {_KINDS.get(stat.S_IFMT(mode), 'a device')}, not a {kind}; give a plain file")


def as_path(value: Any, name: str) -> Path:
    """A path of text, or one as it is. Raises `ParameterError` if the parameter `name` is neither, or empty."""
    if not isinstance(value, str | os.PathLike):
        raise ParameterError(f"`{name}` is {_shown(value)}; give a path")
    if not os.fspath(value):
        raise ParameterError(f"`{name}` is empty; give a path")
    return Path(value)


def as_whole(value: Any, name: str) -> int:
    """A whole number as a plain integer. Raises `ParameterError` if the parameter `name` is none."""
    if not isinstance(value, bool | np.bool_):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise ParameterError(f"`{name}` is {_shown(value)}; use a whole number")


def as_flag(value: Any, name: str) -> bool:
    """True or false. Raises `ParameterError` if the parameter `name` is neither."""
    if not isinstance(value, bool | np.bool_):
        raise ParameterError(f"`{name}` is {_shown(value)}; use True or False")
    return bool(value)


def _shown(value: object) -> str:
    """A value for a message: simple ones as they are, of others their type."""
    return repr(value) if isinstance(value, float | bool | None) else f"of the type {type(value).__name__}"
