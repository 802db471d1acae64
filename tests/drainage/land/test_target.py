import numpy as np
import pytest

from spade_terrain.drainage.land.target import Target


def test_what_stands_out_above_the_summits_around_wears_down_within_two_steps() -> None:
    given = np.full((12, 12), 1000, np.float32)
    target = Target(given, np.ones(given.shape, bool))
    peak = given.copy()
    peak[6, 6] += 200
    for _ in range(2):
        peak = target.lift(peak, target.rise(peak, 1), 1, (0, 12))
    assert peak[6, 6] == pytest.approx(1000, rel=0.02)
    assert peak[2, 2] == pytest.approx(1000, rel=0.02)
