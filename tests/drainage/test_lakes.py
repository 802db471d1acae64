import numpy as np
import pytest

from spade_terrain.drainage.carve import carve
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAND
from spade_terrain.drainage.lakes import list_lakes
from spade_terrain.palette import Labels


def test_painted_lakes_are_listed(island: tuple[Field, Labels]) -> None:
    lake = np.zeros((64, 80), bool)
    lake[28:33, 26:31] = lake[40:44, 62:66] = True  # the second one in the desert
    drained = carve(*island, seed=5, detail=2, gsd=2000.0, lakes=lake)
    listed = {entry.place: entry for entry in list_lakes(drained) if lake[entry.place[0] // 2, entry.place[1] // 2]}
    (wet,) = [entry for entry in listed.values() if entry.place[1] < 80]
    (dry,) = [entry for entry in listed.values() if entry.place[1] > 80]
    assert dry.outlet is None
    assert wet.outlet is not None
    assert drained.water[wet.outlet] == LAND
    assert drained.height[wet.outlet] == wet.level
    assert wet.area == pytest.approx(25 * 4, rel=0.25)
    assert dry.area == pytest.approx(16 * 4, rel=0.25)
    assert dry.level == drained.height[dry.place]
    kinds, z = np.pad(drained.water, 1), np.pad(drained.height, 1)
    row, column = dry.place
    here = kinds[row + 1, column + 1]
    for y, x in np.argwhere(kinds == here):
        around = (slice(y - 1, y + 2), slice(x - 1, x + 2))
        assert (z[around][kinds[around] == LAND] >= z[y, x]).all()
