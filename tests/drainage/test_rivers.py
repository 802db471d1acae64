from collections import Counter

import numpy as np
import pytest

from spade_terrain.drainage.carve import Drained, carve
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAND
from spade_terrain.drainage.rivers import trace_rivers
from spade_terrain.palette import Labels
from spade_terrain.terrain import Reach


@pytest.fixture(scope="module")
def drained(island: tuple[Field, Labels]) -> Drained:
    lake = np.zeros((64, 80), bool)
    lake[28:33, 26:31] = True
    return carve(*island, seed=5, detail=4, gsd=2000.0, lakes=lake)


@pytest.fixture(scope="module")
def rivers(drained: Drained) -> list[Reach]:
    return trace_rivers(drained, least=1.0)


def test_each_reach_goes_on_where_it_ends(rivers: list[Reach], drained: Drained) -> None:
    assert len(rivers) > 20
    for reach in rivers:
        if reach.into is not None:
            below = rivers[reach.into]
            np.testing.assert_array_equal(reach.points[-1], below.points[0])
            assert below.discharge >= reach.discharge
            assert below.area > reach.area
            assert below.order >= reach.order
        else:
            x, y = reach.points[-1].astype(int)
            assert drained.water[y, x] != LAND or x in (0, 319) or y in (0, 255)


def test_at_every_confluence_two_or_more_meet_and_one_goes_on(rivers: list[Reach]) -> None:
    meeting = Counter(reach.into for reach in rivers if reach.into is not None)
    assert min(meeting.values()) >= 2
    for into in meeting:
        above = [reach for reach in rivers if reach.into == into]
        largest = max(above, key=lambda reach: reach.discharge)
        assert [reach.river == rivers[into].river for reach in above].count(True) == 1
        assert largest.river == rivers[into].river


def test_rivers_fall_all_the_way_and_carry_what_was_asked_for(rivers: list[Reach]) -> None:
    for reach in rivers:
        assert (np.diff(reach.heights) < 0).all()
        assert reach.discharge >= 1.0
        assert reach.width == pytest.approx(5 * reach.discharge**0.5)


def test_lines_are_smooth_and_stay_in_their_valleys(rivers: list[Reach], drained: Drained) -> None:
    turns = []
    for reach in rivers:
        steps = np.diff(reach.points, axis=0)
        directions = np.arctan2(steps[:, 1], steps[:, 0])
        turns.append(abs((np.diff(directions) + np.pi) % (2 * np.pi) - np.pi))
    assert np.concatenate(turns).mean() < np.radians(15)  # along pixels' middles it is above 20 degrees
    on_rivers = drained.discharge.reshape(drained.height.shape) >= 31_557_600
    wide = np.pad(on_rivers, 2)
    near = np.max([wide[y : y + 256, x : x + 320] for y in range(5) for x in range(5)], axis=0)
    points = np.concatenate([reach.points for reach in rivers]).astype(int)
    assert near[points[:, 1], points[:, 0]].all()


def test_a_lines_height_is_that_of_the_ground_beneath(rivers: list[Reach], drained: Drained) -> None:
    for reach in rivers:
        columns, rows = reach.points.astype(int).T
        np.testing.assert_array_equal(reach.heights, drained.height[rows, columns])


def test_rivers_that_meet_in_the_borders_pixel_end_there() -> None:
    """Its own piece would be a line of one point, which is no line to GIS programs."""
    heights = np.random.default_rng(3).uniform(100, 110, (24, 24)).astype(np.float32)
    drained = carve(heights, np.ones(heights.shape, np.uint8), seed=1, detail=1, gsd=2000.0)
    reaches = trace_rivers(drained, least=0.05)
    assert min(len(reach.points) for reach in reaches) > 1
    ends = Counter(tuple(reach.points[-1]) for reach in reaches if reach.into is None)
    assert max(ends.values()) > 1
    assert all({x, y} & {0.5, 23.5} for x, y in ends)


def test_there_may_be_no_rivers(drained: Drained) -> None:
    assert trace_rivers(drained, least=1e9) == []
