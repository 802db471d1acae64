"""From measures to figures: each distance as is, the real baseline, and the one divided by the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import PICTURES
from spade_terrain.evaluation.frechet import frechet_distance, kernel_distance
from spade_terrain.evaluation.measures.coast import coast_figures
from spade_terrain.evaluation.measures.distributions import TOP_HEIGHT_M, TOP_SLOPE, Counts, median, wasserstein
from spade_terrain.evaluation.measures.drainage import drainage_figures
from spade_terrain.evaluation.measures.label_agreement import label_agreement
from spade_terrain.evaluation.measures.patch import Measures
from spade_terrain.evaluation.measures.shadow import CONTROL, LIGHT
from spade_terrain.evaluation.measures.spectra import octave_levels, octave_names, spectrum_distance
from spade_terrain.evaluation.real_baseline import HalfSplits, compare_with_baseline
from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.palette import NAMES, WATER
from spade_terrain.textures import ATLAS

Floats = NDArray[np.float64]

_T = TypeVar("_T", bound=np.generic)

_LAND_CLASSES = {"land": [i for i in range(len(NAMES)) if i != WATER]} | {
    name: [i] for i, name in enumerate(NAMES) if i != WATER
}

_FEATURE_DISTANCES = {
    "realism": (frechet_distance, "features"),
    "fid": (frechet_distance, "last_features"),
    "kid": (kernel_distance, "last_features"),
}


@dataclass(frozen=True)
class MeasureSets:
    """The sets of crops that are compared, by their stacked measures, `(N, ...)` each.

    Attributes:
        fake: of the generated crops.
        real: of the real crops with the same maps.
        reference: of as many real crops of another split; None if it is not looked at.
        half_splits: of the real crops, as `random_half_splits` gives them.

    """

    fake: Measures
    real: Measures
    reference: Measures | None
    half_splits: HalfSplits

    def compare(
        self, distance: Callable[[NDArray[_T], NDArray[_T]], float], select: Callable[[Measures], NDArray[_T]]
    ) -> FigureRow:
        """`compare_with_baseline` of what `select` takes from the measures of each set, `(N, ...)`."""
        reference = None if self.reference is None else select(self.reference)
        return compare_with_baseline(distance, select(self.fake), select(self.real), self.half_splits, reference)

    def side_by_side(self, figures: Callable[[Measures], FigureRow]) -> dict[str, FigureRow]:
        """What `figures` makes of the measures of each set: for each of its names `fake`, `real` and `reference`."""
        measured = {"fake": figures(self.fake), "real": figures(self.real)}
        if self.reference is not None:
            measured["reference"] = figures(self.reference)
        return {name: {key: row[name] for key, row in measured.items()} for name in measured["real"]}


def compute_figures(sets: MeasureSets, texture_leaks: Mapping[str, Floats], wavelengths: Floats) -> dict[str, Any]:
    """All figures that come of stacked measures.

    Args:
        sets: the measures.
        texture_leaks: shadow leaks of the generated textures, `(N, 2)` each, by their names.
        wavelengths: of the spectra, km.

    """
    levels = {name: partial(_octave_levels, f"{name}_spectrum", wavelengths) for name in ("height", "terrain")}
    return {
        **_feature_distances(sets),
        "spectrum": {name: sets.compare(spectrum_distance, select) for name, select in levels.items()},
        "octaves": _octaves(sets, levels, octave_names(wavelengths)),
        "heights_m": _by_class(sets, "heights", TOP_HEIGHT_M),
        "medians_m": _medians(sets),
        "slopes_m_per_km": _by_class(sets, "slopes", TOP_SLOPE),
        "shadow_leak": {
            **{_texture_row(name): _mean_leak(leaks) for name, leaks in texture_leaks.items()},
            "terrain": _mean_leak(sets.fake["shadow_leak"]),
            "real": _mean_leak(sets.real["shadow_leak"]),
        },
        "label_agreement": _label_agreement(sets),
        "drainage": sets.side_by_side(lambda measures: drainage_figures(measures["drainage"])),
        "coast": sets.side_by_side(lambda measures: coast_figures(measures["coast"], measures["land_kept"])),
    }


def _feature_distances(sets: MeasureSets) -> dict[str, Any]:
    """Distances of VGG-19's features, as far as its weights reached; what is left out, and why."""
    figures: dict[str, Any] = {"left_out": {}}
    for section, (distance, depth) in _FEATURE_DISTANCES.items():
        if f"terrain_{depth}" in sets.fake:
            figures[section] = {
                name: sets.compare(distance, itemgetter(f"{name}_{depth}"))
                for name in PICTURES
                if f"{name}_{depth}" in sets.fake and f"{name}_{depth}" in sets.real
            }
        else:
            figures[section] = None
            figures["left_out"][section] = (
                "the weights end before VGG-19's last convolution, features.34"
                if "terrain_features" in sets.fake
                else "no VGG-19 weights were given"
            )
    return figures


