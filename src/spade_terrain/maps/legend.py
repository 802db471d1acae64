"""Legends: which class each colour of a painted map stands for."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, MissingFileError, StorageError, one_line
from spade_terrain.palette import CLASSES, NAMES, LandClass

MOST = 64
"""Colours in a legend."""
_SHIPPED = {"azgaar": Path(__file__).parent / "legends" / "azgaar.toml"}
"""Legends that are given by a name alone."""
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
        seen: dict[tuple[int, int, int], str] = {}
        for land_class, written in colours.items():
            if land_class not in NAMES:
                raise MapError(f"{name} names a class {land_class!r}; the classes are {', '.join(NAMES)}")
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
    """A legend as it is, or the one in a file, or the palette."""
    if legend is None:
        return PALETTE
    return legend if isinstance(legend, Legend) else read_legend(Path(legend))


def read_legend(path: Path) -> Legend:
    """Read a legend in TOML: for each class that is painted, `forest = "#7fad7b"`, or several colours in a list.

    One that ships is read by its name, `azgaar`, unless a file is called so.

    Raises `MapError` if the file is not TOML, or `Legend.of` refuses what it holds; `MissingFileError` or
    `StorageError` if it can't be read.
    """
    shipped = _SHIPPED.get(str(path))
    return Legend.of(_load(shipped if shipped and not path.exists() else path), str(path))


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError as e:
        raise MissingFileError(f"no such legend: {path}") from e
    except OSError as e:
        raise StorageError(f"can't read the legend {path}: {one_line(e)}; give a file that you may read") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise MapError(
            f'{path} is not TOML ({one_line(e)}); write a line like  forest = "#7fad7b"  for each class'
        ) from e


def _parse(text: object, land_class: str, legend: str) -> tuple[int, int, int]:
    parts = _COLOUR.fullmatch(text) if isinstance(text, str) else None
    if not parts:
        raise MapError(f'{legend}: {land_class} = {text!r} is not a colour; write it as "#rrggbb", such as "#7fad7b"')
    red, green, blue = (int(part, 16) for part in parts.groups())
    return red, green, blue
