import numpy as np

from spade_terrain.evaluation.measures.shadow import shadow_leak
from spade_terrain.palette import Labels
from tests.evaluation.patches import Plane, fractal, hillshade

ALL_LAND: Labels = np.ones((128, 128), np.uint8)
HEIGHT = 800 * (fractal(128, 0) + 4)


def _picture(grey: Plane) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_light_in_the_picture_is_seen_from_where_it_comes() -> None:
    colours = 128 + 10 * fractal(128, 1)
    lit, unlit = _picture(colours + 30 * hillshade(HEIGHT)), _picture(colours)
    light, control = shadow_leak(lit, HEIGHT, ALL_LAND, 2000)
    assert light > 0.3
    assert abs(control) < 0.1
    assert np.abs(shadow_leak(unlit, HEIGHT, ALL_LAND, 2000)).max() < 0.05


def test_light_from_elsewhere() -> None:
    from_north_east = _picture(128 + 30 * hillshade(HEIGHT[:, ::-1])[:, ::-1])
    light, control = shadow_leak(from_north_east, HEIGHT, ALL_LAND, 2000)
    assert abs(light) < 0.2
    assert control > 0.5
    from_south_east = _picture(128 - 30 * hillshade(HEIGHT))
    assert shadow_leak(from_south_east, HEIGHT, ALL_LAND, 2000)[0] < -0.5


def test_colours_that_change_slowly_are_no_light() -> None:
    slow = _picture(128 + 100 * np.asarray(np.linspace(-1, 1, 128)[:, None] * np.ones(128), np.float32))
    tilted = np.asarray(np.mgrid[:128, :128].sum(0) * 20 + 0.1 * HEIGHT, np.float32)
    assert np.abs(shadow_leak(slow, tilted, ALL_LAND, 2000)).max() < 0.15


def test_only_land_counts() -> None:
    lit = _picture(128 + 30 * hillshade(HEIGHT))
    labels = ALL_LAND.copy()
    labels[:, 64:] = 0
    spoilt = lit.copy()
    spoilt[:, 64:] = 255 - spoilt[:, 64:]
    assert shadow_leak(spoilt, HEIGHT, labels, 2000)[0] == shadow_leak(lit, HEIGHT, labels, 2000)[0]
    assert shadow_leak(spoilt, HEIGHT, ALL_LAND, 2000)[0] < 0.5


def test_a_flat_picture_has_no_light() -> None:
    assert shadow_leak(_picture(np.full((128, 128), 90, np.float32)), HEIGHT, ALL_LAND, 2000) == [0, 0]
