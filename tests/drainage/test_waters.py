import numpy as np
import pytest

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAND
from spade_terrain.drainage.shore import fine_land
from spade_terrain.drainage.waters import find_waters, sink_below_shores
from spade_terrain.palette import NAMES, Labels
from spade_terrain.terrain import Course


def bowl(name: str, depth: float) -> tuple[Field, Labels]:
    """Land of one class at 300 m, with a round hollow in it."""
    y, x = np.mgrid[0:24, 0:24]
    heights = 300 - depth * np.clip(1 - np.hypot(y - 12, x - 12) / 8, 0, None)
    heights[:, -1] = 0
    return heights.astype(np.float32), np.full(heights.shape, NAMES.index(name), np.uint8)


def test_deep_hollows_become_lakes_and_shallow_ones_do_not() -> None:
    deep = find_waters(*bowl("forest", 250), None)
    assert deep.lakes[12, 12]
    assert not deep.lakes[12, 5]
    assert not deep.closed.any()
    assert not find_waters(*bowl("forest", 50), None).lakes.any()
    assert find_waters(*bowl("tundra", 50), None).lakes.any()


def test_a_river_that_ends_in_a_lake_is_not_drowned_in_its_valley() -> None:
    heights, labels = bowl("forest", 250)
    lake = np.zeros(heights.shape, bool)
    lake[11:14, 11:14] = True
    river = Course(np.array([[0.5, 12.5], [12.5, 12.5]]), 1.0)
    assert find_waters(heights, labels, lake).lakes[12, 10]
    assert (find_waters(heights, labels, lake, [river]).lakes == lake).all()


def test_hollows_of_deserts_dry_up() -> None:
    waters = find_waters(*bowl("desert", 50), None)
    assert waters.pans[12, 12]
    assert not waters.lakes.any()
    assert not waters.closed.any()
    assert waters.surface[12, 12] == pytest.approx(250)
    assert (waters.surface[~waters.pans] == 0).all()


def test_painted_lakes_are_closed_by_a_desert_around() -> None:
    for name, closed in (("desert", True), ("grassland", False)):
        heights, labels = bowl(name, 5)
        lake = np.zeros(heights.shape, bool)
        lake[10:14, 10:14] = True
        labels[lake] = NAMES.index("water")
        waters = find_waters(heights, labels, lake)
        np.testing.assert_array_equal(waters.closed[lake], closed)
        np.testing.assert_array_equal(waters.lakes[lake], not closed)
        assert not waters.pans.any()
        assert waters.sea.sum() == 24


def test_a_finer_shore_is_rounded_inside_of_what_was_painted() -> None:
    land = np.zeros((12, 12), bool)
    land[3:8, 3:8] = land[10, 10] = True
    fine = fine_land(land, 8, seed=1)
    painted = np.kron(land, np.ones((8, 8), bool))
    assert not (fine & ~painted).any()
    assert fine.reshape(12, 8, 12, 8).max((1, 3))[land].all()
    assert not fine[24, 24]
    assert fine[32:56, 32:56].all()
    assert (fine != fine_land(land, 8, seed=2)).any()
    np.testing.assert_array_equal(fine_land(land, 1, seed=1), land)
    np.testing.assert_array_equal(fine_land(land, 8, seed=1, rows=(2, 7)), fine[16:56])


def test_a_free_shore_goes_out_as_often_as_in() -> None:
    y, x = np.mgrid[0:24, 0:24]
    lake = np.hypot(y - 12, x - 12) < 7.5
    free, held = (fine_land(lake, 8, seed=1, free=free) for free in (True, False))
    assert (free & ~np.kron(lake, np.ones((8, 8), bool))).any()
    assert free.sum() == pytest.approx(64 * lake.sum(), rel=0.02)
    assert held.sum() < 0.98 * free.sum()


def test_closed_lakes_sink_with_their_shores() -> None:
    kinds = np.full((6, 9), LAND, np.uint8)
    kinds[1:4, 1:4] = kinds[1:4, 6:8] = CLOSED_LAKE
    heights = np.where(kinds == CLOSED_LAKE, np.float32(50), np.float32(90))
    heights[4, 4] = 30
    before = heights.copy()
    sink_below_shores(heights, kinds)
    assert (heights[1:4, 1:4] == 30).all()
    assert (heights[1:4, 6:8] == 50).all()
    assert (heights[kinds == LAND] == before[kinds == LAND]).all()
