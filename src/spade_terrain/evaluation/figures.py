"""From measures to figures: each distance as is, the noise floor, and the one divided by the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.distributions import TOP_HEIGHT_M, TOP_SLOPE, Counts, median, wasserstein
from spade_terrain.evaluation.fid import fid, kid
from spade_terrain.evaluation.floor import Figures, Rows, against_floor, figure
from spade_terrain.evaluation.measure import Measures
from spade_terrain.evaluation.obedience import agreement
from spade_terrain.evaluation.realism import frechet_distance
from spade_terrain.evaluation.shadow import CONTROL, LIGHT
from spade_terrain.evaluation.spectra import octave_levels, octave_names, spectrum_distance
from spade_terrain.palette import NAMES, WATER

Floats = NDArray[np.float64]
Halves: TypeAlias = list[tuple[Rows, Rows]]

_T = TypeVar("_T", bound=np.generic)

_LAND_CLASSES = {"land": [i for i in range(len(NAMES)) if i != WATER]} | {
    name: [i] for i, name in enumerate(NAMES) if i != WATER
}

_FEATURE_DISTANCES = {
    "realism": (frechet_distance, "features"),
    "fid": (fid, "last_features"),
    "kid": (kid, "last_features"),
}


@dataclass(frozen=True)
class Grounds:
    """Stacked measures, `(N, ...)` each, of all grounds that are compared.

    Attributes:
        made: of the generated crops.
        real: of the real crops with the same maps.
        beside: of as many real crops of another split; None if it is not looked at.
        halves: of the real crops, as `halvings` gives them.

    """

    made: Measures
    real: Measures
    beside: Measures | None
    halves: Halves

    def against_floor(
        self, distance: Callable[[NDArray[_T], NDArray[_T]], float], read: Callable[[Measures], NDArray[_T]]
    ) -> Figures:
        """`against_floor` of what `read` takes from the measures of each ground, `(N, ...)`."""
        beside = None if self.beside is None else read(self.beside)
        return against_floor(distance, read(self.made), read(self.real), self.halves, beside)


def compute(grounds: Grounds, texture_leaks: Floats, waves: Floats) -> dict[str, Any]:
    """All figures that come of stacked measures.

    Args:
        grounds: the measures.
        texture_leaks: of the generated textures, `(N, 2)`.
        waves: wavelengths of the spectra, km.

    """
    made, real = grounds.made, grounds.real
    levels = {name: partial(_levels, f"{name}_spectrum", waves) for name in ("height", "terrain")}
    return {
        **_of_features(grounds),
        "spectrum": {name: grounds.against_floor(spectrum_distance, read) for name, read in levels.items()},
        "octaves": _octaves(grounds, levels, octave_names(waves)),
        "heights_m": _by_class(grounds, "heights", TOP_HEIGHT_M),
        "medians_m": _medians(grounds),
        "slopes_m_per_km": _by_class(grounds, "slopes", TOP_SLOPE),
        "shadow_leak": {
            "texture": _leak(texture_leaks),
            "terrain": _leak(made["leak"]),
            "real": _leak(real["leak"]),
        },
        "obedience": _pairs(agreement(made["confusion"].sum(0)), agreement(real["confusion"].sum(0))),
    }


def _of_features(grounds: Grounds) -> dict[str, Any]:
    """Distances of VGG-19's features, as far as its weights reached; what is left out, and why."""
    figures: dict[str, Any] = {"left_out": {}}
    for section, (distance, depth) in _FEATURE_DISTANCES.items():
        if f"terrain_{depth}" in grounds.made:
            figures[section] = {
                name: grounds.against_floor(distance, itemgetter(f"{name}_{depth}")) for name in ("terrain", "height")
            }
        else:
            figures[section] = None
            figures["left_out"][section] = (
                "the weights (--vgg) end before VGG-19's last convolution, features.34"
                if "terrain_features" in grounds.made
                else "no VGG-19 weights were given (--vgg)"
            )
    return figures


def _levels(spectra: str, waves: Floats, measures: Measures) -> Floats:
    """Levels of the spectra of that name in each octave, `(N, octaves)`."""
    return octave_levels(measures[spectra], waves)


def _octaves(
    grounds: Grounds, levels: Mapping[str, Callable[[Measures], Floats]], octaves: list[str]
) -> dict[str, Figures]:
    """Distance in each octave, with the `difference` of all crops, generated less real; and the worst octave again."""
    figures: dict[str, Figures] = {}
    for name, read in levels.items():
        apart = (read(grounds.made) - read(grounds.real)).mean(0)
        each = {
            f"{name}_{octave}": {
                "difference": figure(apart[i]),
                **grounds.against_floor(partial(_octave_distance, i), read),
            }
            for i, octave in enumerate(octaves)
        }
        worst = max(each.values(), key=lambda row: row["distance"] or 0)
        figures |= each | {f"{name}_worst_octave": worst}
    return figures


def _octave_distance(octave: int, a: Floats, b: Floats) -> float:
    return spectrum_distance(a[:, [octave]], b[:, [octave]])


def _by_class(grounds: Grounds, histograms: str, top: float) -> dict[str, Figures]:
    """Wasserstein-1 distances of the class histograms of that name: all land, then each class of land."""
    distance = partial(wasserstein, top=top)
    return {
        name: grounds.against_floor(distance, partial(_of, classes, histograms))
        for name, classes in _LAND_CLASSES.items()
    }


def _medians(grounds: Grounds) -> dict[str, Figures]:
    """Median heights, and how far the generated are above the real; those of another split, too, if there is one."""
    seen = {"made": grounds.made, "real": grounds.real}
    if grounds.beside is not None:
        seen["beside"] = grounds.beside
    figures = {}
    for name, classes in _LAND_CLASSES.items():
        middles = {key: median(_of(classes, "heights", measures), TOP_HEIGHT_M) for key, measures in seen.items()}
        above, real = middles["made"] - middles["real"], middles["real"]
        figures[name] = {key: figure(middle) for key, middle in middles.items()} | {
            "difference": figure(above),
            "relative": figure(above / real if real else np.nan),
        }
    return figures


def _of(classes: list[int], histograms: str, measures: Measures) -> Counts:
    """Of the class histograms `(N, 7, BINS)` of that name those of some classes together, `(N, BINS)`."""
    together: Counts = measures[histograms][:, classes].sum(1, dtype=np.uint32)
    return together


def _leak(leaks: Floats) -> dict[str, float | None]:
    """The mean over crops `(N, 2)`."""
    return {
        f"{azimuth:.0f}": figure(round(leak, 4)) for azimuth, leak in zip((LIGHT, CONTROL), leaks.mean(0), strict=True)
    }


def _pairs(made: dict[str, float | None], real: dict[str, float | None]) -> dict[str, dict[str, float | None]]:
    return {name: {"made": made[name], "real": real[name]} for name in made}
