import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAKE, LAND, add_downstream, flood, upward_order
from spade_terrain.drainage.land.erosion import AREA_EXPONENT, DEBRIS_FLOWS, creep, erode

SPACING = 500.0


def step(before: Field, k: float, lakes: slice | None = None, cliff: float = 9) -> tuple[Field, NDArray[np.float64]]:
    """One step on a ramp of one row that falls to the left; its heights and discharge."""
    kinds = np.full(before.shape, LAND, np.uint8)
    if lakes is not None:
        kinds[0, lakes] = LAKE
    receivers = np.maximum(np.arange(before.size, dtype=np.int32) - 1, 0)
    order = upward_order(receivers)
    discharge = add_downstream(order, receivers, np.full(before.shape, SPACING**2, np.float32))
    heights = before.copy()
    like = np.ones_like(before)
    erode(heights, order, receivers, kinds, discharge, np.float32(k) * like, np.float32(cliff) * like, SPACING)
    return heights, discharge


def test_a_step_solves_the_stream_power_law_implicitly() -> None:
    before = np.arange(0, 6000, 100, dtype=np.float32)[None]
    heights, discharge = step(before, 0.5)
    slope = np.diff(heights[0]) / SPACING
    lost = before[0, 1:] - heights[0, 1:]
    np.testing.assert_allclose(lost, 0.5 * (discharge[1:] + DEBRIS_FLOWS) ** AREA_EXPONENT * slope, rtol=1e-3)
    assert heights[0, 0] == before[0, 0]


def test_a_hollow_is_filled_just_above_its_outlet() -> None:
    before = np.array([[0, 100, 50, 20, 60, 300]], np.float32)
    heights, _ = step(before, 1e-9)
    assert (np.diff(heights[0]) > 0).all()
    assert heights[0, 3] == pytest.approx(100, abs=2)


def test_valley_floors_are_as_steep_as_the_streams_that_lay_them_down() -> None:
    before = np.array([[0, *[10] * 3000]], np.float32)
    heights, discharge = step(before, 1e-9)
    slope = np.diff(heights[0])[1:] / SPACING
    metre_a_second = int(np.abs(discharge - 31_557_600).argmin())
    assert slope[metre_a_second] == pytest.approx(0.0005, rel=0.1)
    tenth = int(np.abs(discharge - 315_576_000).argmin())
    assert slope[tenth] == pytest.approx(slope[metre_a_second] * 10**-0.25, rel=0.1)


def test_a_lake_is_level_with_its_outlet() -> None:
    before = np.array([[0, 40, 7, 7, 300]], np.float32)
    heights, _ = step(before, 1e-9, lakes=slice(2, 4))
    assert heights[0, 1] == heights[0, 2] == heights[0, 3]


def test_no_slope_is_steeper_than_it_can_stand() -> None:
    heights, _ = step(np.array([[0, 2000, 4000]], np.float32), 1e-9, cliff=0.5)
    np.testing.assert_allclose(heights, [[0, 250, 500]])


def test_soil_creeps_from_ridges_into_valleys_and_none_is_lost() -> None:
    heights = np.zeros((9, 9), np.float32)
    heights[4, 4] = 90
    kinds = np.full(heights.shape, LAND, np.uint8)
    crept = creep(heights, kinds, np.full_like(heights, 0.1))
    assert crept[4, 4] < 90
    assert crept[4, 5] > crept[5, 5] > 0
    assert crept.sum() == pytest.approx(90, rel=1e-5)
    kinds[4, 5] = LAKE
    assert creep(heights, kinds, np.full_like(heights, 0.1))[4, 5] == 0


def test_water_runs_the_same_way_after_a_step() -> None:
    rng = np.random.default_rng(1)
    before = rng.uniform(0, 900, (40, 40)).astype(np.float32)
    kinds = np.full(before.shape, LAND, np.uint8)
    receivers = flood(before, kinds, np.ones_like(before)).receivers
    order = upward_order(receivers)
    heights, like = before.copy(), np.ones_like(before)
    discharge = add_downstream(order, receivers, like)
    erode(heights, order, receivers, kinds, discharge, 50 * like, like, SPACING)
    mouths = receivers == np.arange(receivers.size)
    assert (heights.ravel()[receivers] < heights.ravel())[~mouths].all()
