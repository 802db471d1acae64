from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.evaluation.crops import Ground
from spade_terrain.evaluation.obedience import ClassReader, agreement
from spade_terrain.palette import NAMES, WATER
from spade_terrain.world.dataset.loading import load
from tests.evaluation.ground import SEA_RGB, fractal, hillshade

MOUNTAINS = NAMES.index("mountains")


def test_hand_worked() -> None:
    confusion = np.zeros((7, 7), np.int64)
    confusion[0, 0], confusion[0, 1] = 90, 10
    confusion[1, 1], confusion[1, 2], confusion[1, 0] = 30, 10, 60
    confusion[5, 5], confusion[5, 3] = 20, 40
    shares = agreement(confusion)
    assert shares["water"] == 0.9
    assert shares["grassland"] == 0.75  # of what was not drowned
    assert shares["mountains"] == 0.3333
    assert shares["land"] == 0.5
    assert shares["drowned"] == 0.375
    assert shares["tundra"] is None


def test_it_reads_mountains_plains_and_sea(data: Path) -> None:
    patches = load(data, "test")
    reader = ClassReader(patches, 2000, None)
    assert reader.sea_rgb == SEA_RGB
    labels = np.repeat(np.array([WATER, 1, MOUNTAINS], np.uint8), 160)[None].repeat(160, 0)
    height = np.where(labels == MOUNTAINS, 2600 * (fractal(480, 0)[:160] + 2), 100).astype(np.float32)
    height[labels == WATER] = 0
    lit = np.array((222, 231, 180)) + 12 * np.clip(hillshade(height), -6, 3)[..., None]
    terrain = lit.clip(0, 255).astype(np.uint8)
    terrain[labels == WATER] = SEA_RGB
    confusion = reader.confusion(Ground(terrain, height, labels))
    assert confusion.sum() == 160 * 480
    shares = agreement(confusion)
    assert shares["water"] == 1
    for name in ("grassland", "mountains"):
        share = shares[name]
        assert share is not None
        assert share > 0.75  # borders are smoothed
    painted_wrong = agreement(reader.confusion(Ground(terrain, height, labels[:, ::-1].copy())))
    assert painted_wrong["mountains"] != shares["mountains"]
    assert painted_wrong["water"] == 0


def test_a_split_without_water_has_no_sea(data: Path) -> None:
    patches = load(data, "test")
    patches.labels[:] = 1
    reader = ClassReader(patches, 2000, None)
    assert reader.sea_rgb is None
    ground = Ground(patches.terrain[0], np.zeros((96, 96), np.float32), patches.labels[0])
    assert reader.confusion(ground)[:, WATER].sum() == 0


def test_no_such_classifier(data: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.onnx").write_text("{}")
    for name in ("none.onnx", "classes.onnx"):
        with pytest.raises(TerrainError, match=name):
            ClassReader(load(data, "test"), 2000, tmp_path / name)
