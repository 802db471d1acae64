"""Legends: which class each colour of a painted map stands for."""

import codecs
import os
import re
import reprlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, ParameterError, StorageError, one_line
from spade_terrain.inputs import check_input
from spade_terrain.palette import CLASSES, NAMES, LandClass

MOST = 64
"""Colours in a legend."""
_SHIPPED = {"azgaar": Path(__file__).parent / "legends" / "azgaar.toml"}
"""Legends that are given by a name alone."""
_MOST_BYTES = 1 << 18
_EXAMPLE = 'forest = "#7fad7b"'
_COLOUR = re.compile("#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


@dataclass(frozen=True)
class Legend:
    """The colours of a painted map, all different; of one class there may be several, of another none.

    >>> legend = Legend.of({"water": ["#0b3d91", "#4f86c6"], "forest": "#1f5f2f"})
    >>> [(colour.name, colour.rgb) for colour in legend.colours]
    [('water', (11, 61, 145)), ('water', (79, 134, 198)), ('forest', (31, 95, 47))]

    Attributes:
        colours: RGB, each 0..255, with the name of their class; 64 at most.
        name: what to call it in a message.

    """

    colours: tuple[LandClass, ...]
    name: str

    @classmethod
    def of(cls, colours: Mapping[str, str | Sequence[str]], name: str = "the legend") -> Self:
        """A legend of colours as `#rrggbb`, one or several for each class that is painted.

        Raises `MapError` if a name is no class, a colour is none, two are equal, or there are more than 64 or none.
        """
        if not isinstance(colours, Mapping):
            raise MapError(f"{name} is {type(colours).__name__}; give names of classes and their colours as a dict")
        seen: dict[tuple[int, int, int], str] = {}
        for land_class, written in colours.items():
            if land_class not in NAMES:
                raise MapError(f"{name} names a class {_shown(land_class)}; the classes are {', '.join(NAMES)}")
            for text in written if isinstance(written, list | tuple) else [written]:
                rgb = _parse(text, land_class, name)
                if rgb in seen:
                    raise MapError(
                        f"{name} gives {text} twice, to {seen[rgb]} and to {land_class}; make them different"
                    )
                seen[rgb] = land_class
        if not 0 < len(seen) <= MOST:
            raise MapError(f"{name} has {len(seen)} colours; give at least one, and {MOST} at most")
        return cls(tuple(LandClass(land_class, rgb) for rgb, land_class in seen.items()), name)

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """All colours, uint8 `(N, 3)`."""
        return np.array([c.rgb for c in self.colours], np.uint8)

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The class of each, uint8 `(N,)`, 0..6."""
        return np.array([NAMES.index(c.name) for c in self.colours], np.uint8)


PALETTE = Legend(CLASSES, "the palette")


def as_legend(legend: Legend | str | os.PathLike[str] | None) -> Legend:
    """A legend as it is, or the one in a file, or the palette. Raises `ParameterError` if it is something else."""
    if legend is None:
        return PALETTE
    if isinstance(legend, Legend):
        return legend
    if isinstance(legend, str | os.PathLike):
        return read_legend(Path(legend))
    raise ParameterError(f"`legend` is a legend or a path, not {type(legend).__name__}; make one with Legend.of(...)")


def read_legend(path: Path) -> Legend:
    """Read a legend in TOML: for each class that is painted, `forest = "#7fad7b"`, or several colours in a list.

    One that ships is read by its name, `azgaar`, unless a file is called so.

    Raises `MapError` if the file is not TOML, or `Legend.of` refuses what it holds; `MissingFileError` or
    `StorageError` if it can't be read.
    """
    shipped = _SHIPPED.get(str(path))
    return Legend.of(_load(shipped if shipped and not path.exists() else path), str(path))


def shipped_legends() -> list[Legend]:
    """Those that ship, each with the name by which it is given."""
    return [Legend.of(_load(path), name) for name, path in _SHIPPED.items()]


def _load(path: Path) -> dict[str, Any]:
    check_input(path, "legend")
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as e:
        raise StorageError(f"can't read the legend {path}: {one_line(e)}; give a file that you may read") from e
    if len(data) > _MOST_BYTES:
        raise MapError(f"{path} is too large for a legend; write one of a few lines, such as  {_EXAMPLE}")
    try:
        return tomllib.loads(_decoded(data))
    except (ValueError, RecursionError) as e:  # not UTF-8, not TOML, a number too long, brackets too deep
        raise MapError(f"{path} is not TOML ({one_line(e)}); write a line like  {_EXAMPLE}  for each class") from e


def _decoded(data: bytes) -> str:
    """A text as editors save it: UTF-8, or UTF-16 with a mark at its start."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if utf16 else "utf-8-sig").replace("\r\n", "\n")


def _parse(text: object, land_class: str, legend: str) -> tuple[int, int, int]:
    parts = _COLOUR.fullmatch(text) if isinstance(text, str) else None
    if not parts:
        raise MapError(
            f'{legend}: {land_class} = {_shown(text)} is not a colour; write it as "#rrggbb", such as "#7fad7b"'
        )
    red, green, blue = (int(part, 16) for part in parts.groups())
    return red, green, blue


def _shown(value: object) -> str:
    """A value for a message, in a few words."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python does not write out numbers of more than 4,300 digits
        return "a very long number"
