"""What an evaluation is asked for. Nothing heavy is imported: the command line takes its defaults from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spade_terrain.errors import ParameterError

QUOTABLE_CROPS = 500
"""The fewest crops for figures to be quoted."""

CARVED_CROPS = 32
"""Crops that are carved by water, the first ones: each takes seconds or, in much detail, a minute."""

MIN_SIZE = 64
"""Pixels a side of the smallest crop: it holds four of the five octaves that spectra are compared in."""


@dataclass(frozen=True)
class EvaluationOptions:
    """What is measured. Raises `ParameterError` if a value is out of range.

    Attributes:
        split: of the data set.
        crops: how many places of it, 2 or more.
        size: pixels a side of a crop, 64 or more.
        seed: chooses the crops, the noise and the random halves; 0 to 2^31 - 1.
        vgg: VGG-19 weights; without them there is no figure of realism.
        classifier: a pixel classifier's file, by default the one shipped.
        reference_split: another split, whose real terrain is compared with that of `split` too.
        real_guide: give the model the real heights of each crop as its guide, and measure how well it follows them.
        detail: the first crops are carved by water, too, so many times as fine: 1, 2, 4, 8 or 16.
        fine: a folder of real land at 125 m a pixel that carved land is compared with.

    """

    split: str = "test"
    crops: int = QUOTABLE_CROPS
    size: int = 256
    seed: int = 0
    vgg: Path | None = None
    classifier: Path | None = None
    reference_split: str | None = None
    real_guide: bool = False
    detail: int | None = None
    fine: Path | None = None

    def __post_init__(self) -> None:
        rules = [
            (self.crops >= 2, "`crops` must be at least 2"),
            (self.size >= MIN_SIZE, f"`size` must be at least {MIN_SIZE}"),
            (0 <= self.seed < 1 << 31, "`seed` must be from 0 to 2^31 - 1"),
            (
                self.reference_split != self.split,
                f"`reference_split` {self.reference_split} is the split that is measured: name another one",
            ),
            (self.fine is None or self.detail is not None, "`fine` is compared with carved land: give `detail`, too"),
        ]
        _check(rules)


@dataclass(frozen=True)
class RankOptions:
    """What a page to judge by shows. Raises `ParameterError` if a value is out of range.

    Attributes:
        split: of the data set.
        pairs: how many places of it, 1 to 999.
        size: pixels a side of a picture, 64 or more.
        seed: chooses the places, the noise and which side is real; 0 to 2^31 - 1.

    """

    split: str = "test"
    pairs: int = 60
    size: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        _check(
            [
                (1 <= self.pairs <= 999, "`pairs` must be from 1 to 999"),
                (self.size >= MIN_SIZE, f"`size` must be at least {MIN_SIZE}"),
                (0 <= self.seed < 1 << 31, "`seed` must be from 0 to 2^31 - 1"),
            ]
        )


@dataclass(frozen=True)
class PaintedOptions:
    """What is measured of painted maps. Raises `ParameterError` if a value is out of range.

    Attributes:
        maps: what people painted, as `open_map` takes it; each is named by its file.
        seed: the noise's, and that of the random maps; 0 to 2^31 - 1.
        random: how many random maps are painted.

    """

    maps: Sequence[Path]
    seed: int = 0
    random: int = 500

    def __post_init__(self) -> None:
        names = [path.name for path in self.maps]
        _check(
            [
                (0 <= self.seed < 1 << 31, "`seed` must be from 0 to 2^31 - 1"),
                (self.random >= 0, "`random` must not be below 0"),
                (
                    bool(self.maps) or self.random > 0,
                    "nothing is to be measured: name maps, or ask for `random` ones",
                ),
                (len(set(names)) == len(names), "two `maps` have one name: rename one, for the report names them so"),
            ]
        )


def _check(rules: Sequence[tuple[bool, str]]) -> None:
    """Raise `ParameterError` with the complaint of the first rule that does not hold."""
    for holds, complaint in rules:
        if not holds:
            raise ParameterError(complaint)
