"""A work folder's journal: what is made there, and how far it has come, so that a killed run can go on."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from spade_terrain.errors import TerrainError


class Journal:
    """A text file whose first line says what is made, and each further line what is finished.

    A line counts once it has its end. Lines are only ever added, so a kill at any time leaves a journal that is right.
    """

    NAME = "journal"

    def __init__(self, folder: Path, made: Mapping[str, object]) -> None:
        """Open the journal in `folder` to go on, or begin one, for what `made` says, as JSON values.

        Raises `TerrainError` if another work is going on there.
        """
        self._path = folder / self.NAME
        text = self._path.read_text() if self._path.exists() else ""
        lines = text[: text.rfind("\n") + 1].splitlines()
        if lines:
            before = json.loads(lines[0])
            if others := [name for name in made if before.get(name) != made[name]]:
                raise TerrainError(
                    f"{folder} holds an unfinished run with another {' and '.join(others)}; "
                    "finish it with --resume as it was begun, or delete that folder"
                )
        else:
            lines = [json.dumps(made)]
        self.finished = set(lines[1:])
        part = self._path.with_name(self.NAME + ".part")
        part.write_text("".join(f"{line}\n" for line in lines))  # without a line that was cut off
        part.replace(self._path)

    def add(self, line: str) -> None:
        """Say that something is finished: from now on, it need not be done again."""
        with self._path.open("a") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())
        self.finished.add(line)
