"""From measures to figures: each distance as is, the noise floor, and the one divided by the other."""

from functools import partial
from typing import Any, TypeAlias

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

_LAND_CLASSES = {"land": [i for i in range(len(NAMES)) if i != WATER]} | {
    name: [i] for i, name in enumerate(NAMES) if i != WATER
}

_FEATURE_DISTANCES = {
    "realism": (frechet_distance, "features"),
    "fid": (fid, "last_features"),
    "kid": (kid, "last_features"),
}


def compute(made: Measures, real: Measures, texture_leaks: Floats, halves: Halves, waves: Floats) -> dict[str, Any]:
    """All figures that come of stacked measures.

    Args:
        made: of the generated crops.
        real: of the real crops with the same maps.
        texture_leaks: of the generated textures, `(N, 2)`.
        halves: as `halvings` gives them.
        waves: wavelengths of the spectra, km.

    """
    levels = {
        name: (octave_levels(made[f"{name}_spectrum"], waves), octave_levels(real[f"{name}_spectrum"], waves))
        for name in ("height", "terrain")
    }
    return {
        **_of_features(made, real, halves),
        "spectrum": {name: against_floor(spectrum_distance, m, r, halves) for name, (m, r) in levels.items()},
        "octaves": _octaves(levels, halves, octave_names(waves)),
        "heights_m": _by_class(made["heights"], real["heights"], TOP_HEIGHT_M, halves),
        "medians_m": _medians(made["heights"], real["heights"]),
        "slopes_m_per_km": _by_class(made["slopes"], real["slopes"], TOP_SLOPE, halves),
        "shadow_leak": {
            "texture": _leak(texture_leaks),
            "terrain": _leak(made["leak"]),
            "real": _leak(real["leak"]),
        },
        "obedience": _beside(agreement(made["confusion"].sum(0)), agreement(real["confusion"].sum(0))),
    }


def _of_features(made: Measures, real: Measures, halves: Halves) -> dict[str, Any]:
    """Distances of VGG-19's features, as far as its weights reached; what is left out, and why."""
    figures: dict[str, Any] = {"left_out": {}}
    for section, (distance, depth) in _FEATURE_DISTANCES.items():
        if f"terrain_{depth}" in made:
            figures[section] = {
                name: against_floor(distance, made[f"{name}_{depth}"], real[f"{name}_{depth}"], halves)
                for name in ("terrain", "height")
            }
        else:
            figures[section] = None
            figures["left_out"][section] = (
                "the weights (--vgg) end before VGG-19's last convolution, features.34"
                if "terrain_features" in made
                else "no VGG-19 weights were given (--vgg)"
            )
    return figures


def _octaves(
    levels: dict[str, tuple[Floats, Floats]], halves: Halves, octaves: list[str]
) -> dict[str, dict[str, float | None]]:
    """Distance in each octave, with the `difference` of all crops, generated less real; and the worst octave again."""
    figures: dict[str, dict[str, float | None]] = {}
    for name, (made, real) in levels.items():
        apart = (made - real).mean(0)
        each = {
            f"{name}_{octave}": {
                "difference": figure(apart[i]),
                **against_floor(spectrum_distance, made[:, [i]], real[:, [i]], halves),
            }
            for i, octave in enumerate(octaves)
        }
        worst = max(each.values(), key=lambda row: row["distance"] or 0)
        figures |= each | {f"{name}_worst_octave": worst}
    return figures


def _by_class(made: Counts, real: Counts, top: float, halves: Halves) -> dict[str, Figures]:
    """Wasserstein-1 distances of class histograms `(N, 7, BINS)`: all land, then each class of land."""
    distance = partial(wasserstein, top=top)
    return {
        name: against_floor(distance, _of(classes, made), _of(classes, real), halves)
        for name, classes in _LAND_CLASSES.items()
    }


def _medians(made: Counts, real: Counts) -> dict[str, dict[str, float | None]]:
    """Median heights of class histograms `(N, 7, BINS)`, and how far the generated are above the real."""
    figures = {}
    for name, classes in _LAND_CLASSES.items():
        middle, goal = (median(_of(classes, m), TOP_HEIGHT_M) for m in (made, real))
        figures[name] = {
            "made": figure(middle),
            "real": figure(goal),
            "difference": figure(middle - goal),
            "relative": figure((middle - goal) / goal if goal else np.nan),
        }
    return figures


def _of(classes: list[int], counts: Counts) -> Counts:
    """The histograms `(N, BINS)` of some classes together."""
    together: Counts = counts[:, classes].sum(1, dtype=np.uint32)
    return together


def _leak(leaks: Floats) -> dict[str, float | None]:
    """The mean over crops `(N, 2)`."""
    return {
        f"{azimuth:.0f}": figure(round(leak, 4)) for azimuth, leak in zip((LIGHT, CONTROL), leaks.mean(0), strict=True)
    }


def _beside(made: dict[str, float | None], real: dict[str, float | None]) -> dict[str, dict[str, float | None]]:
    return {name: {"made": made[name], "real": real[name]} for name in made}
