import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.world.satellite import without_water

BLUE = (25, 66, 128)
FOREST, DESERT, SNOW = (38, 46, 18), (170, 140, 105), (225, 232, 240)
LAKE = (6, 12, 18)
SIZE = 128
NO_SEA = np.zeros((SIZE, SIZE), bool)


def ground(rgb: tuple[int, int, int]) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).integers(-3, 4, (SIZE, SIZE, 1))
    return np.clip(np.full((SIZE, SIZE, 3), rgb) + noise, 0, 255).astype(np.uint8)


def as_jpeg(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with colours that bleed across the coast, RGB."""
    coded = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 85))[1]
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1], np.uint8)


@pytest.mark.parametrize("land", [FOREST, DESERT, SNOW])
@pytest.mark.parametrize("off", [-2, 0, 2])
def test_no_blue_stays_on_land_and_no_land_on_the_sea(land: tuple[int, int, int], off: int) -> None:
    """Wherever within two pixels of the patch's own coast the picture has it, whose pixels mix land and sea."""
    sea = NO_SEA.copy()
    sea[:, 64:] = True
    sea[20:36, 10:26] = True
    picture = ground(land)
    picture[np.roll(sea, off, (0, 1))] = BLUE
    cleaned = without_water(as_jpeg(cv2.blur(picture, (2, 2)).astype(np.uint8)), sea, BLUE)
    assert (cleaned[sea] == BLUE).all()
    assert np.abs(cleaned[~sea].astype(int) - land).max() < 24  # JPEG itself: 21


@pytest.mark.parametrize("land", [FOREST, DESERT])
def test_lakes_are_filled_in(land: tuple[int, int, int]) -> None:
    dry = ground(land)
    wet = dry.copy()
    cv2.circle(wet, (50, 60), 8, LAKE, -1)
    cv2.circle(wet, (90, 30), 5, BLUE, -1)  # a water that the sea's blue was painted on
    cleaned = without_water(cv2.GaussianBlur(wet, (0, 0), 0.6).astype(np.uint8), NO_SEA, BLUE)
    assert np.abs(cleaned.astype(int) - dry).max() < 16


def test_forests_shadows_and_snow_are_no_lakes() -> None:
    picture = ground(DESERT)
    cv2.circle(picture, (30, 30), 9, FOREST, -1)
    cv2.circle(picture, (90, 40), 9, (60, 50, 40), -1)
    cv2.circle(picture, (60, 90), 9, SNOW, -1)
    np.testing.assert_array_equal(without_water(picture, NO_SEA, BLUE), picture)


def test_a_small_island_keeps_its_colour() -> None:
    sea = ~NO_SEA
    sea[60:67, 60:67] = False
    picture = np.full((SIZE, SIZE, 3), BLUE, np.uint8)
    picture[60:67, 60:67] = FOREST
    cleaned = without_water(picture, sea, BLUE)
    assert (cleaned[~sea] == FOREST).all()
