from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import DataError, ParameterError
from spade_terrain.evaluation.crops import Crop, draw_crops, real_patch
from spade_terrain.world.dataset.loading import load


def test_crops_lie_in_their_patch_and_hold_land() -> None:
    labels = np.zeros((3, 80, 96), np.uint8)
    labels[1, :, 40:] = 2  # the only land
    crops = draw_crops(labels, 50, 64, seed=0)
    assert len(crops) == 50
    for crop in crops:
        assert crop.patch == 1
        assert 0 <= crop.y <= 80 - 64
        assert 0 <= crop.x <= 96 - 64
        assert (labels[crop.window] > 0).mean() >= 0.2
    assert len({crop.x for crop in crops}) > 5


def test_the_seed_decides() -> None:
    labels = np.ones((9, 96, 96), np.uint8)
    assert draw_crops(labels, 5, 64, seed=1) == draw_crops(labels, 5, 64, seed=1)
    assert draw_crops(labels, 5, 64, seed=1) != draw_crops(labels, 5, 64, seed=2)
    # More crops begin as fewer do.
    assert draw_crops(labels, 9, 64, seed=1)[:5] == draw_crops(labels, 5, 64, seed=1)


def test_what_can_not_be_drawn_is_refused() -> None:
    with pytest.raises(ParameterError, match="`size` 97 is too large"):
        draw_crops(np.ones((2, 96, 96), np.uint8), 1, 97, seed=0)
    with pytest.raises(DataError, match="too little land"):
        draw_crops(np.zeros((2, 96, 96), np.uint8), 1, 64, seed=0)


def test_real_terrain_is_in_metres(data: Path) -> None:
    patches = load(data, "test")
    real = real_patch(patches, Crop(2, 10, 20, 64))
    np.testing.assert_array_equal(real.terrain, patches.terrain[2, 10:74, 20:84])
    np.testing.assert_array_equal(real.labels, patches.labels[2, 10:74, 20:84])
    assert real.height.dtype == np.float32
    np.testing.assert_allclose(real.height, patches.height[2, 10:74, 20:84] * (8848 / 65535), rtol=1e-6)
