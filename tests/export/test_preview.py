from collections.abc import Callable

import numpy as np
import pytest

from spade_terrain.export.preview import render
from spade_terrain.export.preview.camera import aim
from spade_terrain.export.preview.light import shadow
from spade_terrain.terrain import Terrain

MakeTerrain = Callable[..., Terrain]


@pytest.mark.parametrize("shape", [(64, 64), (32, 160), (160, 32), (2, 2), (1500, 700)])
def test_any_shape_fits_the_picture(shape: tuple[int, int], make_terrain: MakeTerrain) -> None:
    picture = render(make_terrain(*shape))
    rows, columns, channels = picture.shape
    assert channels == 3
    assert columns <= 1600
    assert rows <= 1100
    assert columns == 1600 or rows >= 1098
    # Only the table shows in the margin.
    assert picture[:30].min() > 200


def test_all_sea_is_blue(make_terrain: MakeTerrain) -> None:
    terrain = make_terrain(64, 64, top=0.0)
    terrain.texture[:] = 108, 167, 208
    red, green, blue = render(terrain)[400, 800].tolist()
    assert red < green < blue


def test_the_printed_shading_is_not_used(make_terrain: MakeTerrain) -> None:
    terrain = make_terrain(64, 64)
    picture = render(terrain)
    terrain.shaded[:] = 0
    np.testing.assert_array_equal(render(terrain), picture)


def test_flat_ground_lies_where_points_are_projected(make_terrain: MakeTerrain) -> None:
    camera = aim(np.zeros((30, 50), np.float32), 2.0, (800, 600))
    a, b, c, d, e, f, g, h = camera.ground()
    for x, y in ((0.0, 0.0), (50.0, 0.0), (12.5, 29.0)):
        right, down = (float(v) for v in camera.project(np.float32(x), np.float32(y), 0.0))  # type: ignore[arg-type]
        share = g * right + h * down + 1
        assert (a * right + b * down + c) / share == pytest.approx(x, abs=1e-2)
        assert (d * right + e * down + f) / share == pytest.approx(y, abs=1e-2)


def test_shadows_fall_away_from_the_light() -> None:
    height = np.zeros((21, 21), np.float32)
    height[10, 10] = 6
    dark = shadow(height, (-1, -1), slope=0.5, reach=64, softness=0.5)
    assert dark[12, 12] == 1
    assert dark[13, 13] == 1
    assert dark[20, 20] == 0  # beyond the shadow's end, 6 / 0.5 / sqrt(2) pixels away
    assert dark[10, 10] == dark[8, 8] == dark[12, 10] == 0


def test_a_mountain_hides_what_stands_behind_it(make_terrain: MakeTerrain) -> None:
    flat = make_terrain(64, 64, top=0.0)
    flat.texture[:] = 128
    flat.texture[:20] = 255, 0, 0
    wall = make_terrain(64, 64, top=0.0)
    wall.texture[:] = flat.texture
    wall.height[30:34] = 9000
    assert _red(render(flat)) > 3 * _red(render(wall))


def _red(picture: np.ndarray) -> float:
    return float((picture[..., 0].astype(int) > picture[..., 1].astype(int) + 60).mean())
