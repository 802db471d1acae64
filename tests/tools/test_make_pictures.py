import numpy as np
from make_pictures import pictures

from spade_terrain.terrain import Terrain


def test_what_is_shown_of_a_terrain() -> None:
    height = np.array([[0, 100], [25, 400]], np.float32).repeat(32, 0).repeat(32, 1)
    texture, shaded = (np.full((64, 64, 3), grey, np.uint8) for grey in (90, 120))
    shown = pictures(Terrain(texture, height, shaded, np.ones((64, 64), np.uint8), seed=0, model="tiny"))
    assert shown.keys() == {"preview", "texture", "height", "terrain"}
    assert shown["texture"] is texture
    assert shown["terrain"] is shaded
    np.testing.assert_array_equal(shown["height"][::32, ::32], [[0, 127], [63, 255]])  # square roots of 1/4 and 1/16
    assert shown["preview"].dtype == np.uint8
