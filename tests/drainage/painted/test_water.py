"""Painted water, told apart: sea, lakes, rivers, straits and bays."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.painted.land import drained_labels
from spade_terrain.drainage.painted.water import PaintedWater, painted_water
from spade_terrain.palette import Labels
from spade_terrain.terrain import Course

Points = list[tuple[int, int]]


@pytest.fixture
def labels() -> Labels:
    """Forest on the left and desert on the right, a sea in the north with a bay at one corner of it, and two lakes."""
    labels = np.full((80, 100), 2, np.uint8)
    labels[:, 50:] = 4
    labels[:10] = 0
    labels[10, 20] = labels[11, 21] = 0  # the bay
    labels[35:47, 45:57] = 0
    labels[60, 5] = 0
    return labels


def away(x: Any, y: Any, points: Points) -> NDArray[np.float64]:
    """How far places are from the line through points (column, row)."""
    nearest = np.full(np.shape(x), np.inf)
    for (x0, y0), (x1, y1) in pairwise(points):
        along, down, right = np.array([x1 - x0, y1 - y0]), y - y0, x - x0
        t = ((right * along[0] + down * along[1]) / (along @ along)).clip(0, 1)
        nearest = np.minimum(nearest, np.hypot(right - t * along[0], down - t * along[1]))
    return nearest


def paint(labels: Labels, points: Points, width: int) -> Labels:
    """The labels with a brush stroke along a line."""
    y, x = np.indices(labels.shape)
    return np.where(away(x, y, points) <= max(width / 2, 0.71), np.uint8(0), labels)


def off(course: Course, points: Points) -> float:
    """How far a course is at most from a line, in pixels."""
    return float(away(course.points[:, 0] - 0.5, course.points[:, 1] - 0.5, points).max())


def ends(course: Course) -> tuple[tuple[int, int], tuple[int, int]]:
    (x0, y0), (x1, y1) = course.points[[0, -1]].astype(int).tolist()
    return (x0, y0), (x1, y1)


def assert_none(water: PaintedWater) -> None:
    assert not water.courses
    assert not water.rivers.any()


def test_lakes_are_water_that_none_leads_out_of(labels: Labels) -> None:
    water = painted_water(labels)
    expected = np.zeros(labels.shape, bool)
    expected[35:47, 45:57] = expected[60, 5] = True
    np.testing.assert_array_equal(water.lakes, expected)
    assert_none(water)
    assert not painted_water(labels, sea_lakes=True).lakes.any()


@pytest.mark.parametrize("place", [(-1, 30), (40, 0), (40, -1)])
def test_a_little_water_at_the_border_is_sea_which_is_told(place: tuple[int, int], labels: Labels) -> None:
    labels[place] = 0
    water = painted_water(labels)
    assert not water.lakes[place]
    assert water.cut == [tuple(np.array(place) % labels.shape)]


def test_water_becomes_the_land_of_its_nearest_shore(labels: Labels) -> None:
    labels[11, 21] = 2
    water = painted_water(labels)
    filled = drained_labels(labels, water.lakes)
    np.testing.assert_array_equal(filled[~water.lakes], labels[~water.lakes])
    assert filled[60, 5] == 2
    assert (filled[35:47, 45:50] == 2).all()
    assert (filled[35:47, 51:57] == 4).all()


@pytest.mark.parametrize("width", [1, 2, 3, 5, 7])
def test_a_stroke_to_the_sea_is_a_river(width: int, labels: Labels) -> None:
    line = [(80, 75), (70, 50), (78, 30), (72, 3)]
    painted = paint(labels, line, width)
    water = painted_water(painted)
    (river,) = water.courses
    assert off(river, line) <= 1.5 + width / 2
    first, last = ends(river)
    assert np.hypot(first[0] - 80, first[1] - 75) < 1 + width
    assert (painted == 0)[last[1], last[0]]
    assert not water.rivers[last[1], last[0]]
    assert 50 * width < river.discharge < 100 * width + 50
    assert water.rivers[20:75].sum() > 0
    assert not (water.rivers & (labels == 0)).any()


@pytest.mark.parametrize("width", [9, 12])
def test_wider_water_is_none(width: int, labels: Labels) -> None:
    assert_none(painted_water(paint(labels, [(80, 75), (80, 3)], width)))


def test_a_bay_and_a_strait_are_none(labels: Labels) -> None:
    assert_none(painted_water(paint(labels, [(80, 22), (80, 3)], 5)))
    straits = labels.copy()
    straits[70:] = 0
    straits[70:, :8] = 2
    assert_none(painted_water(paint(straits, [(80, 75), (70, 40), (80, 3)], 4)))


def test_it_flows_from_a_lake_to_the_sea_and_from_inland_to_the_lake(labels: Labels) -> None:
    painted = paint(paint(labels, [(48, 38), (40, 20), (44, 3)], 2), [(10, 70), (30, 60), (48, 44)], 3)
    water = painted_water(painted)
    assert water.lakes[40, 50]
    outlet, inflow = sorted(water.courses, key=lambda course: course.points[-1, 1])
    assert [labels[y, x] for x, y in ends(outlet)] == [0, 0]
    assert ends(outlet)[0][1] > 34 > 12 > ends(outlet)[1][1]
    assert np.hypot(*(inflow.points[0] - [10, 70])) < 4
    assert labels[ends(inflow)[1][1], ends(inflow)[1][0]] == 0


def test_of_two_lakes_the_one_that_is_farther_from_the_sea_flows_out(labels: Labels) -> None:
    labels[60:72, 80:92] = 0
    painted = paint(paint(labels, [(82, 62), (70, 50), (55, 44)], 2), [(48, 38), (40, 20), (44, 3)], 2)
    upper, _ = sorted(painted_water(painted).courses, key=lambda course: -course.points[0, 1])
    assert (upper.points[0] > [78, 58]).all()
    assert (upper.points[-1] < [58, 48]).all()


def test_a_tributary_ends_at_the_river_and_a_delta_begins_there(labels: Labels) -> None:
    main, side, arm = [(70, 75), (70, 3)], [(85, 62), (70, 50)], [(70, 35), (88, 20), (88, 3)]
    painted = paint(paint(paint(labels, main, 3), side, 3), arm, 3)
    water = painted_water(painted)
    river, tributary, distributary = water.courses
    assert off(river, main) < 2.5
    assert off(tributary, side) < 2.5
    assert off(distributary, arm) < 3.5
    assert (river.points == tributary.points[-1]).all(1).any()
    assert (river.points == distributary.points[0]).all(1).any()
    assert labels[ends(distributary)[1][1], ends(distributary)[1][0]] == 0


@pytest.mark.parametrize("width", [1, 3])
def test_water_that_parts_above_an_island_comes_together_below_it(width: int, labels: Labels) -> None:
    labels[35:47, 45:57] = 2
    main, around = [(92, 60), (80, 50), (62, 30), (62, 3)], [(80, 50), (60, 68), (30, 50), (35, 26), (62, 22)]
    water = painted_water(paint(paint(labels, main, width), around, width))
    lower, short, river, upper = water.courses
    assert np.hypot(*(river.points[0] - 0.5 - [92, 60])) < 1 + width
    for course in (short, upper):  # where it parts
        np.testing.assert_array_equal(course.points[0], river.points[-1])
        assert off(course, [*main, *around]) < 3
    np.testing.assert_array_equal(upper.points[-1], lower.points[0])
    assert lower.points[-1, 1] < 10
    y, x = np.nonzero(water.rivers)
    line = np.concatenate([course.points for course in water.courses]) - 0.5
    apart = np.hypot(x[:, None] - line[:, 0], y[:, None] - line[:, 1]).min(1)
    assert apart.max() < 2.5 + width / 2  # no gap


def test_a_river_that_flows_into_a_strait_ends_there() -> None:
    labels = np.full((100, 140), 1, np.uint8)
    labels[:10] = labels[-10:] = 0  # a sea in the north and one in the south
    strait, river = [(90, 3), (86, 50), (90, 97)], [(20, 45), (86, 50)]
    water = painted_water(paint(paint(labels, strait, 5), river, 2))
    (course,) = water.courses
    assert off(course, river) < 3
    assert not water.rivers[15:40].any()
    assert not water.rivers[60:85].any()
    assert water.rivers[40:55, 30:70].sum() > 60


def test_a_river_ends_where_it_first_meets_the_sea_though_an_arm_goes_on_to_a_wider_mouth() -> None:
    labels = np.full((100, 140), 1, np.uint8)
    labels[:20] = 0
    river, arm, mouth = [(10, 90), (40, 21)], [(40, 21), (60, 55), (110, 40)], [(110, 40), (110, 18)]
    water = painted_water(paint(paint(paint(labels, river, 3), arm, 3), mouth, 6))
    (course,) = water.courses
    assert off(course, river) < 5
    assert np.hypot(*(course.points[-1] - [40, 20])) < 5
    assert not water.rivers[:, 50:].any()


def test_a_meeting_of_wide_strokes_is_no_lake(labels: Labels) -> None:
    painted = paint(paint(labels, [(75, 76), (75, 3)], 7), [(93, 76), (75, 40)], 7)
    water = painted_water(painted)
    assert len(water.courses) == 2
    assert not water.lakes[20:, 60:].any()


def test_a_river_may_come_over_the_border_or_leave_over_it(labels: Labels) -> None:
    (enters,) = painted_water(paint(labels, [(99, 60), (80, 40), (80, 3)], 2)).courses
    assert enters.points[0, 0] >= 100
    (leaves,) = painted_water(paint(labels, [(80, 30), (85, 60), (99, 66)], 2)).courses
    assert leaves.points[-1, 0] >= 100


def test_one_that_leads_nowhere_is_a_lake_which_is_told(labels: Labels) -> None:
    water = painted_water(paint(labels, [(65, 75), (90, 60), (90, 20)], 2))
    assert_none(water)
    assert water.lakes[60, 90]
    assert len(water.stray) == 1


def test_rivers_may_stay_sea(labels: Labels) -> None:
    painted = paint(labels, [(48, 38), (40, 20), (44, 3)], 2)
    water = painted_water(painted, sea_rivers=True)
    assert_none(water)
    assert not water.lakes[40, 50]  # the river connects it with the sea


def test_from_an_inland_sea_to_the_sea_it_is_a_strait(labels: Labels) -> None:
    assert_none(painted_water(paint(labels, [(48, 38), (40, 20), (44, 3)], 2), sea_lakes=True))
