import numpy as np
import pytest

from spade_terrain.evaluation.measures.distributions import (
    TOP_HEIGHT_M,
    TOP_SLOPE,
    class_histograms,
    median,
    slopes,
    wasserstein,
)


def _histogram(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
    flat = values.astype(np.float32)[None]
    return class_histograms(flat, np.ones(flat.shape, np.uint8), TOP_HEIGHT_M)[None, 1]


def test_shifted_samples_are_their_shift_apart() -> None:
    values = np.random.default_rng(0).uniform(200, 3000, 20_000)
    near, far = (wasserstein(_histogram(values), _histogram(values + s), TOP_HEIGHT_M) for s in (5, 700))
    assert near == pytest.approx(5, abs=0.2)
    assert far == pytest.approx(700, abs=0.5)
    assert wasserstein(_histogram(values), _histogram(values), TOP_HEIGHT_M) == 0


def test_half_of_the_values_moved() -> None:
    a, b = np.full(10, 100.0), np.where(np.arange(10) % 2, 100.0, 300.0)
    assert wasserstein(_histogram(a), _histogram(b), TOP_HEIGHT_M) == pytest.approx(100, abs=3)
    assert np.isnan(wasserstein(_histogram(a), 0 * _histogram(b), TOP_HEIGHT_M))


def test_medians() -> None:
    values = np.random.default_rng(0).gamma(2, 400, 20_001)
    assert median(_histogram(values), TOP_HEIGHT_M) == pytest.approx(np.median(values), abs=1)
    sea = np.concatenate([np.zeros(100), np.full(99, 700.0)])
    assert median(_histogram(sea), TOP_HEIGHT_M) == pytest.approx(0, abs=0.01)
    both = np.concatenate([_histogram(np.full(30, 40.0)), _histogram(np.full(31, 900.0))])
    assert median(both, TOP_HEIGHT_M) == pytest.approx(900, abs=10)
    assert np.isnan(median(0 * both, TOP_HEIGHT_M))


def test_classes_are_counted_apart_and_nothing_is_lost() -> None:
    values = np.array([[0, 50, 9000, 20_000]], np.float32)
    counts = class_histograms(values, np.array([[0, 2, 2, 6]], np.uint8), TOP_HEIGHT_M)
    assert counts.sum(1).tolist() == [1, 0, 2, 0, 0, 0, 1]
    assert counts[0, 0] == 1
    assert counts[2, -1] == counts[6, -1] == 1


def test_a_plane_has_one_slope() -> None:
    south, east = np.mgrid[:20, :20].astype(np.float32)
    # 60 m a pixel of 2 km to the east and 80 m to the south: 30 and 40 m a kilometre.
    steepness = slopes(60 * east + 80 * south, 2000)
    np.testing.assert_allclose(steepness, 50, rtol=1e-5)
    assert class_histograms(steepness, np.ones((20, 20), np.uint8), TOP_SLOPE)[1].max() == 400
