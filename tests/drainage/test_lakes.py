import numpy as np
import pytest

from spade_terrain.drainage.carve import Surface, carve
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, PAN
from spade_terrain.drainage.lakes import lake_depths, list_lakes
from spade_terrain.palette import Labels


def test_painted_lakes_are_listed(island: tuple[Field, Labels]) -> None:
    lake = np.zeros((64, 80), bool)
    lake[28:33, 26:31] = lake[40:44, 62:66] = True  # the second one in the desert
    drained = carve(*island, seed=5, detail=2, gsd=2000.0, lakes=lake)
    depths = lake_depths(drained, 2)
    lakes = list_lakes(drained, depths)
    listed = {entry.place: entry for entry in lakes if lake[entry.place[0] // 2, entry.place[1] // 2]}
    (wet,) = [entry for entry in listed.values() if entry.place[1] < 80]
    (dry,) = [entry for entry in listed.values() if entry.place[1] > 80]
    assert dry.outlet is None
    assert wet.outlet is not None
    assert drained.water[wet.outlet] == LAND
    assert drained.height[wet.outlet] == wet.level
    assert wet.area == pytest.approx(25 * 4, rel=0.25)
    assert dry.area == pytest.approx(16 * 4, rel=0.25)
    assert dry.level == drained.height[dry.place]
    assert depths.max() == max(entry.deepest for entry in lakes)
    assert 0 < dry.mean_depth < wet.mean_depth / 4
    kinds, z = np.pad(drained.water, 1), np.pad(drained.height, 1)
    row, column = dry.place
    here = kinds[row + 1, column + 1]
    for y, x in np.argwhere(kinds == here):
        around = (slice(y - 1, y + 2), slice(x - 1, x + 2))
        assert (z[around][kinds[around] == LAND] >= z[y, x]).all()


def _flat(radius: int, kind: int, level: float, rise: float) -> Surface:
    """A round lake, 500 m a pixel, and land that rises so many metres a pixel from its shore."""
    y, x = np.mgrid[0:160, 0:160] - 79.5
    away = np.hypot(y, x)
    water = np.where(away < radius, kind, LAND).astype(np.uint8)
    heights = (level + rise * np.maximum(away - radius, 0)).astype(np.float32)
    return Surface(heights, water, 500.0)


def test_a_bed_deepens_from_the_shore_on() -> None:
    depths = lake_depths(_flat(40, LAKE, 800.0, 20.0), 4)
    middle = depths[80]
    assert (np.diff(middle[40:80]) >= -1e-4).all()
    assert 0 < middle[40] < 0.2 * middle[80]
    assert middle[80] == pytest.approx(depths.max(), rel=1e-4)
    assert 0.4 < depths[depths > 0].mean() / depths.max() < 0.65
    steps = np.abs(np.diff(depths, 2, axis=1))[70:90, 44:114]
    assert steps.max() < 0.02 * depths.max()  # smooth: no ridges and no terraces


def test_depths_are_those_that_lakes_have() -> None:
    """Of 1,257 square kilometres: 37 m by area alone; flat shores have shallower lakes, steep ones deeper."""

    def mean(kind: int = LAKE, level: float = 800.0, rise: float = 20.0) -> float:
        depths = lake_depths(_flat(40, kind, level, rise), 4)
        return float(depths[depths > 0].mean())

    plain, hills, mountains = (mean(rise=rise) for rise in (1.0, 20.0, 120.0))
    assert 4 < plain < 15 < hills < 40 < mountains < 120
    assert mean(CLOSED_LAKE) == pytest.approx(hills / 10, rel=1e-3)
    assert not lake_depths(_flat(40, PAN, 800.0, 20.0), 4).any()
    low = _flat(40, LAKE, 12.0, 20.0)
    assert (low.height - lake_depths(low, 4)).min() == pytest.approx(0, abs=1e-4)  # not below the sea
    small = lake_depths(_flat(8, LAKE, 800.0, 20.0), 4)
    assert 0.3 * hills < small[small > 0].mean() < 0.8 * hills


def test_a_lake_narrower_than_a_pixel_of_the_map_has_a_bed() -> None:
    land = _flat(40, LAKE, 800.0, 20.0)
    land.water[:] = LAND
    land.water[20:60, 30:32] = LAKE
    assert (lake_depths(land, 8)[land.water == LAKE] > 0.05).all()
