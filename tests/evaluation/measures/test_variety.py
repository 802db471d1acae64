import numpy as np

from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.evaluation.measures.variety import mean_absolute_difference, variety


def _patch(grey: int, metres: float) -> EvaluatedPatch:
    labels = np.array([[0, 1]], np.uint8)  # a pixel of sea, one of land
    return EvaluatedPatch(np.full((1, 2, 3), grey, np.uint8), np.array([[0, metres]], np.float32), labels)


def test_the_mean_difference_on_land() -> None:
    a, b = _patch(250, 100), _patch(20, 130)
    b.terrain[0, 0] = 0
    np.testing.assert_allclose(mean_absolute_difference(a, b), [230, 30])
    np.testing.assert_allclose(mean_absolute_difference(b, a), [230, 30])
    assert mean_absolute_difference(a, a) == (0, 0)


def test_seeds_beside_the_real_patch() -> None:
    figures = variety(np.array([[4.0, 0.0], [6.0, 0.0]]), np.array([[10.0, 50.0], [10.0, 50.0]]))
    assert figures["terrain"] == {"between_seeds": 5, "to_real": 10, "ratio": 0.5}
    assert figures["height_m"] == {"between_seeds": 0, "to_real": 50, "ratio": 0}
