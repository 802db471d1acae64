import numpy as np
import pytest

from spade_terrain.drainage.measures.relief import hypsometry, moved, slopes, spectrum


def test_a_spectrum_tells_waves_apart() -> None:
    x = np.arange(256) * 125.0
    land = np.ones((256, 256), bool)
    short, long = (np.tile(np.sin(2 * np.pi * x / length), (256, 1)).astype(np.float32) for length in (375.0, 12_000.0))
    assert list(spectrum(short, land, 125.0)) == [250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0]
    octaves = [max(spectrum(wave, land, 125.0).items(), key=lambda item: item[1])[0] for wave in (short, long)]
    assert octaves == [250.0, 8000.0]
    twice = spectrum(2 * long, land, 125.0)
    assert twice[8000.0] == pytest.approx(2 * spectrum(long, land, 125.0)[8000.0], rel=1e-5)


def test_shores_are_no_relief() -> None:
    heights = np.full((64, 64), 100, np.float32)
    land = np.ones((64, 64), bool)
    land[:, :21] = False
    heights[~land] = 0
    assert spectrum(heights, land, 500.0)[1000.0] == 0
    assert np.isnan(spectrum(heights, np.zeros((64, 64), bool), 500.0)[1000.0])


def test_slopes_and_heights_of_a_ramp() -> None:
    heights = np.tile(np.arange(1, 101, dtype=np.float32) * 10, (50, 1))
    land = np.ones(heights.shape, bool)
    assert slopes(heights, land, 100.0) == pytest.approx((0.1, 0.1))
    assert hypsometry(heights, land) == pytest.approx((0.505, 0.26, 0.505, 0.75), abs=0.01)
    assert np.isnan(slopes(heights, ~land, 100.0)).all()
    assert np.isnan(hypsometry(heights, ~land)).all()


def test_land_that_has_moved() -> None:
    heights = np.tile(np.linspace(0, 1000, 64, dtype=np.float32), (64, 1))
    finer = heights.repeat(2, 0).repeat(2, 1)
    land = np.ones(heights.shape, bool)
    bumps = np.random.default_rng(0).normal(0, 30, finer.shape).astype(np.float32)
    assert moved(finer, heights, land, 2) == 0
    assert moved(finer + 50, heights, land, 2) == pytest.approx(0.05, rel=1e-3)
    assert moved(finer + bumps, heights, land, 2) < 0.005
    assert np.isnan(moved(finer, heights, ~land, 2))
