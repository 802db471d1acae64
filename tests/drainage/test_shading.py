import numpy as np
import pytest

from spade_terrain.drainage.shading import shaded_texture


@pytest.mark.parametrize("rows", [40, 600])
def test_light_comes_from_the_north_west(rows: int) -> None:
    texture = np.full((rows, 50, 3), 128, np.uint8)
    south, east = np.mgrid[:rows, :50].astype(np.float32)
    lit = shaded_texture(texture, 50 * (south + east), 500.0, 4)  # falls to the north-west
    dark = shaded_texture(texture, 50 * (rows + 50 - south - east), 500.0, 4)
    along = shaded_texture(texture, 50 * (rows + south - east), 500.0, 4)
    assert (lit == lit[0, 0]).all()  # where rows are taken some at a time, too
    assert lit[0, 0, 0] > 134
    assert dark[0, 0, 0] < 108
    np.testing.assert_array_equal(along, texture)


def test_on_finer_land_steeper_slopes_get_the_same_shade() -> None:
    texture = np.full((10, 50, 3), 128, np.uint8)
    heights = np.broadcast_to(100 * np.arange(50, dtype=np.float32), (10, 50))
    np.testing.assert_array_equal(
        shaded_texture(texture, heights, 2000.0, 1), shaded_texture(texture, heights, 1000.0, 4)
    )
