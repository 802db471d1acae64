import numpy as np
import pytest

from spade_terrain.drainage.drawing import blend_rivers, draw_rivers
from spade_terrain.terrain import Reach


def _reach(points: list[list[float]], discharge: float, width: float) -> Reach:
    return Reach(np.array(points), np.zeros(len(points), np.float32), 1, None, 1, 1.0, discharge, width)


def test_a_river_covers_what_it_is_wide() -> None:
    wide = _reach([[10.0, 0.0], [10.0, 40.0]], 400.0, 500.0)
    mask = draw_rivers([wide], 5.0, 100.0, (40, 30))
    share = mask[20] / 255
    assert share.sum() == pytest.approx(5, abs=0.05)
    np.testing.assert_allclose(share[8:12], 1)
    np.testing.assert_allclose(share[[7, 12]], 0.5, atol=0.01)  # smooth edges
    assert not share[:7].any()


def test_rivers_too_narrow_to_be_seen_are_drawn_wider_with_discharge() -> None:
    def covered(discharge: float) -> float:
        small = _reach([[0.0, 5.3], [30.0, 9.8]], discharge, 1.0)
        return float(draw_rivers([small], 5.0, 500.0, (20, 30)).sum() / 255 / np.hypot(30, 4.5))

    assert covered(5.0) == pytest.approx(0.7, abs=0.1)
    assert covered(160.0) == pytest.approx(1.4, abs=0.1)


def test_where_rivers_meet_no_share_counts_twice() -> None:
    lines = [_reach([[0.0, 10.0], [30.0, 10.0]], 5.0, 1.0), _reach([[15.0, 0.0], [15.0, 10.0]], 5.0, 1.0)]
    one, both = draw_rivers(lines[:1], 5.0, 500.0, (20, 30)), draw_rivers(lines, 5.0, 500.0, (20, 30))
    np.testing.assert_array_equal(both[10:], one[10:])


def test_the_texture_gets_the_colour_of_water_where_rivers_are() -> None:
    texture = np.full((1, 3, 3), 200, np.uint8)
    blend_rivers(texture, np.array([[0, 128, 255]], np.uint8), np.array([0, 100, 200], np.float32))
    np.testing.assert_array_equal(texture[0, 0], 200)
    np.testing.assert_allclose(texture[0, 1], [115, 157, 200], atol=1)
    np.testing.assert_allclose(texture[0, 2], [30, 115, 200], atol=1)
