"""Generated terrain beside real terrain: the map of each crop is made again, and both terrains are measured."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from spade_terrain.api import generate
from spade_terrain.card import BOTH
from spade_terrain.cluster.executor import Executor, in_order
from spade_terrain.cluster.watched import watched
from spade_terrain.evaluation.crops import Crop, EvaluatedPatch, draw_crops, real_patch
from spade_terrain.evaluation.measures.features import FeatureExtractor
from spade_terrain.evaluation.measures.label_agreement import LabelPredictor
from spade_terrain.evaluation.measures.patch import MeasureRows, Measures, PatchMeasurer
from spade_terrain.evaluation.measures.shadow import shadow_leak
from spade_terrain.evaluation.measures.variety import mean_absolute_difference
from spade_terrain.evaluation.options import EvaluationOptions
from spade_terrain.evaluation.pictures import PictureRow, picture_row
from spade_terrain.generation.model import Model, load_model, open_model
from spade_terrain.palette import NAMES, Labels
from spade_terrain.progress import track
from spade_terrain.terrain import Terrain
from spade_terrain.textures import ATLAS, SATELLITE
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.patches import Patches

PICTURES = 8
"""Crops shown, each of another patch."""

VARIETY_CROPS = 100
"""Crops that are generated with a second seed."""

_OTHER_SEEDS = 1 << 31  # past any crop's


@dataclass(frozen=True)
class MeasuredPairs:
    """What was measured of N crops, of the generated terrain and of the real one with the same map.

    Attributes:
        fake: measures of the generated crops, `(N, ...)` each.
        real: the same of the real crops.
        texture_leaks: shadow leak of the generated textures, `(N, 2)` each, by their names.
        between_seeds: difference of two seeds of each of the first maps, `(M, 2)`.
        to_real: difference of the first seed and the real terrain of the same maps, `(M, 2)`.
        pictures: of the first crops.

    """

    fake: Measures
    real: Measures
    texture_leaks: dict[str, NDArray[np.float64]]
    between_seeds: NDArray[np.float64]
    to_real: NDArray[np.float64]
    pictures: list[PictureRow]


@dataclass(frozen=True)
class MeasuredPair:
    """What was measured of one crop: the attributes of `MeasuredPairs`, without N; differences of the first crops."""

    fake: Measures
    real: Measures
    texture_leaks: Measures
    between_seeds: tuple[float, float] | None
    to_real: tuple[float, float] | None
    picture: PictureRow | None


@dataclass(frozen=True)
class Study:
    """All that it takes to measure crops.

    Attributes:
        model: what makes their terrain again, with all its textures.
        patches: the split that they lie in.
        crops: the places.
        measurer: measures real and generated terrain alike.
        options: what was asked for.

    """

    model: Model
    patches: Patches
    crops: Sequence[Crop]
    measurer: PatchMeasurer
    options: EvaluationOptions

    @classmethod
    def begin(cls, model: Model, data: Path, options: EvaluationOptions) -> Self:
        """Load what it takes. Raises `TerrainError` if the data, the weights or the classifier can't be used."""
        patches = load(data, options.split)
        if options.real_guide:
            model = model.guided()
        crops = draw_crops(patches.labels, options.crops, options.size, options.seed)
        gsd = model.card.gsd
        features = FeatureExtractor(options.vgg, model.card.height_code) if options.vgg else None
        measurer = PatchMeasurer(gsd, LabelPredictor(patches, gsd, options.classifier), features)
        return cls(model, patches, crops, measurer, options)

    def measure(self, number: int) -> MeasuredPair:
        """Generate the map of a crop again, with noise of its own, and measure both terrains."""
        crop, seed = self.crops[number], self.options.seed
        real = real_patch(self.patches, crop)
        guide = real.height if self.options.real_guide else None
        terrain = generate_crop(self.model, real.labels, seed, number, guide)
        fake = lit(terrain)
        between_seeds = to_real = None
        if number < VARIETY_CROPS:
            other = lit(generate_crop(self.model, real.labels, seed, number + _OTHER_SEEDS, guide))
            between_seeds, to_real = mean_absolute_difference(fake, other), mean_absolute_difference(fake, real)
        title = f"crop {number}: {_largest_classes(real.labels)}"
        return MeasuredPair(
            self.measurer.measure(fake),
            self.measurer.measure(real),
            {
                name: np.array(shadow_leak(picture.texture, terrain.height, terrain.labels, self.measurer.gsd))
                for name, picture in terrain.pictures.items()
            },
            between_seeds,
            to_real,
            picture_row(title, terrain, real) if number in self._shown else None,
        )

    @cached_property
    def _shown(self) -> list[int]:
        """Crops whose pictures are wanted: the first ones, each of another patch."""
        patches = [crop.patch for crop in self.crops]
        return [number for number, patch in enumerate(patches) if patches.index(patch) == number][:PICTURES]


