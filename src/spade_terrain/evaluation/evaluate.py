"""The run: from a model and a data set to figures and pictures, crop after crop."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.evaluation.crops import draw_crops, real_ground
from spade_terrain.evaluation.figures import Grounds, compute
from spade_terrain.evaluation.floor import halvings
from spade_terrain.evaluation.measure import Instruments, Measures, stack
from spade_terrain.evaluation.obedience import ClassReader
from spade_terrain.evaluation.pictures import Row
from spade_terrain.evaluation.realism import FeatureReader
from spade_terrain.evaluation.repetition import repetition
from spade_terrain.evaluation.spectra import wavelengths_km
from spade_terrain.evaluation.tables import CROPS
from spade_terrain.evaluation.variety import variety
from spade_terrain.evaluation.walk import Walk
from spade_terrain.generation.model import load_model
from spade_terrain.maps.image import MIN_SIDE
from spade_terrain.world.dataset.loading import load


@dataclass(frozen=True)
class Options:
    """What is looked at.

    Attributes:
        split: of the data set.
        crops: how many places of it.
        size: pixels a side of a crop.
        seed: chooses the crops, the noise and the halves.
        vgg: VGG-19 weights; without them there is no figure of realism.
        classifier: a pixel classifier's file, by default the one shipped.
        beside: another split, whose real ground is measured too.

    """

    split: str = "test"
    crops: int = CROPS
    size: int = 256
    seed: int = 0
    vgg: Path | None = None
    classifier: Path | None = None
    beside: str | None = None

    def __post_init__(self) -> None:
        rules = [
            (self.crops >= 2, "--crops must be at least 2"),
            (self.size >= MIN_SIDE, f"--size must be at least {MIN_SIDE}"),
            (0 <= self.seed < 1 << 31, "--seed must be from 0 to 2^31 - 1"),
            (self.beside != self.split, f"--beside {self.beside} is the split that is measured: name another one"),
        ]
        for holds, complaint in rules:
            if not holds:
                raise TerrainError(complaint)


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
    wavelengths: NDArray[np.float64]
    spectra: dict[str, dict[str, NDArray[np.float64]]]
    crops: list[Row]
    single_class: list[Row]


def evaluate(model_path: Path, data: Path, options: Options) -> Evaluation:
    """Measure a model against a split of the data set in the folder `data`.

    Each crop's map is generated again, with noise of its own, and measured as the real crop is; a crop leaves only its
    measures behind. The same model, data and options give the same figures.

    Raises `TerrainError` if the model, the data, the weights or an option can't be used.
    """
    model, patches = load_model(model_path), load(data, options.split)
    crops = draw_crops(patches.labels, options.crops, options.size, options.seed)
    homes = np.array([crop.patch for crop in crops])
    halves = halvings(homes, options.seed)
    gsd = model.card.gsd
    instruments = Instruments(
        gsd,
        ClassReader(patches, gsd, options.classifier),
        FeatureReader(options.vgg, model.card.height_code) if options.vgg else None,
    )
    # Before the walk, which takes long: the set may lack that split.
    beside = _measure_split(data, options.beside, options, instruments) if options.beside else None
    walk = Walk(model, instruments, options.seed)
    for number, crop in enumerate(crops):
        walk.visit(number, crop.patch, real_ground(patches, crop))
        _progress("crop", number + 1, len(crops))
    made, real = stack(walk.made), stack(walk.real)
    peaks, single_class = repetition(model, patches, max(options.size // 2, MIN_SIDE), options.seed)
    figures = {
        "model": model.card.name,
        "split": options.split,
        "crops": options.crops,
        "patches": len(np.unique(homes)),
        "size": options.size,
        "seed": options.seed,
        "beside": options.beside,
        **compute(Grounds(made, real, beside, halves), np.array(walk.texture_leaks), wavelengths_km(options.size, gsd)),
        "variety": variety(walk.between_seeds, walk.to_real),
        "repetition": peaks,
    }
    spectra = {name: _curves(made, real, f"{name}_spectrum", halves[0]) for name in ("height", "terrain")}
    return Evaluation(figures, wavelengths_km(options.size, gsd), spectra, walk.rows, single_class)


def _measure_split(data: Path, split: str, options: Options, instruments: Instruments) -> Measures:
    """Measures of real crops alone, drawn as those that the model makes again are, but from another split.

    No more of its patches are loaded than crops are drawn: a whole training split may not fit in memory.
    """
    patches = load(data, split, most=options.crops)
    measures = []
    for crop in draw_crops(patches.labels, options.crops, options.size, options.seed):
        measures.append(instruments.measure(real_ground(patches, crop)))
        _progress(f"real crop of {split}", len(measures), options.crops)
    return stack(measures)


def _curves(
    made: Measures, real: Measures, name: str, halves: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> dict[str, NDArray[np.float64]]:
    a, b = (real[name][rows].mean(0) for rows in halves)
    return {"real, one half": a, "real, the other": b, "real": real[name].mean(0), "generated": made[name].mean(0)}


def _progress(what: str, done: int, count: int) -> None:
    print(f"\r{what} {done} of {count}", end="\n" if done == count else "", file=sys.stderr, flush=True)
