"""The run: from a model and a data set to figures and pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.cluster.executor import Executor
from spade_terrain.evaluation.crops import draw_crops, real_patch
from spade_terrain.evaluation.figures import MeasureSets, compute_figures
from spade_terrain.evaluation.generated import MeasuredPairs, Study, generate_and_measure, load_with_all_textures
from spade_terrain.evaluation.measures.guide import guide_figures
from spade_terrain.evaluation.measures.patch import MeasureRows, Measures, PatchMeasurer
from spade_terrain.evaluation.measures.spectra import wavelengths_km
from spade_terrain.evaluation.measures.variety import variety
from spade_terrain.evaluation.options import MIN_SIZE, EvaluationOptions
from spade_terrain.evaluation.pictures import PictureRow
from spade_terrain.evaluation.real_baseline import HalfSplits, random_half_splits
from spade_terrain.evaluation.report_format import FORMAT
from spade_terrain.evaluation.single_class import repetition
from spade_terrain.generation.model import Model
from spade_terrain.palette import Labels
from spade_terrain.progress import track
from spade_terrain.runtime.libraries import require
from spade_terrain.world.dataset.loading import load

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """What evaluation found.

    Attributes:
        figures: nested, ready for JSON and for a model's card.
        wavelengths: in km, of the elements of `spectra`, float64 `(K,)`.
        spectra: for "height" and "terrain" mean log10 spectra `(K,)`: "generated", "real" and two halves of the real.
        crops: pictures of the first crops.
        single_class: pictures of maps of a single class.

    """

    figures: dict[str, Any]
    wavelengths: Floats
    spectra: dict[str, dict[str, Floats]]
    crops: list[PictureRow]
    single_class: list[PictureRow]


def evaluate(model_path: Path, data: Path, options: EvaluationOptions, executor: Executor | None = None) -> Evaluation:
    """Measure a model against a split of the data set in the folder `data`.

    Each crop's map is generated again, with noise of its own, and measured as the real crop is; a crop leaves only its
    measures behind. The same model, data and options give the same figures. Workers of `executor`, by default this
    process, generate and measure the crops.

    Raises `TerrainError` if the model, the data, the weights or an option can't be used.
    """
    study = Study.begin(load_with_all_textures(model_path), data, options)
    model, patches, crops, measurer = study.model, study.patches, study.crops, study.measurer
    patch_numbers = np.array([crop.patch for crop in crops])
    half_splits = random_half_splits(patch_numbers, options.seed)
    gsd = model.card.gsd
    # Before anything is generated, which takes long: the set may lack that split, and real land may be missing.
    reference = _measure_split(data, options.reference_split, options, measurer) if options.reference_split else None
    measure_carved = _carved_land(model, options)
    pairs = generate_and_measure(study, data, executor)
    repetitions, single_class = repetition(model, patches, max(options.size // 2, MIN_SIZE), options.seed)
    wavelengths = wavelengths_km(options.size, gsd)
    figures = {
        "format": FORMAT,
        "model": model.card.name,
        "split": options.split,
        "crops": options.crops,
        "patches": len(np.unique(patch_numbers)),
        "size": options.size,
        "seed": options.seed,
        "reference_split": options.reference_split,
        **compute_figures(
            MeasureSets(pairs.fake, pairs.real, reference, half_splits), pairs.texture_leaks, wavelengths
        ),
        "variety": variety(pairs.between_seeds, pairs.to_real),
        "repetition": repetitions,
        "guide": guide_figures(pairs.fake["cell_means"], pairs.real["cell_means"]) if options.real_guide else None,
        **measure_carved([patches.labels[crop.window] for crop in crops]),
    }
    return Evaluation(figures, wavelengths, _mean_spectra(pairs, half_splits), pairs.pictures, single_class)


def _carved_land(model: Model, options: EvaluationOptions) -> Callable[[Sequence[Labels]], dict[str, Any]]:
    """Measure the real land, if it is asked for, and return what carves maps and measures them beside it."""
    if options.detail is None:
        return lambda maps: {}
    require("numba", "`detail`", "drainage")
    # Late, because it takes that.
    from spade_terrain.evaluation.carved.evaluate import carved_figures, measure_pieces

    real = measure_pieces(options.detail, options, model.card.gsd)
    return partial(carved_figures, model, real=real, detail=options.detail, seed=options.seed)


def _measure_split(data: Path, split: str, options: EvaluationOptions, measurer: PatchMeasurer) -> Measures:
    """Measures of real crops alone, drawn as those that the model makes again are, but from another split.

    No more of its patches are loaded than crops are drawn: a whole training split may not fit in memory.
    """
    patches = load(data, split, most=options.crops)
    crops = draw_crops(patches.labels, options.crops, options.size, options.seed)
    rows = MeasureRows(len(crops))
    for number, crop in enumerate(track(crops, f"real crops of {split}")):
        rows.fill(number, measurer.measure(real_patch(patches, crop)))
    return rows.measures


def _mean_spectra(pairs: MeasuredPairs, half_splits: HalfSplits) -> dict[str, dict[str, Floats]]:
    """Mean log spectra by name and curve, in the order in which they are drawn."""
    spectra = {}
    for name in ("height", "terrain"):
        fake, real = (measures[f"{name}_spectrum"] for measures in (pairs.fake, pairs.real))
        one, other = (real[half].mean(0) for half in half_splits[0])
        spectra[name] = {
            "real, one half": one,
            "real, other half": other,
            "real": real.mean(0),
            "generated": fake.mean(0),
        }
    return spectra
