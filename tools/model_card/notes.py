"""What people have written for the model's card, in `notes.toml` beside this file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spade_terrain.errors import DataError

FILE = Path(__file__).with_name("notes.toml")
ROOT = Path(__file__).parents[2]
MAPS = {path.stem: path for path in sorted((ROOT / "examples").rglob("*.png"))}
"""The painted maps, by name."""


@dataclass(frozen=True)
class Notes:
    """What people have written for the card, in Markdown.

    Attributes:
        judged: the name of the model whose pictures `maps` and `failures` are about.
        data: which training set the model has seen.
        maps: for each painted map, in the card's order, how it is `painted` and what was `seen` in its pictures.
        failures: what goes wrong.
        limits: what the model is not for.

    """

    judged: str
    data: str
    maps: Mapping[str, Mapping[str, str]]
    failures: str
    limits: str


def read_notes(path: Path = FILE) -> Notes:
    """Read the notes; raises `DataError` if they lack something, or tell of other maps than there are."""
    try:
        notes = Notes(**tomllib.loads(path.read_text(encoding="utf-8")))
        complete = all(note["painted"] and note["seen"] for note in notes.maps.values())
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as e:
        raise DataError(f"{path} can't be read ({e}): mend it, as `Notes` in notes.py beside it describes it") from e
    if set(notes.maps) != set(MAPS) or not complete:
        odd = ", ".join(sorted(set(notes.maps) ^ set(MAPS))) or "painted or seen is empty"
        raise DataError(f"{path} must tell of every painted map in examples/, and of no other ({odd}): write it there")
    return notes
