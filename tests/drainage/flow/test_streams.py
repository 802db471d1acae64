import numpy as np
import pytest

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.flow.routing import LAND, add_downstream, upward_order
from spade_terrain.drainage.flow.streams import longest_upstream, strahler_orders
from spade_terrain.drainage.measures.network import measure, route


def test_orders_rise_where_equal_streams_meet() -> None:
    # 0 <- 1 <- 2, 3 (sources); 0 <- 4 (source)
    receivers = np.array([0, 0, 1, 1, 0], np.int32)
    order = upward_order(receivers)
    channels = np.ones(5, bool)
    assert list(strahler_orders(order, receivers, channels)) == [2, 2, 1, 1, 1]
    channels[2] = False
    assert list(strahler_orders(order, receivers, channels)) == [2, 1, 0, 1, 1]


def test_the_longest_way_counts() -> None:
    receivers = np.array([[0, 0, 1], [1, 4, 4]], np.int32).ravel()
    receivers[4] = 0  # over the diagonal
    receivers[3] = 4
    assert longest_upstream(upward_order(receivers), receivers, 3)[0] == pytest.approx(1 + np.sqrt(2))


def test_components_hang_together_over_corners() -> None:
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]], bool)
    numbers, count = components(mask)
    assert count == 3
    np.testing.assert_array_equal(numbers, [[1, 0, 0, 2], [0, 1, 0, 0], [0, 0, 0, 3]])


def test_ruled_lines_and_hollows_are_seen() -> None:
    y, x = np.mgrid[0:40, 0:40].astype(np.float32)
    valley = (10 * abs(x - 20) + y).astype(np.float32)
    water = np.full(valley.shape, LAND, np.uint8)
    ruled = measure(route(valley, water, 100.0), 0.5)
    assert ruled.straight > 0.9
    assert ruled.hollow_share == 0
    valley[20, 20] -= 5
    hollow = measure(route(valley, water, 100.0), 0.5)
    assert hollow.hollow_share == pytest.approx(1 / 1600)
    assert hollow.fill == pytest.approx(4 / 1600, rel=0.01)


def test_sums_go_downstream() -> None:
    receivers = np.array([0, 0, 1, 1], np.int32)
    total = add_downstream(upward_order(receivers), receivers, np.array([[1, 2], [3, 4]], np.float32))
    assert list(total) == [10, 9, 3, 4]
