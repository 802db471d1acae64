import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAKE, LAND, SEA, add_downstream, flood, steepest, upward_order

shapes = st.tuples(st.integers(3, 12), st.integers(3, 12))
metres = st.floats(0, 100, width=32)


def land(heights: Field) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full(heights.shape, LAND, np.uint8)


def on_border(shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    border = np.ones(shape, bool)
    border[1:-1, 1:-1] = False
    return border


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.float32, shapes, elements=metres))
def test_all_water_leaves_over_the_border_and_falls_all_the_way(heights: Field) -> None:
    receivers, levels = flood(heights, land(heights), np.ones_like(heights))
    mouths = receivers == np.arange(receivers.size)
    assert (levels >= heights).all()
    assert on_border(heights.shape).ravel()[mouths].all()
    assert (levels.ravel()[receivers] < levels.ravel())[~mouths].all()
    order = upward_order(receivers)
    place = np.empty(order.size, int)
    place[order] = np.arange(order.size)
    assert sorted(order) == list(range(order.size))
    assert (place[receivers] < place)[~mouths].all()
    area = add_downstream(order, receivers, np.ones_like(heights))
    assert area[mouths].sum() == heights.size


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.float32, shapes, elements=metres))
def test_hollows_are_filled_to_their_lowest_pass_and_no_further(heights: Field) -> None:
    levels = flood(heights, land(heights), np.ones_like(heights)).levels
    expected = np.where(on_border(heights.shape), heights, np.float32(np.inf))
    for _ in range(heights.size):  # minimax paths, by relaxation
        padded = np.pad(expected, 1, constant_values=np.inf)
        around = [padded[y : y + heights.shape[0], x : x + heights.shape[1]] for y in range(3) for x in range(3)]
        expected = np.minimum(expected, np.maximum(heights, np.min(around, axis=0)))
    np.testing.assert_allclose(levels, expected, atol=1e-3 * heights.size)


def test_land_flows_down_the_steepest_way() -> None:
    heights = np.array([[9, 9, 9, 9], [9, 5, 4, 9], [9, 1, 9, 9], [9, 0, 9, 9]], np.float32)
    old = flood(heights, land(heights), np.ones_like(heights)).receivers
    steepest(heights, land(heights), old, lambda first, last: np.zeros((last - first, 4), np.float32))
    receivers = old.reshape(4, 4)
    assert receivers[1, 1] == 9  # 4 m down in a pixel
    assert receivers[1, 2] == 9  # 3 m down in 1.41 pixels, against 1 m in one


def test_jitter_chooses_between_ways_that_are_alike() -> None:
    heights = np.broadcast_to(np.arange(6, dtype=np.float32)[:, None], (6, 5)).copy()
    old = flood(heights, land(heights), np.ones_like(heights)).receivers
    jitter = np.zeros_like(heights)
    for favoured in (1, 3):
        jitter[1] = 0
        jitter[1, favoured] = 0.5
        receivers = old.copy()
        steepest(heights, land(heights), receivers, lambda first, last: jitter[first:last])
        assert receivers.reshape(6, 5)[2, 2] == 5 + favoured


def test_a_lake_is_left_over_the_lowest_place_of_its_shore() -> None:
    heights = np.full((7, 9), 20, np.float32)
    heights[3, 6:] = [12, 10, 5]
    kinds = land(heights)
    kinds[2:5, 2:6] = LAKE
    heights[kinds == LAKE] = 3
    receivers, levels = flood(heights, kinds, np.ones_like(heights))
    assert (levels[kinds == LAKE] == 12).all()
    at = 3 * 9 + 2
    while kinds.ravel()[at] == LAKE:
        at = int(receivers[at])
    assert at == 3 * 9 + 6


def test_ways_through_a_hollow_go_where_weights_are_small() -> None:
    heights = np.full((15, 15), 50, np.float32)
    heights[1:-1, 1:-1] = 10
    heights[7, 14] = 20  # the outlet
    wander = np.ones_like(heights)
    wander[2, 1:-1] = wander[2:8, 13] = 0.01
    receivers = flood(heights, land(heights), wander).receivers
    way, at = set(), 5 * 15 + 1
    while receivers[at] != at:
        way.add(divmod(at, 15))
        at = int(receivers[at])
    assert (2, 7) in way


def test_the_sea_is_a_mouth() -> None:
    heights = np.ones((5, 5), np.float32)
    kinds = land(heights)
    kinds[2, 2], heights[2, 2] = SEA, 0
    receivers = flood(heights, kinds, np.ones_like(heights)).receivers.reshape(5, 5)
    assert (receivers[1:4, 1:4] == 12).all()
