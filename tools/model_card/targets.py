"""The targets of the model that ships, as data, and whether the figures of `evaluate` meet them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from spade_terrain.evaluation.report.tables import Figures, number
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

    def result(self, figures: Figures) -> str:
        """The number, and whether it is met or by how much it is missed, in Markdown."""
        missed = self.missed_by(figures)
        if missed is None:
            return "not measured"
        return f"{number(self.read(figures))}: " + (f"**missed by {number(missed)}**" if missed else "met")


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


def quotient(over: Read, under: Read) -> Read:
    """Reads one number as a multiple of another."""

    def read(figures: Figures) -> float | None:
        top, bottom = over(figures), under(figures)
        return top / bottom if top is not None and bottom else None

    return read


def median_height(name: str) -> Read:
    """Reads how far a class's median height is off, as a multiple of what is allowed: 25% of the real or 100 m."""

    def read(figures: Figures) -> float | None:
        off, real = (at("medians_m", name, column)(figures) for column in ("difference", "real"))
        return None if off is None or real is None else abs(off) / max(0.25 * real, 100)

    return read


def most_repeated(figures: Figures) -> float | None:
    """The highest difference of a class's repetition, generated less real."""
    rows = [(row["fake"], row["real"]) for row in (figures.get("repetition") or {}).values()]
    return max((fake - real for fake, real in rows if fake is not None and real is not None), default=None)


_PICTURES = ("height", "terrain")

TARGETS = (
    Target("shadow leak of the texture at 315, its size", size_of(at("shadow_leak", "texture", "315")), high=0.03),
    Target(
        "shadow leak of the terrain at 315, times the real terrain's",
        quotient(at("shadow_leak", "terrain", "315"), at("shadow_leak", "real", "315")),
        low=0.8,
        high=1.2,
    ),
    Target("heights of all land, times the baseline", at("heights_m", "land", "ratio"), high=1.2),
    Target("slopes of all land, times the baseline", at("slopes_m_per_km", "land", "ratio"), high=1.5),
    *(
        Target(f"median height of {name}, times the error allowed", median_height(name), high=1)
        for i, name in enumerate(NAMES)
        if i != WATER
    ),
    *(
        Target(f"spectrum of the {name}, times the baseline", at("spectrum", name, "ratio"), high=1.5)
        for name in _PICTURES
    ),
    *(
        Target(f"worst octave of the {name}, log10", at("octaves", f"{name}_worst_octave", "distance"), high=0.4)
        for name in _PICTURES
    ),
    *(Target(f"realism of the {name}, times the baseline", at("realism", name, "ratio"), high=3) for name in _PICTURES),
    Target(
        "label agreement on land, share of what real patches reach",
        quotient(at("label_agreement", "land", "fake"), at("label_agreement", "land", "real")),
        low=0.9,
    ),
    Target("repetition above the real, highest class", most_repeated, high=0.05),
)
