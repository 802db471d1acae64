from collections.abc import Iterator
from hashlib import sha256

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spade_terrain.errors import MapError
from spade_terrain.maps.upscaling import upscale_labels, upscale_stripes
from spade_terrain.palette import WATER, Labels
from spade_terrain.window import Window

SEEDS = st.integers(-(2**63), 2**64 - 1)


def _islands() -> Labels:
    """Three islands of two classes in the sea, and a lake in one of them."""
    labels = np.full((40, 50), WATER, np.uint8)
    labels[5:30, 5:28] = 1
    labels[12:20, 10:20] = WATER
    labels[8:16, 34:44] = 2
    labels[30:36, 34:46] = 1
    return labels


def _whole(labels: Labels, scale: int, seed: int = 0) -> Labels:
    height, width = labels.shape
    return upscale_labels(labels, scale, seed, Window(0, 0, scale * width, scale * height))


@given(
    scale=st.integers(2, 9),
    seed=SEEDS,
    x=st.integers(0, 60),
    y=st.integers(0, 60),
    w=st.integers(1, 90),
    h=st.integers(1, 50),
)
@settings(deadline=None, max_examples=30)
def test_a_window_equals_the_same_part_of_the_whole(scale: int, seed: int, x: int, y: int, w: int, h: int) -> None:
    labels = np.random.default_rng(0).integers(0, 7, (10, 9), np.uint8).repeat(4, 0).repeat(4, 1)
    window = Window(x, y, x + w, y + h)
    whole = upscale_labels(labels, scale, seed, Window(0, 0, 170, 130))
    np.testing.assert_array_equal(upscale_labels(labels, scale, seed, window), whole[y : y + h, x : x + w])


@pytest.mark.parametrize("scale", [2, 3, 8])
def test_keeps_what_was_painted(scale: int) -> None:
    labels = _islands()
    large = _whole(labels, scale)
    assert large.dtype == np.uint8
    plain = labels.repeat(scale, 0).repeat(scale, 1)
    assert (large == plain).mean() > 0.75
    assert set(np.unique(large)) == {WATER, 1, 2}
    for label in (WATER, 1, 2):
        assert np.isclose((large == label).mean(), (labels == label).mean(), atol=0.05)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [1, 4, 8])
def test_makes_no_specks(scale: int, seed: int) -> None:
    """As many pieces of each class as were painted: none breaks off and none is lost."""

    def pieces(labels: Labels, label: int) -> int:
        return int(cv2.connectedComponents((labels == label).astype(np.uint8))[0]) - 1

    labels = _islands()
    large = _whole(labels, scale, seed)
    assert [pieces(large, label) for label in (WATER, 1, 2)] == [pieces(labels, label) for label in (WATER, 1, 2)]


def test_borders_wander_at_every_size() -> None:
    """A straight border: it leaves its place, and it is far longer measured pixel by pixel than end to end."""
    labels = np.zeros((64, 64), np.uint8)
    labels[:, 32:] = 1
    large = _whole(labels, 8)
    border = large.argmax(1) / 8 - 32  # painted pixels, by row
    assert 0.5 < border.std() < 4
    steps = np.abs(np.diff(border * 8))
    assert steps.mean() > 0.3
    assert np.median(steps) <= 1


def test_a_ruled_border_wanders_on_a_map_of_the_same_size() -> None:
    labels = np.zeros((256, 256), np.uint8)
    labels[:, 128:] = 1
    border = _whole(labels, 1).argmax(1) - 128
    assert 0.5 < border.std() < 4
    assert np.abs(border).max() < 12
    assert np.median(np.abs(np.diff(border))) <= 1


def test_steps_of_pixels_are_gone() -> None:
    """The corners of a staircase are rounded off: the border keeps nearer to the diagonal than the stairs do."""
    labels = np.tri(64, 64, dtype=np.uint8)
    large = _whole(labels, 8)
    plain = labels.repeat(8, 0).repeat(8, 1)
    runs = [int((np.diff(m[64:448].astype(int).argmax(1)) == 0).sum()) for m in (1 - large, 1 - plain)]
    assert runs[0] < runs[1] / 2


def test_another_seed_draws_other_borders() -> None:
    a, b = (_whole(_islands(), 4, seed) for seed in (0, 1))
    assert 0.005 < (a != b).mean() < 0.3


def test_golden_hash() -> None:
    """The same labels on every machine: no sum in it depends on how a library orders it."""
    labels = np.arange(7, dtype=np.uint8)[np.arange(16)[:, None] * np.arange(20) // 9 % 7]
    digest = sha256(_whole(labels, 5, seed=3).tobytes()).hexdigest()
    assert digest == "583820c79000522abe33ed0b4ac582f111cdbb6d229f7f07898fda4d0620dd85"


@pytest.mark.parametrize(("scale", "rows", "piece"), [(1, 7, 5), (1, 300, 64), (2, 64, 90), (3, 11, 300)])
def test_stripes_are_the_same_of_a_map_that_is_read_some_rows_at_a_time(scale: int, rows: int, piece: int) -> None:
    labels = np.random.default_rng(0).integers(0, 7, (30, 9), np.uint8).repeat(10, 0).repeat(10, 1)
    read = 0

    def painted() -> Iterator[Labels]:
        nonlocal read
        for top in range(0, len(labels), piece):
            read += 1
            yield labels[top : top + piece]

    whole = upscale_labels(labels, scale, 5, Window(0, 0, 90 * scale - 1, 300 * scale - 2))
    stripes = upscale_stripes(painted(), (300, 90), scale, 5, whole.shape, rows)
    first = next(stripes)
    assert (read - 1) * piece <= rows / scale + 33  # no more than it takes
    np.testing.assert_array_equal(np.concatenate([first, *stripes]), whole)


def test_a_map_that_is_found_wrong_at_its_end_is_refused() -> None:
    def painted() -> Iterator[Labels]:
        yield np.zeros((64, 64), np.uint8)
        raise MapError("too much of it is in other colours")

    with pytest.raises(MapError):
        list(upscale_stripes(painted(), (64, 64), 1, 0, (64, 64), 10))
