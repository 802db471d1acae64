from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.palette import NAMES, WATER
from spade_terrain.world.classes.cells import FEATURES, ROOTS, cell_features
from spade_terrain.world.classes.classifier import load_classifier

COLOURS = {
    "desert": (238, 228, 205),
    "grassland": (222, 231, 180),
    "forest": (140, 192, 152),
    "tundra": (206, 218, 208),
}


def test_the_shipped_classifier_is_good_enough() -> None:
    facts = load_classifier().facts
    assert facts["features"] == list(FEATURES)
    assert facts["cells"] >= 200_000
    assert facts["accuracy"] >= 0.95
    assert facts["held_out"] > 20_000
    assert set(facts["shares"]) == set(NAMES) - {NAMES[WATER]}
    assert all(0.03 < share < 0.4 for share in facts["shares"].values())


@pytest.mark.parametrize("name", COLOURS)
def test_plains_are_told_by_their_colour(name: str) -> None:
    terrain = np.full((96, 96, 3), COLOURS[name], np.uint8)
    terrain += np.random.default_rng(0).integers(0, 4, terrain.shape, np.uint8)
    height = np.full((96, 96), 200, np.float32)
    features = cell_features(terrain, height, np.zeros((96, 96), bool))
    assert (load_classifier().classify(features, (96, 96)) == NAMES.index(name)).mean() > 0.9


@pytest.mark.parametrize(("relief", "name"), [(0, "grassland"), (550, "hills"), (1600, "mountains")])
def test_rough_ground_is_told_by_its_relief(relief: float, name: str) -> None:
    # Relief goes with slope, light and shade, so the other features of such ground come from it too.
    x, y = np.meshgrid(np.arange(128), np.arange(128))
    height = (1000 + relief / 2 * np.sin(x / 2.5) * np.sin(y / 2.5)).astype(np.float32)
    light = -(np.gradient(height, axis=0) + np.gradient(height, axis=1)) / 15
    terrain = np.clip(np.array((205, 215, 175)) + np.clip(light, -70, 20)[..., None], 0, 255).astype(np.uint8)
    features = cell_features(terrain, height, np.zeros((128, 128), bool))
    assert (load_classifier().classify(features, (128, 128)) == NAMES.index(name)).mean() > 0.9


@pytest.mark.parametrize("shape", [(20, 30), (19, 29)])
def test_a_label_for_every_pixel(shape: tuple[int, int]) -> None:
    features = np.random.default_rng(0).normal(size=(10, 15, len(FEATURES))).astype(np.float32)
    features[..., [FEATURES.index(n) for n in ROOTS]] = 1
    labels = load_classifier().classify(features, shape)
    assert labels.shape == shape
    assert labels.dtype == np.uint8
    assert 1 <= labels.min() <= labels.max() <= 6
    np.testing.assert_array_equal(labels[:18:2, :28:2], labels[1:19:2, 1:29:2])


def test_files_that_are_no_classifier(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="can't be read"):
        load_classifier(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("text")
    with pytest.raises(TerrainError, match="no classifier"):
        load_classifier(tmp_path / "text.onnx")
    model = Path(__file__).parents[3] / "src/spade_terrain/models/default.onnx"
    with pytest.raises(TerrainError, match="no classifier"):
        load_classifier(model)
