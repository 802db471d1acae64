import numpy as np

from spade_terrain.evaluation.painted.land import LandKept, land_kept
from spade_terrain.evaluation.painted.random_maps import SIDE, random_map
from spade_terrain.maps.region_growing import dilated
from spade_terrain.palette import CLASSES, WATER


def test_the_same_seed_paints_the_same_map() -> None:
    labels = random_map(3)
    assert labels.shape == (SIDE, SIDE)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, random_map(3))
    assert (labels != random_map(4)).any()
    assert set(np.unique(np.stack([random_map(seed) for seed in range(20)]))) == set(range(len(CLASSES)))


def test_there_are_islands_of_all_sizes_isthmuses_and_lakes() -> None:
    maps = [random_map(seed) for seed in range(20)]
    kept: list[LandKept] = [land_kept(labels, labels != WATER) for labels in maps]
    assert np.sum([k.islands for k in kept], axis=0).min() > 20
    assert sum(k.waters for k in kept) > 2 * len(maps)
    # What is narrower than seven pixels goes: then lands that isthmuses join are apart.
    cut = 0
    for labels in maps:
        land = labels != WATER
        for _ in range(3):
            land = ~dilated(np.pad(~land, 1))
        for _ in range(3):
            land = dilated(np.pad(land, 1))
        cut += land_kept(labels, land).cut
    assert cut >= 0.8 * len(maps)
