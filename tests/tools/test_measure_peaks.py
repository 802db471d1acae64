"""A number of the docs, the height of usual peaks, is measured as they say: a class and a patch at a time."""

import numpy as np
from measure_peaks import peaks

from spade_terrain.palette import NAMES
from spade_terrain.world.dataset.patches import Patches


def test_peaks_are_of_one_class_in_each_patch_that_has_enough_of_it() -> None:
    hills = NAMES.index("hills")
    labels = np.zeros((3, 20, 20), np.uint8)
    labels[0, :10] = labels[1, 10:] = labels[2, 0, :3] = hills
    height = np.full((3, 20, 20), 60_000, np.uint16)
    height[0, :10], height[1, 10:] = 1000, np.arange(200).reshape(10, 20)
    patches = Patches(np.zeros((3, 20, 20, 3), np.uint8), height, labels, metres_per_unit=0.5, satellite=None)
    np.testing.assert_allclose(peaks(patches, hills), [500, 0.99 * 199 / 2])
