from pathlib import Path

import numpy as np
import pytest

from spade_terrain.palette import NAMES, WATER
from spade_terrain.world.classes import class_model, classify, nearest_centre
from spade_terrain.world.features import Features
from spade_terrain.world.fitting import fit_centres, refit, write_model


def test_every_land_class_can_be_reached() -> None:
    model = class_model()
    by_colour = {NAMES[i] for i in model.labels}
    assert by_colour == {"grassland", "forest", "desert", "tundra"}
    assert 0 < model.hills_m < model.mountains_m
    assert 16 <= len(model.centres) <= 24


@pytest.mark.parametrize(
    ("lab", "relief", "name"),
    [
        ((93, -1, 11), 50, "desert"),
        ((87, 4, 12), 50, "desert"),
        ((88, -7, 21), 50, "grassland"),
        ((73, -22, 16), 50, "forest"),
        ((75, -17, 9), 50, "forest"),
        ((87, -1, 3), 50, "tundra"),
        ((91, 0, -6), 50, "tundra"),
        ((73, -22, 16), 500, "hills"),
        ((91, 0, -6), 1500, "mountains"),
        ((73, -22, 16), 1500, "mountains"),
    ],
)
def test_relief_decides_first_and_colour_then(lab: tuple[int, ...], relief: float, name: str) -> None:
    flat = np.zeros((1, 1), np.float32)
    f = Features(np.array([[lab]], np.float32), flat, flat, flat + relief)
    assert NAMES[classify(f, class_model())[0, 0]] == name


def test_nearest_centre_is_the_nearest() -> None:
    rng = np.random.default_rng(0)
    lab, centres = rng.normal(size=(50, 3)).astype(np.float32), rng.normal(size=(7, 3)).astype(np.float32)
    expected = np.linalg.norm(lab[:, None] - centres, axis=2).argmin(1)
    np.testing.assert_array_equal(nearest_centre(lab, centres), expected)


def test_centres_come_back_the_same_for_a_seed() -> None:
    rng = np.random.default_rng(0)
    groups = np.array([[90, 0, 10], [70, -20, 15], [85, 3, 12]], np.float32)
    lab = np.concatenate([g + rng.normal(size=(100, 3)).astype(np.float32) for g in groups])
    centres = fit_centres(lab, 3, seed=1)
    np.testing.assert_array_equal(centres, fit_centres(lab, 3, seed=1))
    np.testing.assert_allclose(centres, groups[[0, 2, 1]], atol=0.5)


def test_a_refit_is_a_file_like_the_shipped_one(planet: tuple[Path, Path], tmp_path: Path) -> None:
    refit(*planet, tmp_path / "classes.json", clusters=6, places=12)
    model = class_model(tmp_path / "classes.json")
    assert model.centres.shape == (6, 3)
    assert WATER not in model.labels
    assert model.hills_m == class_model().hills_m


def test_writing_the_shipped_classes_changes_nothing(tmp_path: Path) -> None:
    write_model(class_model(), tmp_path / "again.json")
    again = class_model(tmp_path / "again.json")
    np.testing.assert_allclose(again.centres, class_model().centres, atol=0.006)
    np.testing.assert_array_equal(again.labels, class_model().labels)
