from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.evaluation.measures.label_agreement import LabelPredictor, confusion_matrix, label_agreement
from spade_terrain.palette import NAMES, WATER
from spade_terrain.world.dataset.loading import load
from tests.evaluation.patches import SEA_RGB, fractal, hillshade

MOUNTAINS = NAMES.index("mountains")


def test_hand_worked() -> None:
    confusion = np.zeros((7, 7), np.int64)
    confusion[0, 0], confusion[0, 1] = 90, 10
    confusion[1, 1], confusion[1, 2], confusion[1, 0] = 30, 10, 60
    confusion[5, 5], confusion[5, 3] = 20, 40
    shares = label_agreement(confusion)
    assert shares["water"] == 0.9
    assert shares["grassland"] == 0.75  # of what was not predicted to be water
    assert shares["mountains"] == 0.3333
    assert shares["land"] == 0.5
    assert shares["land_as_water"] == 0.375
    assert shares["tundra"] is None


def test_it_reads_mountains_plains_and_sea(data: Path) -> None:
    patches = load(data, "test")
    predictor = LabelPredictor(patches, 2000, None)
    assert predictor.sea_rgb == SEA_RGB
    labels = np.repeat(np.array([WATER, 1, MOUNTAINS], np.uint8), 160)[None].repeat(160, 0)
    height = np.where(labels == MOUNTAINS, 2600 * (fractal(480, 0)[:160] + 2), 100).astype(np.float32)
    height[labels == WATER] = 0
    lit = np.array((222, 231, 180)) + 12 * np.clip(hillshade(height), -6, 3)[..., None]
    terrain = lit.clip(0, 255).astype(np.uint8)
    terrain[labels == WATER] = SEA_RGB
    confusion = confusion_matrix(labels, predictor.predict(EvaluatedPatch(terrain, height, labels)))
    assert confusion.sum() == 160 * 480
    shares = label_agreement(confusion)
    assert shares["water"] == 1
    for name in ("grassland", "mountains"):
        share = shares[name]
        assert share is not None
        assert share > 0.75  # borders are smoothed
    mirrored = labels[:, ::-1].copy()
    predicted = predictor.predict(EvaluatedPatch(terrain, height, mirrored))
    painted_wrong = label_agreement(confusion_matrix(mirrored, predicted))
    assert painted_wrong["mountains"] != shares["mountains"]
    assert painted_wrong["water"] == 0


def test_a_split_without_water_has_no_sea(data: Path) -> None:
    patches = load(data, "test")
    patches.labels[:] = 1
    predictor = LabelPredictor(patches, 2000, None)
    assert predictor.sea_rgb is None
    patch = EvaluatedPatch(patches.terrain[0], np.zeros((96, 96), np.float32), patches.labels[0])
    assert not (predictor.predict(patch) == WATER).any()


def test_no_such_classifier(data: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.onnx").write_text("{}")
    for name in ("none.onnx", "classes.onnx"):
        with pytest.raises(TerrainError, match=name):
            LabelPredictor(load(data, "test"), 2000, tmp_path / name)
