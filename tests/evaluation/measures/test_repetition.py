import numpy as np
import pytest

from spade_terrain.evaluation.measures.repetition import MIN_SHARE, autocorrelation_peak, single_class_windows
from tests.evaluation.patches import fractal

EVERYWHERE = np.ones((128, 128), bool)


@pytest.mark.parametrize("period", [32, 43])
def test_tiles_have_a_peak(period: int) -> None:
    tiled = np.tile(fractal(period, 0), (4, 4))[:128, :128]
    assert autocorrelation_peak(tiled, EVERYWHERE) > 0.95
    # Only beyond half a side would the next copy be.
    assert autocorrelation_peak(np.tile(fractal(90, 0), (2, 2))[:128, :128], EVERYWHERE) < 0.5


def test_high_land_counts_no_more_than_low() -> None:
    growing = np.linspace(0.02, 1, 128, dtype=np.float32) ** 3
    tiled = np.tile(fractal(32, 0), (4, 4)) * growing
    assert 0.9 < autocorrelation_peak(tiled, EVERYWHERE) <= 1
    noise = np.random.default_rng(0).standard_normal((128, 128)).astype(np.float32)
    assert autocorrelation_peak(noise * growing, EVERYWHERE) < 0.2


def test_noise_and_mountains_have_none() -> None:
    noise = np.random.default_rng(0).standard_normal((128, 128)).astype(np.float32)
    assert autocorrelation_peak(noise, EVERYWHERE) < 0.1
    peaks = [autocorrelation_peak(fractal(256, seed)[:128, :128], EVERYWHERE) for seed in range(4)]
    assert np.mean(peaks) < 0.4


def test_what_lies_outside_the_mask_does_not_matter() -> None:
    tiled = np.tile(fractal(32, 0), (4, 4))
    mask = EVERYWHERE.copy()
    mask[:, :30] = False
    spoilt = tiled + np.where(mask, 0, 100 * fractal(128, 5))
    peak = autocorrelation_peak(spoilt.astype(np.float32), mask)
    assert peak == pytest.approx(autocorrelation_peak(tiled, mask), abs=1e-6)
    assert peak > 0.9


def test_flat_land_can_not_be_told() -> None:
    assert np.isnan(autocorrelation_peak(np.zeros((128, 128), np.float32), EVERYWHERE))


def test_windows_of_a_single_class() -> None:
    labels = np.ones((5, 96, 96), np.uint8)
    labels[3, :70, 10:] = 4  # the only patch where class 4 covers enough of a window
    labels[4, :30] = 4
    windows = single_class_windows(labels, 4, 64, 12, seed=0)
    assert [w.patch for w in windows] == [3]
    assert (labels[windows[0].window] == 4).mean() >= MIN_SHARE
    assert len(single_class_windows(labels, 1, 64, 2, seed=0)) == 2
    assert len({w.patch for w in single_class_windows(labels, 1, 64, 12, seed=0)}) == 4
    assert single_class_windows(labels, 6, 64, 12, seed=0) == []
