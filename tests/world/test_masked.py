import numpy as np

from spade_terrain.world.masked import fill_nearest, masked_blur


def test_fill_nearest_and_masked_blur() -> None:
    values = np.array([[1, 0, 0, 5]], np.float32).repeat(3, 0)
    hole = values == 0
    np.testing.assert_array_equal(fill_nearest(values, hole), np.array([[1, 1, 5, 5]]).repeat(3, 0))
    assert fill_nearest(values, np.ones((3, 4), bool)) is values
    ones = masked_blur(np.where(hole, np.float32(99), np.float32(1)), ~hole, 2)
    np.testing.assert_allclose(ones, 1, rtol=1e-4)
