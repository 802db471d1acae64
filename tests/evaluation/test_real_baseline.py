import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.evaluation.real_baseline import HALF_SPLITS, compare_with_baseline, random_half_splits


def _difference_of_means(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.abs(a.mean() - b.mean()))


def test_no_patch_is_in_both_halves() -> None:
    patches = np.array([4, 1, 1, 7, 9, 7, 4, 2, 2, 2])
    pairs = random_half_splits(patches, seed=0)
    assert len(pairs) == HALF_SPLITS
    for a, b in pairs:
        assert sorted([*a, *b]) == list(range(10))
        assert not set(patches[a]) & set(patches[b])
        assert len(set(patches[a])) == 2  # of five
    assert len({tuple(a) for a, _ in pairs}) > 3


def test_a_single_patch_is_refused() -> None:
    with pytest.raises(DataError, match="single patch"):
        random_half_splits(np.array([3, 3, 3]), seed=0)


def test_hand_worked() -> None:
    real, fake = np.array([1.0, 3.0]), np.array([2.0, 4.0])
    half_splits = [(np.array([0]), np.array([1]))]
    assert compare_with_baseline(_difference_of_means, fake, real, half_splits) == {
        "distance": 1.0,
        "real_baseline": 2.0,
        "ratio": 0.5,
    }


def test_hand_worked_beside_another_split() -> None:
    real, fake, other = np.array([1.0, 3.0]), np.array([2.0, 4.0]), np.array([7.0, 6.0])
    half_splits = [(np.array([0]), np.array([1]))]
    figures = compare_with_baseline(_difference_of_means, fake, real, half_splits, other)
    # 7 is 6 away from 1, 6 is 3 away from 3: 4.5 on average, where the fake are 1 away.
    shared = {"reference_distance": 4.5, "reference_share": 0.2222}
    assert figures == {"distance": 1.0, "real_baseline": 2.0, "ratio": 0.5, **shared}
    assert compare_with_baseline(_difference_of_means, fake, real, half_splits, real)["reference_share"] is None


def test_another_draw_of_the_same_is_as_far_as_the_baseline() -> None:
    rng = np.random.default_rng(0)

    def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        return float(np.abs(np.sort(a, axis=0) - np.sort(b, axis=0)).mean())  # Wasserstein-1 of equal samples

    real, fake = rng.standard_normal((400, 50)), rng.standard_normal((400, 50))
    half_splits = random_half_splits(np.arange(400), seed=0)
    same = compare_with_baseline(distance, fake, real, half_splits)["ratio"]
    other = compare_with_baseline(distance, 1.5 * fake, real, half_splits)["ratio"]
    assert same == pytest.approx(1, abs=0.1)
    assert other is not None
    assert other > 3


def test_what_can_not_be_told_is_none() -> None:
    half_splits = [(np.array([0]), np.array([1]))]
    values = np.array([1.0, 1.0])
    assert compare_with_baseline(lambda a, b: float("nan"), values, values, half_splits) == {
        "distance": None, "real_baseline": None, "ratio": None
    }  # fmt: skip
    assert compare_with_baseline(_difference_of_means, values, values, half_splits)["ratio"] is None  # 0 / 0
