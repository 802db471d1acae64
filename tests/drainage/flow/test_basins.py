import numpy as np

from spade_terrain.drainage.carve import carve
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.basins import number_basins
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAND, SEA, upward_order
from spade_terrain.drainage.rivers import upstream_cells
from spade_terrain.palette import Labels


def test_basins_are_what_drains_to_a_mouth(island: tuple[Field, Labels]) -> None:
    drained = carve(*island, seed=5, detail=2, gsd=2000.0)
    basins = number_basins(drained.order, drained.receivers, drained.water)
    number, kinds, receivers = basins.ravel(), drained.water.ravel(), drained.receivers
    assert (number[kinds == SEA] == 0).all()
    assert (number[kinds != SEA] > 0).all()
    inner = (kinds != SEA) & (kinds[receivers] != SEA)
    np.testing.assert_array_equal(number[inner], number[receivers[inner]])
    mouths = np.flatnonzero((kinds == LAND) & (kinds[receivers] == SEA))
    assert len(np.unique(number[mouths])) == len(mouths)
    sizes = np.bincount(number)
    np.testing.assert_array_equal(sizes[number[mouths]], upstream_cells(drained)[mouths])
    assert (np.diff(sizes[1:]) <= 0).all()


def test_a_closed_lake_is_a_part_of_its_basin() -> None:
    water = np.full((1, 6), LAND, np.uint8)
    water[0, 2:4] = CLOSED_LAKE
    receivers = np.array([1, 2, 2, 3, 3, 5], np.int32)
    assert number_basins(upward_order(receivers), receivers, water).tolist() == [[1, 1, 1, 1, 1, 2]]
