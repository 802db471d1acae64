from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from spade_terrain.maps.colour_matching import APPROXIMATE, EXACT, OFF_PALETTE, match_colours
from spade_terrain.maps.legend import PALETTE, Legend
from spade_terrain.palette import COLOURS, NAMES, Labels, LandClass, labels_to_image

WATER, GRASS, FOREST, HILLS, DESERT, MOUNTAINS, TUNDRA = range(7)


def _border(labels: Labels, reach: int) -> NDArray[np.bool_]:
    """Pixels with another class within `reach` pixels."""
    height, width = labels.shape
    padded = np.pad(labels, reach, mode="edge")
    steps = range(2 * reach + 1)
    near: NDArray[np.bool_] = np.any(
        [padded[y : y + height, x : x + width] != labels for y in steps for x in steps], axis=0
    )
    return near


def _compressed(image: NDArray[np.uint8], kind: str, quality: int) -> NDArray[np.uint8]:
    file = BytesIO()
    Image.fromarray(image).save(file, kind, quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def _smoothed(labels: Labels, legend: NDArray[np.uint8] = COLOURS) -> NDArray[np.uint8]:
    """Painted with anti-aliased edges: four times as large, then averaged."""
    large = Image.fromarray(legend[labels.repeat(4, 0).repeat(4, 1)]).filter(ImageFilter.GaussianBlur(1.5))
    return np.asarray(large.resize(labels.shape[::-1], Image.Resampling.BOX))


def _islands() -> Labels:
    """A round island of each class in each other."""
    y, x = np.mgrid[-15:15, -15:15]
    disc = x * x + y * y < 90
    return np.block([[np.where(disc, inner, outer) for inner in range(7)] for outer in range(7)]).astype(np.uint8)


@given(
    seed=st.integers(0, 2**32),
    side=st.integers(9, 24),
    offset=st.integers(0, 8),
    quality=st.integers(80, 100),
    kind=st.sampled_from(("JPEG", "WEBP")),
)
@settings(deadline=None, max_examples=60)
def test_a_lossy_picture_of_blobs_comes_back(seed: int, side: int, offset: int, quality: int, kind: str) -> None:
    """Right but for 2 pixels along the borders, save two lone pixels in a thousand."""
    blobs = np.random.default_rng(seed).integers(0, 7, (100 // side, 120 // side), np.uint8)
    labels = blobs.repeat(side, 0).repeat(side, 1)[offset:, offset:]
    matches = match_colours(_compressed(labels_to_image(labels), kind, quality), PALETTE)
    wrong = (matches.labels != labels) & ~_border(labels, 2)
    assert wrong.mean() < 0.002
    assert (matches.kinds == OFF_PALETTE).mean() < 0.02


@pytest.mark.parametrize("edges", ["smoothed", "blurred", "upscaled"])
def test_no_third_class_comes_between_two(edges: str) -> None:
    """Between water and desert some colours are nearest to tundra, and so for other pairs."""
    labels = _islands()
    if edges == "upscaled":
        labels = labels.repeat(2, 0).repeat(2, 1)
    image = _smoothed(labels)
    if edges == "blurred":
        image = np.asarray(Image.fromarray(labels_to_image(labels)).filter(ImageFilter.GaussianBlur(1.5)))
    elif edges == "upscaled":
        small = Image.fromarray(labels_to_image(_islands()))
        image = np.asarray(small.resize(labels.shape[::-1], Image.Resampling.BICUBIC))
    side = 30 * len(labels) // 210
    nearest = np.square(image.astype(int)[..., None, :] - COLOURS).sum(-1).argmin(-1)
    read = match_colours(image, PALETTE).labels
    thirds = 0
    for outer in range(7):
        for inner in range(7):
            tile = np.s_[outer * side + 4 : (outer + 1) * side - 4, inner * side + 4 : (inner + 1) * side - 4]
            assert set(np.unique(read[tile])) == {outer, inner}
            thirds += (~np.isin(nearest[tile], (outer, inner))).sum()
    assert thirds > 200  # which the nearest colour alone gets wrong
    assert not ((read != labels) & ~_border(labels, 2 if edges == "blurred" else 1)).any()


def test_exact_colours_stay_whatever_they_are() -> None:
    labels = np.random.default_rng(0).integers(0, 7, (80, 90), np.uint8)  # no two pixels alike
    matches = match_colours(labels_to_image(labels), PALETTE)
    np.testing.assert_array_equal(matches.labels, labels)
    assert (matches.kinds == EXACT).all()


def test_a_thin_river_in_an_exact_colour_stays() -> None:
    labels = np.full((64, 64), FOREST, np.uint8)
    labels[:, :20] = WATER
    image = _smoothed(labels).copy()
    image[:, 40] = COLOURS[WATER]
    read = match_colours(image, PALETTE).labels
    assert (read[:, 40] == WATER).all()
    assert (read[:, [39, 41]] == FOREST).all()


def test_a_legend_whose_colours_mix_to_another() -> None:
    """Grey is half way between black and white, and yet no hills rise along the coast."""
    legend = Legend(
        (LandClass("water", (0, 0, 0)), LandClass("hills", (128, 128, 128)), LandClass("tundra", (255, 255, 255))), "it"
    )
    labels = np.full((96, 96), WATER, np.uint8)
    labels[:, 50:] = TUNDRA
    labels[60:, 20:45] = HILLS
    grey = np.zeros((7, 3), np.uint8)
    grey[[WATER, HILLS, TUNDRA]] = legend.rgb
    image = grey[labels].copy()
    image[:, 49] = 128  # exactly that of the hills
    image[:, 48] = 20
    read = match_colours(image, legend).labels
    assert not (read[:50] == HILLS).any()
    assert (read[60:, 20:45] == HILLS).all()


def test_several_colours_of_one_class() -> None:
    legend = Legend(
        (LandClass("water", (0, 0, 80)), LandClass("water", (0, 0, 200)), LandClass("forest", (0, 120, 0))), "it"
    )
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, :20] = (0, 0, 80)
    image[:, 20:40] = (0, 0, 200)
    image[:, 40:] = (0, 120, 0)
    read = match_colours(_compressed(image, "JPEG", 85), legend).labels
    assert (read[:, :39] == NAMES.index("water")).all()
    assert (read[:, 41:] == NAMES.index("forest")).all()


def test_names_and_outlines_give_way_to_what_is_around() -> None:
    labels = np.full((64, 64), GRASS, np.uint8)
    labels[:, :30] = WATER
    image = labels_to_image(labels).copy()
    image[:, 29:31] = 0
    image[30:34, 45:55] = (200, 0, 0)
    matches = match_colours(image, PALETTE)
    np.testing.assert_array_equal(matches.labels[:, 31:], labels[:, 31:])
    np.testing.assert_array_equal(matches.labels[:, :29], labels[:, :29])
    assert (matches.kinds[30:34, 45:55] == OFF_PALETTE).all()
    assert set(np.unique(matches.labels)) == {WATER, GRASS}


def test_kinds() -> None:
    image = np.full((64, 64, 3), COLOURS[DESERT])
    image[:10] -= 3
    image[40:] = (200, 0, 120)
    kinds = match_colours(image, PALETTE).kinds
    assert (kinds[:10] == APPROXIMATE).all()
    assert (kinds[10:40] == EXACT).all()
    assert (kinds[40:] == OFF_PALETTE).all()
