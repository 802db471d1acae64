import numpy as np
import pytest

from spade_terrain.evaluation.measures.guide import cell_means, guide_figures

NAN = np.nan


def test_means_of_the_painted_land_in_whole_cells() -> None:
    height = np.full((70, 64), 100, np.float32)
    height[:32, :32] = np.arange(32)
    labels = np.ones((70, 64), np.uint8)
    labels[:32, 16:32] = 0  # painted water does not count, whatever its height
    labels[32:, 32:] = 0
    np.testing.assert_array_equal(cell_means(height, labels, 2000), [[7.5, 100], [100, NAN]])
    assert cell_means(height, labels, 1000).shape == (1, 1)


def test_correlation_of_all_cells_and_within_crops() -> None:
    rng = np.random.default_rng(0)
    guide = np.stack([rng.uniform(0, 100, (4, 4)), rng.uniform(2000, 2100, (4, 4))])
    upside_down = np.stack([100 - guide[0], 4100 - guide[1]])
    cells = guide_figures(upside_down, guide)["cells"]
    assert cells["correlation_within"] == -1
    assert cells["correlation"] == pytest.approx(0.997, abs=0.003)  # high crops are high
    assert guide_figures(guide, guide)["cells"] == {
        "correlation": 1,
        "correlation_within": 1,
        "median_error_m": 0,
        "median_error": 0,
    }


def test_errors_where_both_are_known() -> None:
    made = np.array([[[110, 200, NAN, 50]]])
    guide = np.array([[[100, 100, 100, 0]]])
    cells = guide_figures(made, guide)["cells"]
    assert cells["median_error_m"] == 50
    assert cells["median_error"] == pytest.approx(0.55)
    assert cells["correlation_within"] is None  # too few cells
    assert set(guide_figures(made, np.full_like(guide, NAN, float))["cells"].values()) == {None}
