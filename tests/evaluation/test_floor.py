import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.evaluation.floor import HALVINGS, against_floor, figure, halvings


def _difference_of_means(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.abs(a.mean() - b.mean()))


def test_no_patch_is_in_both_halves() -> None:
    patches = np.array([4, 1, 1, 7, 9, 7, 4, 2, 2, 2])
    pairs = halvings(patches, seed=0)
    assert len(pairs) == HALVINGS
    for a, b in pairs:
        assert sorted([*a, *b]) == list(range(10))
        assert not set(patches[a]) & set(patches[b])
        assert len(set(patches[a])) == 2  # of five
    assert len({tuple(a) for a, _ in pairs}) > 3


def test_a_single_patch_is_refused() -> None:
    with pytest.raises(TerrainError, match="single patch"):
        halvings(np.array([3, 3, 3]), seed=0)


def test_hand_worked() -> None:
    real, made = np.array([1.0, 3.0]), np.array([2.0, 4.0])
    halves = [(np.array([0]), np.array([1]))]
    assert against_floor(_difference_of_means, made, real, halves) == {"distance": 1.0, "floor": 2.0, "ratio": 0.5}


def test_hand_worked_beside_another_split() -> None:
    real, made, other = np.array([1.0, 3.0]), np.array([2.0, 4.0]), np.array([7.0, 6.0])
    halves = [(np.array([0]), np.array([1]))]
    figures = against_floor(_difference_of_means, made, real, halves, other)
    # 7 is 6 away from 1, 6 is 3 away from 3; the mean of both, 4.5, is 2.25 times the floor.
    assert figures == {"distance": 1.0, "floor": 2.0, "ratio": 0.5, "beside": 2.25}
    flat = np.array([1.0, 1.0])
    assert against_floor(_difference_of_means, made, flat, halves, other)["beside"] is None


def test_another_draw_of_the_same_is_as_far_as_the_floor() -> None:
    rng = np.random.default_rng(0)

    def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        return float(np.abs(np.sort(a, axis=0) - np.sort(b, axis=0)).mean())  # Wasserstein-1 of equal samples

    real, made = rng.standard_normal((400, 50)), rng.standard_normal((400, 50))
    halves = halvings(np.arange(400), seed=0)
    same = against_floor(distance, made, real, halves)["ratio"]
    other = against_floor(distance, 1.5 * made, real, halves)["ratio"]
    assert same == pytest.approx(1, abs=0.1)
    assert other is not None
    assert other > 3


def test_what_can_not_be_told_is_none() -> None:
    halves = [(np.array([0]), np.array([1]))]
    values = np.array([1.0, 1.0])
    assert against_floor(lambda a, b: float("nan"), values, values, halves) == {
        "distance": None, "floor": None, "ratio": None
    }  # fmt: skip
    assert against_floor(_difference_of_means, values, values, halves)["ratio"] is None  # 0 / 0


def test_figures_have_four_digits() -> None:
    assert figure(0.123456) == 0.1235
    assert figure(123456.0) == 123500.0
    assert figure(float("inf")) is None