def _octave_levels(spectra: str, wavelengths: Floats, measures: Measures) -> Floats:
    """Mean levels of the spectra of that name in each octave, `(N, octaves)`."""
    return octave_levels(measures[spectra], wavelengths)


def _octaves(
    sets: MeasureSets, levels: Mapping[str, Callable[[Measures], Floats]], octaves: list[str]
) -> dict[str, FigureRow]:
    """Distance in each octave, with the `difference` of all crops, fake less real; and the worst octave again."""
    figures: dict[str, FigureRow] = {}
    for name, select in levels.items():
        differences = (select(sets.fake) - select(sets.real)).mean(0)
        rows = {
            f"{name}_{octave}": {
                "difference": rounded(differences[i]),
                **sets.compare(partial(_octave_distance, i), select),
            }
            for i, octave in enumerate(octaves)
        }
        worst = max(rows.values(), key=lambda row: row["distance"] or 0)
        figures |= rows | {f"{name}_worst_octave": worst}
    return figures


def _octave_distance(octave: int, a: Floats, b: Floats) -> float:
    return spectrum_distance(a[:, [octave]], b[:, [octave]])


def _by_class(sets: MeasureSets, histograms: str, top: float) -> dict[str, FigureRow]:
    """Wasserstein-1 distances of the class histograms of that name: all land, then each class of land."""
    distance = partial(wasserstein, top=top)
    return {
        name: sets.compare(distance, partial(_sum_classes, classes, histograms))
        for name, classes in _LAND_CLASSES.items()
    }


def _medians(sets: MeasureSets) -> dict[str, FigureRow]:
    """Median heights, and how far the fake are above the real; those of the reference split, too, if there is one."""
    measured = {"fake": sets.fake, "real": sets.real}
    if sets.reference is not None:
        measured["reference"] = sets.reference
    figures = {}
    for name, classes in _LAND_CLASSES.items():
        medians = {
            key: median(_sum_classes(classes, "heights", measures), TOP_HEIGHT_M) for key, measures in measured.items()
        }
        above, real = medians["fake"] - medians["real"], medians["real"]
        figures[name] = {key: rounded(value) for key, value in medians.items()} | {
            "difference": rounded(above),
            "relative": rounded(above / real if real else np.nan),
        }
    return figures


def _sum_classes(classes: list[int], histograms: str, measures: Measures) -> Counts:
    """The sum over some classes of the class histograms `(N, 7, BINS)` of that name, `(N, BINS)`."""
    together: Counts = measures[histograms][:, classes].sum(1, dtype=np.uint32)
    return together


def _texture_row(name: str) -> str:
    """The row of a texture; reports of models of one texture have no more than the first."""
    return "texture" if name == ATLAS else f"texture_{name}"


def _mean_leak(leaks: Floats) -> FigureRow:
    """The mean over crops `(N, 2)`, by azimuth."""
    return {
        f"{azimuth:.0f}": rounded(round(leak, 4)) for azimuth, leak in zip((LIGHT, CONTROL), leaks.mean(0), strict=True)
    }


def _label_agreement(sets: MeasureSets) -> dict[str, FigureRow]:
    fake, real = (label_agreement(measures["confusion"].sum(0)) for measures in (sets.fake, sets.real))
    return {name: {"fake": fake[name], "real": real[name]} for name in fake}
