import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.palette import CLASSES, NAMES, WATER, image_to_labels, labels_to_image, luminance, nearest_class


def test_the_palette_is_the_methods_own() -> None:
    """Its public maps and data set are painted in these colours, in this order."""
    assert CLASSES == (
        ("water", (17, 141, 215)),
        ("grassland", (225, 227, 155)),
        ("forest", (127, 173, 123)),
        ("hills", (185, 122, 87)),
        ("desert", (230, 200, 181)),
        ("mountains", (150, 150, 150)),
        ("tundra", (193, 190, 175)),
    )
    assert NAMES[WATER] == "water"


def test_labels_survive_painting() -> None:
    labels = np.random.default_rng(0).integers(0, 7, (33, 21), np.uint8)
    image = labels_to_image(labels)
    assert image.shape == (33, 21, 3)
    assert image.dtype == np.uint8
    back = image_to_labels(image)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, labels)


def test_foreign_colours_are_named_with_their_share_and_the_nearest_class() -> None:
    image = labels_to_image(np.zeros((10, 10), np.uint8))
    image[:3] = (130, 170, 120)
    image[3, 0] = (255, 255, 255)
    with pytest.raises(
        TerrainError, match=r"31\.0% .* RGB \(130, 170, 120\), nearest to forest \(127, 173, 123\)"
    ) as e:
        image_to_labels(image)
    assert "\n" not in str(e.value)


def test_one_foreign_pixel_in_many() -> None:
    image = labels_to_image(np.zeros((100, 100), np.uint8))
    image[7, 7] = (18, 141, 215)
    with pytest.raises(TerrainError, match=r"less than 0\.1%"):
        image_to_labels(image)


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (17, 141, 214), (17, 142, 215), (16, 141, 215)])
def test_every_colour_but_the_seven_is_foreign(rgb: tuple[int, int, int]) -> None:
    with pytest.raises(TerrainError, match=r"100\.0%"):
        image_to_labels(np.full((2, 2, 3), rgb, np.uint8))


def test_every_class_is_nearest_to_itself() -> None:
    assert [nearest_class(c.rgb) for c in CLASSES] == list(range(7))


def test_luminance() -> None:
    colours = np.array([[[255, 255, 255], [255, 0, 0], [0, 255, 0]]], np.uint8)
    np.testing.assert_allclose(luminance(colours), [[255, 0.2126 * 255, 0.7152 * 255]], rtol=1e-5)
    assert luminance(colours).dtype == np.float32
