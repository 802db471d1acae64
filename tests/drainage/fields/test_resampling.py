import numpy as np
import pytest

from spade_terrain.drainage.fields.resampling import enlarge, refine, shrink, smooth, smooth_noise, smooth_over


def test_noise_belongs_to_the_ground() -> None:
    small, large = (smooth_noise(7, 3, 8, shape) for shape in ((40, 24), (64, 64)))
    np.testing.assert_array_equal(small, large[:40, :24])
    assert 0.3 < smooth_noise(7, 3, 8, (400, 400)).std() < 0.6
    assert abs(np.diff(large, axis=1)).max() < 0.6
    assert (smooth_noise(8, 3, 8, (64, 64)) != large).mean() > 0.99


def test_grids_keep_planes() -> None:
    y, x = np.mgrid[0:20, 0:24].astype(np.float32)
    plane = 3 * y - 2 * x
    expected = 3 * ((np.arange(80) + 0.5) / 4 - 0.5)[:, None] - 2 * ((np.arange(96) + 0.5) / 4 - 0.5)
    np.testing.assert_allclose(enlarge(plane, 4)[12:-12, 12:-12], expected[12:-12, 12:-12], atol=1e-4)
    np.testing.assert_allclose(shrink(enlarge(plane, 4), 4)[3:-3, 3:-3], plane[3:-3, 3:-3], atol=1e-4)
    zero = np.zeros((40, 48), np.float32)
    moved = refine(plane, zero + np.float32(0.5), zero, 0)
    np.testing.assert_allclose(moved[8:-8, 8:-8], refine(plane, zero, zero, 0)[8:-8, 8:-8] + np.float32(1.5), atol=1e-4)


@pytest.mark.parametrize("rows", [(0, 3), (17, 18), (29, 40)])
def test_some_rows_are_those_of_the_whole(rows: tuple[int, int]) -> None:
    first, last = rows
    grid = smooth_noise(1, 2, 1, (10, 12))
    np.testing.assert_array_equal(enlarge(grid, 4, rows), enlarge(grid, 4)[first:last])
    for wavelength in (1, 8):
        whole = smooth_noise(7, 3, wavelength, (40, 24))
        np.testing.assert_array_equal(smooth_noise(7, 3, wavelength, (40, 24), rows), whole[first:last])
    south, east = smooth_noise(7, 3, 4, (40, 24)), smooth_noise(7, 4, 4, (40, 24))
    some = refine(whole[:20, :12], south[first:last], east[first:last], first)
    np.testing.assert_array_equal(some, refine(whole[:20, :12], south, east, 0)[first:last])


def test_refining_keeps_summits() -> None:
    peak = np.zeros((9, 9), np.float32)
    peak[4, 4] = 100
    zero = np.zeros((18, 18), np.float32)
    assert refine(peak, zero, zero, 0).max() > 70
    assert enlarge(peak, 2).max() < 45


def test_smoothing_keeps_the_mean_and_looks_only_where_it_may() -> None:
    spot = np.zeros((31, 31), np.float32)
    spot[15, 15] = 1
    smoothed = smooth(spot, 2.0)
    assert smoothed.sum() == pytest.approx(1, rel=1e-5)
    y = np.arange(31) - 15
    assert np.sqrt((smoothed.sum(1) * y * y).sum()) == pytest.approx(2, rel=0.05)
    half = np.zeros((31, 31), bool)
    half[:, :10] = True
    np.testing.assert_allclose(smooth_over(np.where(half, 5, 99).astype(np.float32), half, 2.0)[half], 5, rtol=1e-5)
