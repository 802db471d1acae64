from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import GifImagePlugin, Image, WebPImagePlugin

from spade_terrain.errors import TerrainError
from spade_terrain.export import ExportOptions, check_formats, save
from spade_terrain.export.options import VERTICAL_SCALE
from spade_terrain.export.preview import pictures, render
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


def test_shadows_of_a_light_from_any_side() -> None:
    height = np.zeros((41, 41), np.float32)
    height[20, 20] = 6
    dark = shadow(height, (1, 0.5), slope=0.5, reach=64, softness=0.5)  # the light is in the south-south-east
    north = np.argwhere(dark[:20] == 1)
    assert len(north) > 3
    np.testing.assert_allclose(20 - north[:, 1], (20 - north[:, 0]) / 2, atol=1)
    assert not dark[21:].any()


def test_the_sun_may_stand_anywhere(make_terrain: MakeTerrain) -> None:
    terrain = make_terrain(64, 64, top=9000.0)
    terrain.texture[:] = 128
    west, east = pictures(terrain, VERTICAL_SCALE, [270, 90], size=0.25)
    assert max(west.shape) <= 400
    columns = west.shape[1]
    lit_from_west = west.astype(int).sum(axis=-1) - east.astype(int).sum(axis=-1)
    assert (lit_from_west[:, : columns // 2] > 100).sum() > 500
    assert (lit_from_west[:, columns // 2 :] < -100).sum() > 500


def test_animations_go_round(make_terrain: MakeTerrain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spade_terrain.export.preview._ROUND", [315.0, 75.0, 195.0])
    paths = save(make_terrain(), tmp_path, [], ExportOptions(preview=("gif", "webp")))
    assert {p.name for p in paths} == {"preview.gif", "preview.webp", "terrain.json"}
    for path in paths[1:]:
        with Image.open(path) as image:
            assert isinstance(image, GifImagePlugin.GifImageFile | WebPImagePlugin.WebPImageFile)
            assert image.n_frames == 3
            assert image.info["loop"] == 0
            frames = []
            for frame in range(3):
                image.seek(frame)
                frames.append(np.asarray(image.convert("RGB"), int))
        assert max(frames[0].shape) <= 800
        assert all(np.abs(frames[0] - other).max() > 20 for other in frames[1:])


def test_no_such_kind_of_preview() -> None:
    with pytest.raises(TerrainError, match=r"^`preview` mp4: there are png, gif, webp$"):
        check_formats(None, 64, 64, ExportOptions(preview=("mp4",)))


def _red(picture: np.ndarray) -> float:
    return float((picture[..., 0].astype(int) > picture[..., 1].astype(int) + 60).mean())
