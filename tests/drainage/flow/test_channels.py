"""Courses as channels on a grid, and the land along them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow import channels as module
from spade_terrain.drainage.flow.channels import Channels, lay_channels
from spade_terrain.drainage.flow.routing import LAKE, LAND, SEA, flood
from spade_terrain.terrain import Course

HEIGHT, WIDTH = 30, 40


def test_courses_bend_but_keep_to_what_was_painted() -> None:
    line = np.stack([np.linspace(0, 2000, 201), np.full(201, 700.0)], 1)
    straight = np.stack([np.linspace(0, 2000, 8001), np.full(8001, 700.0)], 1)
    away = np.hypot(*(module._bent(line, 3, (2000, 1400), (False, False)) - straight)[100:-100].T)
    assert 0.7 < np.median(away) < 1.1
    assert np.percentile(away, 99) < 2.5


@pytest.fixture
def straight(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bends, so that each test knows which pixels a course has."""
    monkeypatch.setattr(module, "_BENDS", ())


@pytest.fixture
def water(straight: None) -> NDArray[np.uint8]:
    """Land with a sea along the left side."""
    water = np.full((HEIGHT, WIDTH), LAND, np.uint8)
    water[:, :4] = SEA
    return water


def course(*points: tuple[float, float], discharge: float = 90.0) -> Course:
    return Course(np.array(points) + 0.5, discharge)


def ways(channels: Channels) -> list[list[tuple[int, int]]]:
    """Rows and columns of each piece, with the pixel that it ends in."""
    found = []
    for first, end in zip(channels.starts[:-1], channels.starts[1:], strict=True):
        pixels = [*channels.led.pixels[first:end].tolist(), int(channels.led.onward[end - 1])]
        found.append([divmod(pixel, WIDTH) for pixel in pixels])
    return found


def test_a_course_is_a_line_of_neighbours_into_the_sea(water: NDArray[np.uint8]) -> None:
    channels = lay_channels([course((20, 10), (1, 10))], water, 1, 0)
    assert ways(channels) == [[(10, x) for x in range(20, 2, -1)]]
    assert channels.springs.sum() == pytest.approx(90)
    finer = lay_channels([course((20, 10), (1, 10))], np.kron(water, np.ones((2, 2), np.uint8)), 2, 0)
    assert len(finer.led.pixels) == pytest.approx(2 * len(channels.led.pixels), abs=2)


def test_a_course_beside_the_border_stays_on_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BENDS", ((10, 5.0),))
    land = np.full((HEIGHT, WIDTH), LAND, np.uint8)
    line = Course(np.array([[x + 0.5, 1.5] for x in range(1, WIDTH - 1)]), 1.0)
    channels = lay_channels([line], land, 1, 0)
    assert len(channels.starts) == 2
    assert channels.led.onward[-1] % WIDTH > WIDTH - 6


def test_loops_are_left_out(water: NDArray[np.uint8]) -> None:
    (way,) = ways(lay_channels([course((30, 10), (15, 10), (15, 20), (22, 20), (22, 4), (1, 4))], water, 1, 0))
    assert len(set(way)) == len(way)
    for i, (y, x) in enumerate(way):
        assert not [other for other in way[i + 2 :] if max(abs(other[0] - y), abs(other[1] - x)) <= 1]


def test_a_tributary_ends_at_the_river_and_one_that_crosses_goes_on_by_itself(water: NDArray[np.uint8]) -> None:
    main, side, across = (
        course((30, 10), (1, 10)), course((20, 20), (20, 10)), course((29, 2), (11, 20)),
    )  # fmt: skip
    river, tributary, before, after = ways(lay_channels([main, side, across], water, 1, 0))
    assert tributary[-1] in river
    assert before[-1] in river
    taken = [pixel for way in (river, tributary, before, after) for pixel in way[:-1]]
    assert len(set(taken)) == len(taken)
    assert after[-1] == (20, 11)


def test_no_river_climbs_and_each_leaves_its_lake_lowest(water: NDArray[np.uint8]) -> None:
    water[12:18, 20:26] = LAKE
    heights = np.full((HEIGHT, WIDTH), 50.0, np.float32)
    heights[:, :4] = 0
    heights[:, 10:13] = 900  # a ridge across
    heights[11, 22] = 30  # the lowest shore, elsewhere
    channels = lay_channels([course((35, 15), (22, 15), (1, 15))], water, 1, 0)
    channels.breach(heights)
    for way in ways(channels):
        along = [heights[pixel] for pixel in way if water[pixel] == LAND]
        assert (np.diff(along) <= 0).all()
    assert 0 < heights[15, 5] <= heights[15, 19] < 30
    receivers, levels = flood(heights, water, np.ones_like(heights), led=channels.led)
    assert receivers[15 * WIDTH + 20] == 15 * WIDTH + 19 or levels[15, 20] < 30
    assert levels[14, 23] < 30
    assert heights[20, 11] == 900


def test_valleys_are_as_wide_as_they_are_deep(water: NDArray[np.uint8]) -> None:
    heights: Field = np.where(water == SEA, 0, 100).astype(np.float32)
    heights[:, 10:20] = 2000
    cut = lay_channels([course((35, 15), (1, 15))], water, 1, 0).with_valleys(heights)
    np.testing.assert_allclose(cut[15, 4:35], 100)
    np.testing.assert_allclose(cut[15:22, 15], 100 + 40.0 * np.arange(7) ** 2)
    assert cut[29, 15] == 2000
    assert (cut[heights == 0] == 0).all()


@pytest.mark.usefixtures("straight")
def test_water_leaves_a_place_that_all_courses_lead_into() -> None:
    water = np.full((HEIGHT, WIDTH), LAND, np.uint8)
    water[13:17, 18:22] = LAKE
    ring = [(12, 7), (28, 7), (28, 23), (12, 23)]
    lines = [
        course(ring[0], ring[1], ring[2], ring[3], (12, 9)), course((12, 8), (17, 15), (20, 15)),
    ]  # fmt: skip
    channels = lay_channels(lines, water, 1, 0)
    flat = np.full(water.shape, 10, np.float32)
    receivers, levels = flood(flat, water, np.ones_like(flat), led=channels.led)
    assert (receivers >= 0).all()
    assert np.isfinite(levels).all()
    at = receivers
    for _ in range(receivers.size):
        at = receivers[at]
    assert (receivers[at] == at).all()  # no water runs round and round


def test_bends_do_not_end_a_river_before_its_water(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bends shift all by three pixels, the ends ashore: the river leaves the lake and reaches the sea all the same."""
    monkeypatch.setattr(module, "smooth_noise_at", lambda seed, salt, length, points: np.full(points.shape, [1.0, 0.0]))
    monkeypatch.setattr(module, "_BENDS", ((10, 3.0),))
    water = np.full((HEIGHT, WIDTH), LAND, np.uint8)
    water[:, :4] = SEA
    water[8:14, 30:33] = LAKE
    for scale in (1, 2):
        finer = water.repeat(scale, 0).repeat(scale, 1)
        channels = lay_channels([course((31, 10), (2, 10))], finer, scale, 0)
        assert len(channels.starts) == 2
        assert channels.sources[0] == 0
        assert channels.mouths[0] == module._SEA
