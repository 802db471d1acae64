import cv2
import numpy as np
import pytest

from spade_terrain.world.water import (
    blue_shore,
    lake_share,
    painted_water,
    remove_water,
    sea_mask,
    without_ponds,
)

SEA = (109, 169, 206)
RIVER = (60, 145, 190)
GREEN = (160, 198, 160)
ICE = (221, 228, 238)
NO_SEA = np.zeros((128, 128), bool)


def plain(rgb: tuple[int, int, int], size: int = 128) -> np.ndarray:
    noise = np.random.default_rng(0).integers(-3, 4, (size, size, 1))
    return np.clip(np.full((size, size, 3), rgb) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("ground", [GREEN, ICE, (240, 230, 210), (225, 222, 180)])
def test_rivers_vanish_and_nothing_else_does(ground: tuple[int, int, int]) -> None:
    dry = plain(ground)
    wet = dry.copy()
    cv2.line(wet, (0, 20), (127, 90), RIVER, 1, cv2.LINE_AA)
    water = painted_water(wet, NO_SEA)
    river = np.abs(wet.astype(int) - dry).max(2) > 0
    assert water[np.abs(wet.astype(int) - RIVER).max(2) < 5].all()
    assert not water[~river].any()
    cleaned = remove_water(wet, water, NO_SEA).astype(int)
    assert np.abs(cleaned - dry).max() < 20
    assert not painted_water(dry, NO_SEA).any()


def test_the_coast_is_no_river() -> None:
    terrain = plain(GREEN)
    terrain[:, 64:] = SEA
    terrain = cv2.GaussianBlur(terrain, (0, 0), 0.7).astype(np.uint8)
    height = np.zeros((128, 128), np.float32)
    height[:, :64] = 50
    sea = sea_mask(terrain, height, SEA)
    assert sea[:, 66:].all()
    assert not sea[:, :62].any()
    assert not painted_water(terrain, sea).any()


@pytest.mark.parametrize("ground", [GREEN, ICE, (240, 230, 210)])
def test_land_has_its_own_colours_up_to_the_sea(ground: tuple[int, int, int]) -> None:
    dry, sea = plain(ground), np.zeros((128, 128), bool)
    sea[:, 64:] = True
    sea[60:66, 76:90] = False  # an island that is all coast
    dry[60:66, 76:90] = GREEN
    terrain = np.where(sea[..., None], np.array(SEA, np.uint8), dry)
    cv2.line(terrain, (62, 0), (62, 127), RIVER, 2)
    cleaned = remove_water(terrain, NO_SEA, sea)
    np.testing.assert_array_equal(cleaned[sea], terrain[sea])
    np.testing.assert_array_equal(cleaned[:, :58], terrain[:, :58])
    assert np.abs(cleaned[~sea].astype(int) - dry[~sea]).max() < 12
    assert not blue_shore(cleaned, sea).any()
    assert not blue_shore(terrain, NO_SEA).any()  # a river, for all that is known


def test_the_mouth_of_a_river_is_filled_in_as_land() -> None:
    dry, sea = plain(GREEN), NO_SEA.copy()
    sea[:, 64:] = True
    terrain = np.where(sea[..., None], np.array(SEA, np.uint8), dry)
    terrain[:, 62:64] = RIVER
    cv2.line(terrain, (0, 64), (64, 64), RIVER, 3)
    cleaned = remove_water(terrain, painted_water(terrain, sea), sea)
    assert np.abs(cleaned[~sea].astype(int) - dry[~sea]).max() < 12


def test_the_sea_is_blue_and_at_sea_level() -> None:
    terrain, height = plain(SEA), np.zeros((128, 128), np.float32)
    height[:40] = 70  # a lake above the sea
    terrain[80:] = GREEN  # a polder
    sea = sea_mask(terrain, height, SEA)
    assert sea[40:80].all()
    assert not sea[:40].any()
    assert not sea[80:].any()


def test_lakes_count_and_rivers_do_not() -> None:
    terrain = plain(GREEN)
    cv2.line(terrain, (0, 5), (127, 30), RIVER, 2)
    cv2.circle(terrain, (30, 100), 4, SEA, -1)  # fills in well
    assert lake_share(painted_water(terrain, NO_SEA)) == 0
    cv2.circle(terrain, (80, 80), 16, SEA, -1)
    assert lake_share(painted_water(terrain, NO_SEA)) == pytest.approx(np.pi * 256 / 128**2, rel=0.15)


def test_ponds_are_no_sea() -> None:
    sea = NO_SEA.copy()
    sea[:, 100:] = True
    whole = sea.copy()
    sea[40:48, 20:28] = True  # as large as the Dead Sea's northern basin
    whole[80:96, 20:40] = sea[80:96, 20:40] = True  # a gulf that a person would paint
    whole[:4, 40:44] = sea[:4, 40:44] = True  # goes on beyond the patch, for all we know
    np.testing.assert_array_equal(without_ponds(sea), whole)
    assert not without_ponds(NO_SEA).any()
