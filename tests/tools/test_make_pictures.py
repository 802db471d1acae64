import numpy as np
from make_pictures import GAP, before_and_after, pictures
from numpy.typing import NDArray

from spade_terrain.terrain import Terrain
from spade_terrain.window import Window


def test_what_is_shown_of_a_terrain() -> None:
    height = np.array([[0, 100], [25, 400]], np.float32).repeat(32, 0).repeat(32, 1)
    texture, shaded = (np.full((64, 64, 3), grey, np.uint8) for grey in (90, 120))
    shown = pictures(Terrain(texture, height, shaded, np.ones((64, 64), np.uint8), seed=0, model="tiny"))
    assert shown.keys() == {"preview", "texture", "height", "terrain"}
    assert shown["texture"] is texture
    assert shown["terrain"] is shaded
    np.testing.assert_array_equal(shown["height"][::32, ::32], [[0, 127], [63, 255]])  # square roots of 1/4 and 1/16
    assert shown["preview"].dtype == np.uint8


def test_the_same_ground_before_and_after() -> None:
    def terrain(shaded: NDArray[np.uint8]) -> Terrain:
        shape = shaded.shape[:2]
        return Terrain(shaded, np.zeros(shape, np.float32), shaded, np.zeros(shape, np.uint8), seed=0, model="tiny")

    rough = np.zeros((64, 64, 3), np.uint8)
    rough[10:20, 30:50] = 200
    fine = rough.repeat(4, 0).repeat(4, 1) // 2
    shown = before_and_after(terrain(rough), terrain(fine), Window(30, 10, 50, 20))
    assert shown.shape == (40, 80 + GAP + 80, 3)
    assert (shown[:, :80] == 200).all()
    assert (shown[:, 80 + GAP :] == 100).all()
