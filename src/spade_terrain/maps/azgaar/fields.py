"""Fields of a file, each read only as what it has to be, so that a kind of fault has one place and one line."""

from dataclasses import dataclass
from math import inf
from pathlib import Path
from reprlib import Repr
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError

_BRIEF = Repr()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 40
_BRIEF.maxlevel, _BRIEF.maxlist, _BRIEF.maxdict = 1, 3, 3


@dataclass(frozen=True)
class Field:
    """A value as JSON has it, of any kind. What it is read as it has to be, else a `MapError` names it.

    Attributes:
        value: the value.
        name: where it stands in the file.
        path: the file.

    """

    value: Any
    name: str
    path: Path

    def __getitem__(self, key: str) -> "Field":
        """One field of an object; that of another value, or one that is not there, has the value `None`."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Field(value, f"{self.name}.{key}" if self.name else key, self.path)

    def entries(self) -> list["Field"]:
        """Those of a list."""
        return [Field(value, f"{self.name}[{i}]", self.path) for i, value in enumerate(self._list())]

    def column(self, key: str) -> "Field":
        """The list of one field of all objects of a list."""
        values = [entry.get(key) if isinstance(entry, dict) else None for entry in self._list()]
        return Field(values, f"{self.name}.{key}", self.path)

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def number(self, low: float, high: float) -> float:
        """A number from `low` to `high`, which may be written as a text, as that of an HTML input is."""
        number = _number(self.value)
        if not low <= number <= high:
            raise self.wrong(f"a number from {low:g} to {high:g}")
        return number

    def numbers(self, low: float, high: float) -> NDArray[np.float64]:
        """A list of numbers from `low` to `high`: float64 `(N,)`."""
        numbers = np.array([_number(value) for value in self._list()], np.float64)
        for i in np.flatnonzero(~((low <= numbers) & (numbers <= high)))[:1]:
            self.entries()[i].number(low, high)
        return numbers

    def integers(self, low: int, high: int) -> NDArray[np.int64]:
        """A list of whole numbers from `low` to `high`: int64 `(N,)`."""
        numbers = self.numbers(low, high)
        for i in np.flatnonzero(numbers % 1)[:1]:
            raise self.entries()[i].wrong("a whole number")
        return numbers.astype(np.int64)

    def points(self, most: float) -> NDArray[np.float64]:
        """A list of points, x and y each from `-most` to `most`: float64 `(N, 2)`."""
        for i, point in enumerate(self._list()):
            if not isinstance(point, list) or len(point) != 2:
                raise self.entries()[i].wrong("a point")
        flat = Field([side for point in self._list() for side in point], f"{self.name}, x and y,", self.path)
        return flat.numbers(-most, most).reshape(-1, 2)

    def _list(self) -> list[Any]:
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return self.value

    def wrong(self, expected: str) -> MapError:
        """Say that it is not what was expected."""
        found = "is missing" if self.value is None else f"is {_BRIEF.repr(self.value)}"
        return MapError(
            f"{self.path} is not as Azgaar's generator writes it ({self.name} {found}, not {expected}); export it again"
        )


def _number(value: object) -> float:
    """A number, or NaN if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return float("nan")
    try:
        return float(value)
    except OverflowError:  # a whole number of 400 digits
        return inf
    except ValueError:
        return float("nan")
