import numpy as np
import pytest

from spade_terrain.drainage.land.target import Target


def test_what_stands_out_above_the_summits_around_wears_down_within_two_steps() -> None:
    given = np.full((12, 12), 1000, np.float32)
    target = Target(given, np.ones(given.shape, bool))
    peak = given.copy()
    peak[6, 6] += 200
    for _ in range(2):
        peak = target.lift(peak, target.change(peak, 1), 1, (0, 12))
    assert peak[6, 6] == pytest.approx(1000, rel=0.03)
    assert peak[2, 2] == pytest.approx(1000, rel=0.03)


def test_on_the_maps_own_grid_summits_are_given_back() -> None:
    rng = np.random.default_rng(2)
    given = rng.uniform(100, 200, (12, 12)).astype(np.float32)
    given[6, 6] = 900
    sea = np.ones(given.shape, bool)
    sea[:, 0] = False
    worn = given.copy()
    worn[6, 6], worn[6, 7], worn[3, 0] = 500, 700, 800  # the summit has moved by a pixel
    crowned = Target(given, sea).crown(worn)
    assert crowned[6, 7] == crowned.max() == 900
    assert crowned[6, 6] == 500
    assert crowned[3, 0] == 800
    assert (crowned >= worn).all()


def test_plains_that_rivers_have_built_up_do_not_weather() -> None:
    """They would be filled up again in each step, and where a river is led elsewhere a cliff would stay."""
    given = np.full((12, 12), 20, np.float32)
    target = Target(given, np.ones(given.shape, bool))
    built_up = given + 60
    for _ in range(3):
        built_up = target.lift(built_up, target.change(built_up, 1), 1, (0, 12))
    assert built_up.min() == pytest.approx(80, rel=0.001)
