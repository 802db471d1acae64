"""The targets of a model, as data, and whether the figures of `evaluate` meet them.

Places differ: real terrain of the places that a model learned from may be many times as far from other places as those
are from themselves. So a distance is judged as a share of that: see `reference_split` in `options`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from spade_terrain.evaluation.crops import PICTURES
from spade_terrain.evaluation.rounding import Figures, number
from spade_terrain.palette import NAMES, WATER

Read: TypeAlias = Callable[[Figures], float | None]
"""Takes the figures of a split; returns one number, None if it was not measured."""


@dataclass(frozen=True)
class Target:
    """The bounds of one figure. A bound that is reached exactly is met.

    Attributes:
        name: the number in words.
        read: how it is read from the figures.
        low: the least it may be.
        high: the most it may be.

    """

    name: str
    read: Read
    low: float = -inf
    high: float = inf

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        if self.low == -inf:
            return f"at most {self.high:g}"
        return f"at least {self.low:g}" if self.high == inf else f"{self.low:g} to {self.high:g}"

    def missed_by(self, figures: Figures) -> float | None:
        """How far the number is outside its bounds, 0 if it is within; None if it was not measured."""
        value = self.read(figures)
        return None if value is None else max(self.low - value, value - self.high, 0)

    def verdict(self, figures: Figures) -> str:
        """Whether it is met, or by how much it is missed."""
        missed = self.missed_by(figures)
        if missed is None:
            return "not measured"
        return f"missed by {number(missed)}" if missed else "met"


def at(*keys: str) -> Read:
    """Reads the figure under nested keys."""

    def read(figures: Figures) -> float | None:
        section = figures
        for key in keys[:-1]:
            section = section.get(key) or {}  # a section that was not measured is None
        value: float | None = section.get(keys[-1])
        return value

    return read


def size_of(inner: Read) -> Read:
    """Reads a number without its sign."""

    def read(figures: Figures) -> float | None:
        value = inner(figures)
        return None if value is None else abs(value)

    return read


def least(*inner: Read) -> Read:
    """Reads the least of some numbers; None if one of them was not measured."""

    def read(figures: Figures) -> float | None:
        values = [value for one in inner if (value := one(figures)) is not None]
        return min(values) if len(values) == len(inner) else None

    return read


def multiple(inner: Read, of: float) -> Read:
    """Reads a number as a multiple of one that is known."""
    return quotient(inner, lambda _: of)


def quotient(over: Read, under: Read) -> Read:
    """Reads one number as a multiple of another."""

    def read(figures: Figures) -> float | None:
        top, bottom = over(figures), under(figures)
        return top / bottom if top is not None and bottom else None

    return read


def most_repeated(figures: Figures) -> float | None:
    """The highest difference of a class's repetition, generated less real."""
    rows = [(row["fake"], row["real"]) for row in (figures.get("repetition") or {}).values()]
    return max((fake - real for fake, real in rows if fake is not None and real is not None), default=None)


_MOST = 0.5  # of what geography alone is away: a model that knows the map should be nearer by half


def targets(figures: Figures) -> list[Target]:
    """The targets of a model; those of a picture that it does not make are none."""
    textures = [row for row in figures.get("shadow_leak") or {} if row.startswith("texture")] or ["texture"]
    pictures = [name for name in PICTURES if name in (figures.get("realism") or {})] or ["terrain", "height"]
    return [
        *(
            Target(f"realism of the {name}, share of the places'", _share("realism", name), high=_MOST)
            for name in pictures
        ),
        *(
            Target(f"heights of {name}, share of the places'", _share("heights_m", name), high=_MOST)
            for name in ("land", *_LAND)
        ),
        Target("slopes of land, share of the places'", _share("slopes_m_per_km", "land"), high=_MOST),
        *(
            Target(f"spectrum of the {name}, share of the places'", _share("spectrum", name), high=_MOST)
            for name in _SPECTRA
        ),
        *(
            Target(
                f"shadow leak of the {row.replace('_', ' of the ')} at 315, its size",
                size_of(at("shadow_leak", row, "315")),
                high=0.03,
            )
            for row in textures
        ),
        *_OTHERS,
        *(_GUIDE if figures.get("guide") else ()),
    ]


def _share(section: str, row: str) -> Read:
    return at(section, row, "reference_share")


_LAND = tuple(name for i, name in enumerate(NAMES) if i != WATER)
_SPECTRA = ("height", "terrain")

_OTHERS = (
    *(
        Target(f"worst octave of the {name}, log10", at("octaves", f"{name}_worst_octave", "distance"), high=0.4)
        for name in _SPECTRA
    ),
    Target(
        "shadow leak of the terrain at 315, times the real terrain's",
        quotient(at("shadow_leak", "terrain", "315"), at("shadow_leak", "real", "315")),
        low=0.8,
        high=1.2,
    ),
    Target(
        "label agreement on land, share of what real patches reach",
        quotient(at("label_agreement", "land", "fake"), at("label_agreement", "land", "real")),
        low=0.9,
    ),
    Target("repetition above the real, highest class", most_repeated, high=0.05),
)

_GUIDE = (
    Target("correlation with the guide at 64 km", at("guide", "cells", "correlation"), low=0.95),
    Target(
        "median error at 64 km, of the larger of 60 m and a tenth of the guide",
        least(
            multiple(at("guide", "cells", "median_error_m"), 60), multiple(at("guide", "cells", "median_error"), 0.1)
        ),
        high=1,
    ),
)
