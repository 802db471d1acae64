import numpy as np
import pytest

from spade_terrain.evaluation.measures.coast import box_counts, box_dimension, coast_figures, land_kept
from tests.evaluation.patches import fractal


def test_boxes_of_a_straight_coast() -> None:
    land = np.zeros((64, 96), bool)
    land[:, 40:] = True
    np.testing.assert_array_equal(box_counts(land), [32, 16, 8, 4, 2])
    np.testing.assert_array_equal(box_counts(land[:33, :50]), [17, 9, 5, 3, 2])  # sides that are no whole boxes
    assert box_dimension(box_counts(land)[None]) == pytest.approx(1)


def test_borders_and_land_without_sea_are_no_coast() -> None:
    for land in (np.ones((64, 64), bool), np.zeros((64, 64), bool)):
        assert not box_counts(land).any()
        assert np.isnan(box_dimension(box_counts(land)[None]))


def test_the_dimension_grows_as_coasts_wind() -> None:
    y, x = np.mgrid[:256, :256]
    disc = np.hypot(x - 128, y - 128) < 100
    assert box_dimension(box_counts(disc)[None]) == pytest.approx(0.9, abs=0.02)
    rough, rougher = (
        box_dimension(np.stack([box_counts(fractal(256, seed, steepness) > 0) for seed in range(4)]))
        for steepness in (1.8, 1.5)
    )
    # A contour of fractal land has 2 less its roughness exponent, which is one less than the fall of its waves.
    assert rough == pytest.approx(1.2, abs=0.12)
    assert rougher == pytest.approx(1.5, abs=0.2)


def test_land_above_the_sea() -> None:
    labels = np.array([[0, 1], [2, 3]], np.uint8)
    height = np.array([[5, 0], [1, 2]], np.float32)
    np.testing.assert_array_equal(land_kept(height, labels), [3, 2])
    counts = np.stack([[32, 16, 8, 4, 2]] * 2)
    assert coast_figures(counts, np.array([[3, 2], [1, 1]])) == {"box_dimension": 1.0, "land_kept": 0.75}
    assert coast_figures(0 * counts, np.zeros((2, 2), int)) == {"box_dimension": None, "land_kept": None}
