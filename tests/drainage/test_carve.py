import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.carve import Drained, carve
from spade_terrain.drainage.fields import kernels
from spade_terrain.drainage.fields.resampling import Field, shrink, smooth_noise, smooth_over
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, SEA
from spade_terrain.drainage.measures.network import measure, route
from spade_terrain.errors import ParameterError
from spade_terrain.palette import NAMES, Labels

Island = tuple[Field, Labels]


@pytest.fixture(scope="module")
def painted_lake() -> NDArray[np.bool_]:
    lake = np.zeros((64, 80), bool)
    lake[28:33, 26:31] = True
    return lake


@pytest.fixture(scope="module")
def drained(island: Island, painted_lake: NDArray[np.bool_]) -> Drained:
    return carve(*island, seed=5, detail=4, gsd=2000.0, lakes=painted_lake)


def test_all_land_drains_and_no_river_climbs(drained: Drained) -> None:
    z, receivers, kinds = drained.height.ravel(), drained.receivers, drained.water.ravel()
    mouths = receivers == np.arange(receivers.size)
    assert (z[receivers] < z)[~mouths & (kinds == LAND)].all()
    assert np.isin(kinds[mouths], [SEA, CLOSED_LAKE]).all()  # the island is far from the border
    place = np.empty(receivers.size, int)
    place[drained.order] = np.arange(receivers.size)
    assert (place[receivers] < place)[~mouths].all()


def test_no_land_lies_in_hollows(drained: Drained) -> None:
    figures = measure(route(drained.height, drained.water, drained.spacing), 4.0)
    assert figures.hollow_share == 0


def test_the_sea_stays_and_every_land_pixel_keeps_land(drained: Drained, island: Island) -> None:
    heights = island[0]
    sea = np.kron(heights <= 0, np.ones((4, 4), bool))
    assert (drained.height[sea] == 0).all()
    assert (drained.height[drained.water == LAND] > 0).all()
    above = (drained.height > 0).reshape(64, 4, 80, 4).any((1, 3))
    np.testing.assert_array_equal(above, heights > 0)


def test_a_painted_lake_is_flat_and_no_shore_is_lower(drained: Drained, painted_lake: NDArray[np.bool_]) -> None:
    lake = (drained.water == LAKE) & np.kron(painted_lake, np.ones((4, 4), bool))
    assert lake.sum() > 0.8 * 16 * painted_lake.sum()
    (level,) = np.unique(drained.height[lake])
    assert level > 0
    ring = np.pad(lake, 1)
    around = np.max([ring[y : y + 256, x : x + 320] for y in range(3) for x in range(3)], axis=0) & ~lake
    assert drained.height[around].min() >= level


def test_land_at_20_km_is_held_and_so_are_summits(drained: Drained, island: Island) -> None:
    heights = island[0]
    land = (shrink((drained.water == LAND).astype(np.float32), 4) == 1) & (heights > 0)
    moved = smooth_over(shrink(drained.height, 4) - heights, land, 2.0)[land]
    assert np.sqrt((moved**2).mean()) < 0.03 * heights.max()
    assert drained.height.max() == pytest.approx(heights.max(), rel=0.15)


def test_valleys_are_cut(drained: Drained) -> None:
    figures = measure(route(drained.height, drained.water, drained.spacing), 4.0)
    assert 0.25 < figures.slope_area < 0.6
    assert 3 < figures.bifurcation < 6
    assert figures.straight < 0.1


def test_streams_on_fine_plains_wander() -> None:
    plain = 5 + np.arange(40, dtype=np.float32) + 8 * smooth_noise(1, 2, 4, (40, 40))
    plain[:, 0] = 0
    labels = np.where(plain > 0, NAMES.index("grassland"), NAMES.index("water")).astype(np.uint8)
    fine = carve(plain, labels, seed=3, detail=8, gsd=2000.0)
    assert measure(route(fine.height, fine.water, fine.spacing), 1.0).straight < 0.06  # of real land 0.02 to 0.2


def test_the_same_bytes_with_one_thread_or_many(
    island: Island, painted_lake: NDArray[np.bool_], drained: Drained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "usable_cores", lambda: 5)
    again = carve(*island, seed=5, detail=4, gsd=2000.0, lakes=painted_lake)
    monkeypatch.setattr(kernels, "usable_cores", lambda: 1)
    alone = carve(*island, seed=5, detail=4, gsd=2000.0, lakes=painted_lake)
    for other in (again, alone):
        assert other.height.tobytes() == drained.height.tobytes()
        assert other.receivers.tobytes() == drained.receivers.tobytes()


def test_another_seed_gives_other_valleys(island: Island) -> None:
    one, other = (carve(*island, seed=seed, detail=1, gsd=2000.0).height for seed in (1, 2))
    assert (one != other).mean() > 0.2


def test_what_cannot_be_carved_says_why(island: Island) -> None:
    heights, labels = island
    with pytest.raises(ParameterError, match="`detail` is 3; choose one of 1, 2, 4, 8, 16"):
        carve(heights, labels, 1, 3, 2000.0)
    with pytest.raises(ParameterError, match="different shapes"):
        carve(heights[1:], labels, 1, 1, 2000.0)
    with pytest.raises(ParameterError, match="no numbers"):
        carve(np.where(heights > 900, np.float32(np.nan), heights), labels, 1, 1, 2000.0)
    large = np.broadcast_to(np.float32(1), (3000, 3000))
    with pytest.raises(ParameterError, match="choose less detail"):
        carve(large, np.broadcast_to(np.uint8(1), large.shape), 1, 16, 2000.0)
    with pytest.raises(ParameterError, match="border"):
        carve(heights, labels, 1, 1, 2000.0, labels == 0)


def test_a_map_of_water_and_one_of_a_single_class() -> None:
    sea = carve(np.zeros((6, 5), np.float32), np.zeros((6, 5), np.uint8), 1, 2, 2000.0)
    assert (sea.height == 0).all()
    plain = carve(np.full((16, 16), 30, np.float32), np.ones((16, 16), np.uint8), 1, 2, 2000.0)
    assert 20 < plain.height.mean() < 40


def test_what_is_given_stays_as_it_is(island: Island) -> None:
    before = island[0].copy()
    carve(*island, seed=1, detail=1, gsd=2000.0)
    np.testing.assert_array_equal(island[0], before)
