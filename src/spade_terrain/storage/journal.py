"""A work folder's journal: what is made there, and how far it has come, so that a killed run can go on."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spade_terrain.errors import FileInTheWayError


class Journal:
    """A text file whose first line says what is made, as a JSON object, and each further line a piece that is finished.

    A piece is any JSON value; a string is written without quotes unless it would then be read as another value. A line
    counts once it has its end, and lines are only ever added: a kill at any time leaves a journal that is right.

    Attributes:
        finished: the pieces, in the order in which they were added.

    """

    NAME = "journal"

    def __init__(self, folder: Path, made: Mapping[str, object]) -> None:
        """Open the journal in `folder`, which is there, to go on; or begin one, for what `made` says, as JSON values.

        Raises `FileInTheWayError` if another work is going on there, or the file is no journal; `OSError` if it can't
        be written.
        """
        self._path = folder / self.NAME
        head = json.dumps(made)
        try:
            lines = _whole_lines(self._path)
            before = json.loads(lines[0]) if lines else json.loads(head)
            self.finished: list[Any] = [_read(line) for line in lines[1:]]
        except (OSError, ValueError, RecursionError) as e:
            raise _no_journal(self._path) from e
        if not isinstance(before, dict):
            raise _no_journal(self._path)
        _check_same(folder, before, json.loads(head))
        lines = lines or [head]
        draft = self._path.with_name(self.NAME + ".part")
        draft.write_text("".join(f"{line}\n" for line in lines), "utf-8")  # without a line that was cut off
        draft.replace(self._path)

    def add(self, piece: Any) -> None:
        """Say that a piece, a JSON value, is finished: from now on, through a loss of power too, it counts."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{_written(piece)}\n")
            file.flush()
            os.fsync(file.fileno())
        self.finished.append(piece)


def _whole_lines(path: Path) -> list[str]:
    """The lines that have their end; none if there is no file."""
    if not path.exists():
        return []
    return path.read_text("utf-8", errors="replace").split("\n")[:-1]


def _no_journal(path: Path) -> FileInTheWayError:
    return FileInTheWayError(f"{path} is no journal of an unfinished run; delete {path.parent}")


def _check_same(folder: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    names = [*now, *(name for name in before if name not in now)]
    if others := [name for name in names if name not in before or before[name] != now.get(name)]:
        raise FileInTheWayError(
            f"{folder} holds an unfinished run with another {' and '.join(others)}; "
            "finish it with what it was begun with, or delete that folder"
        )


def _written(piece: Any) -> str:
    # JSON writes a line end within a string as \n, so this is one line in any case.
    plain = isinstance(piece, str) and len(piece.splitlines()) == 1 and _read(piece) == piece
    return piece if plain else json.dumps(piece)


def _read(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line