@dataclass(frozen=True)
class CropJob:
    """Measures crops, by their numbers.

    Attributes:
        model: the ONNX file's bytes.
        device: where it runs.
        data: the set, which every worker finds under this name, as it does what the options name.
        options: what is measured.

    """

    model: bytes
    device: str
    data: Path
    options: EvaluationOptions

    @contextmanager
    def open(self) -> Iterator[Callable[[int], MeasuredPair]]:
        """As `Job` says."""
        torch.set_num_threads(1)  # as many crops are measured at a time as there are threads
        model = open_model(self.model, self.device, "the model", threads=1)
        yield Study.begin(with_all_textures(model), self.data, self.options).measure


def generate_and_measure(study: Study, data: Path, executor: Executor | None = None) -> MeasuredPairs:
    """Measure all crops of a study of the set at `data`, here or by the workers of `executor`, and bring all together.

    One crop is held at a time; only its measures are kept.
    """
    numbers = range(len(study.crops))
    if executor is None:
        return _together(study, ((number, study.measure(number)) for number in track(numbers, "crops")))
    job = CropJob(study.model.data, study.model.device, data, study.options)
    with closing(watched(executor, job, numbers, "crops")) as found:
        return _together(study, in_order(numbers, found))


def _together(study: Study, found: Iterable[tuple[int, MeasuredPair]]) -> MeasuredPairs:
    count = len(study.crops)
    fake, real, leaks = MeasureRows(count), MeasureRows(count), MeasureRows(count)
    between_seeds, to_real, pictures = [], [], []
    for number, pair in found:
        fake.fill(number, pair.fake)
        real.fill(number, pair.real)
        leaks.fill(number, pair.texture_leaks)
        between_seeds += [pair.between_seeds] if pair.between_seeds else []
        to_real += [pair.to_real] if pair.to_real else []
        pictures += [pair.picture] if pair.picture else []
    return MeasuredPairs(
        fake.measures, real.measures, leaks.measures, np.array(between_seeds), np.array(to_real), pictures
    )


def load_with_all_textures(path: Path) -> Model:
    """Open a model that makes all the textures it has. Raises as `load_model` does."""
    return with_all_textures(load_model(path))


def with_all_textures(model: Model) -> Model:
    """The same model, made to make all the textures it has."""
    return model.textured(BOTH) if len(model.card.textures) > 1 else model


def generate_crop(
    model: Model, labels: Labels, seed: int, number: int, guide: NDArray[np.float32] | None = None
) -> Terrain:
    """The terrain of the map of a crop, uint8 `(S, S)`, 0..6, with noise of its own; `guide` as `generate` takes it."""
    return generate(labels, seed=(seed << 32) + number, guide=guide, model=model)


def lit(terrain: Terrain) -> EvaluatedPatch:
    """The shaded terrain, which can be compared with a real one."""
    pictures = terrain.pictures
    satellite = pictures[SATELLITE].shaded if SATELLITE in pictures else None
    return EvaluatedPatch(pictures[ATLAS].shaded, terrain.height, terrain.labels, satellite)


def _largest_classes(labels: Labels) -> str:
    counts = np.bincount(labels.ravel(), minlength=len(NAMES))
    return ", ".join(NAMES[c] for c in counts.argsort()[::-1][:3] if counts[c])
