"""From measures to figures: each distance as is, the noise floor, and the one divided by the other."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.distributions import TOP_HEIGHT_M, TOP_SLOPE, wasserstein
from spade_terrain.evaluation.floor import Figures, Rows, against_floor, figure
from spade_terrain.evaluation.measure import Measures
from spade_terrain.evaluation.obedience import agreement
from spade_terrain.evaluation.realism import frechet_distance
from spade_terrain.evaluation.shadow import CONTROL, LIGHT
from spade_terrain.evaluation.spectra import octave_levels, spectrum_distance
from spade_terrain.palette import NAMES, WATER

Floats = NDArray[np.float64]


def compute(
    made: Measures, real: Measures, texture_leaks: Floats, halves: list[tuple[Rows, Rows]], waves: Floats
) -> dict[str, Any]:
    """All figures that come of stacked measures.

    Args:
        made: of the generated crops.
        real: of the real crops with the same maps.
        texture_leaks: of the generated textures, `(N, 2)`.
        halves: as `halvings` gives them.
        waves: wavelengths of the spectra, km.

    """

    def spectrum(name: str) -> Figures:
        made_levels, real_levels = (octave_levels(m[f"{name}_spectrum"], waves) for m in (made, real))
        return against_floor(spectrum_distance, made_levels, real_levels, halves)

    figures: dict[str, Any] = {"realism": None, "left_out": {}}
    if "terrain_features" in made:
        figures["realism"] = {
            name: against_floor(frechet_distance, made[f"{name}_features"], real[f"{name}_features"], halves)
            for name in ("terrain", "height")
        }
    else:
        figures["left_out"]["realism"] = "no VGG-19 weights were given (--vgg)"
    figures |= {
        "spectrum": {name: spectrum(name) for name in ("height", "terrain")},
        "heights_m": _by_class(made["heights"], real["heights"], TOP_HEIGHT_M, halves),
        "slopes_m_per_km": _by_class(made["slopes"], real["slopes"], TOP_SLOPE, halves),
        "shadow_leak": {
            "texture": _leak(texture_leaks),
            "terrain": _leak(made["leak"]),
            "real": _leak(real["leak"]),
        },
        "obedience": _beside(agreement(made["confusion"].sum(0)), agreement(real["confusion"].sum(0))),
    }
    return figures


def _by_class(
    made: NDArray[np.uint32], real: NDArray[np.uint32], top: float, halves: list[tuple[Rows, Rows]]
) -> dict[str, Figures]:
    """Wasserstein-1 distances of class histograms `(N, 7, BINS)`: all land, then each class of land."""
    distance = partial(wasserstein, top=top)
    land = np.delete(np.arange(len(NAMES)), WATER)

    def compare(classes: NDArray[np.intp]) -> Figures:
        made_counts, real_counts = (m[:, classes].sum(1, dtype=np.uint32) for m in (made, real))
        return against_floor(distance, made_counts, real_counts, halves)

    return {"land": compare(land)} | {NAMES[c]: compare(np.array([c])) for c in land}


def _leak(leaks: Floats) -> dict[str, float | None]:
    """The mean over crops `(N, 2)`."""
    return {
        f"{azimuth:.0f}": figure(round(leak, 4)) for azimuth, leak in zip((LIGHT, CONTROL), leaks.mean(0), strict=True)
    }


def _beside(made: dict[str, float | None], real: dict[str, float | None]) -> dict[str, dict[str, float | None]]:
    return {name: {"made": made[name], "real": real[name]} for name in made}
