"""Maps in tiles drain as the whole does: to the bit, by any division, with flats, lakes, seas and borders."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from spade_terrain import Terrain, generate
from spade_terrain.drainage import carve as module
from spade_terrain.drainage.carve import Drained, carve
from spade_terrain.drainage.fields.resampling import Field, smooth_noise
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, PAN, SEA, add_downstream, flood
from spade_terrain.drainage.tiles.descents import DOWN, OUT, RIGHT
from spade_terrain.drainage.tiles.tiling import Tiling
from spade_terrain.errors import ParameterError
from spade_terrain.maps.read import open_map
from spade_terrain.noise import noise_words
from spade_terrain.palette import Labels

Kinds = NDArray[np.uint8]
Map = tuple[Field, Kinds, Field]
Drain = Callable[..., Any]  # the fixture

EXAMPLES = Path(__file__).parents[3] / "examples"

shapes = st.tuples(st.integers(3, 14), st.integers(3, 14))


@st.composite
def maps(draw: st.DrawFn) -> Map:
    """Small land full of plains, with water of all kinds, and jitter."""
    shape = draw(shapes)
    heights = draw(arrays.arrays(np.float32, shape, elements=st.integers(0, 6).map(float), fill=st.just(2.0)))
    kinds = st.sampled_from([LAND] * 6 + [SEA, CLOSED_LAKE, LAKE, LAKE, PAN])
    water = draw(arrays.arrays(np.uint8, shape, elements=kinds, fill=st.just(LAND)))
    border = np.ones(shape, bool)
    border[1:-1, 1:-1] = False
    water[border & (water == LAKE)] = LAND
    jitter = draw(arrays.arrays(np.float32, shape, elements=st.sampled_from([0.0, 0.25, 1.0]), fill=st.just(0.0)))
    return heights, water, jitter


@st.composite
def tilings(draw: st.DrawFn, shape: tuple[int, ...]) -> Tiling:
    """Up to four by four tiles, of any sides, down to one pixel."""
    cuts = (draw(st.sets(st.integers(1, length - 1), max_size=3)) for length in shape)
    rows, columns = ((0, *sorted(cut), length) for cut, length in zip(cuts, shape, strict=True))
    return Tiling(rows, columns)


def reference(heights: Field, water: Kinds, jitter: Field, seed: int) -> tuple[list[int], list[float]]:
    """Receivers and levels by the definition: the minimum spanning tree of all pixels, walked from all mouths up."""
    rows, columns = heights.shape
    count = rows * columns  # the number of what is out, too
    ties = noise_words(seed, 7000, 1, 0, 0, columns, rows)[0].ravel()
    z, kind, share = heights.ravel(), water.ravel(), jitter.ravel()
    rank = [(-np.inf if kind[i] == LAKE else float(z[i]), int(ties[i]), i) for i in range(count)]
    edges = []
    for i in range(count):
        y, x = divmod(i, columns)
        steps = []
        for k in range(8):
            row, column = y + int(DOWN[k]), x + int(RIGHT[k])
            j = row * columns + column
            if 0 <= row < rows and 0 <= column < columns and rank[j] < rank[i]:
                slope = float((z[i] - z[j]) / np.float32(np.hypot(DOWN[k], RIGHT[k]))) * (1 + float(share[j]))
                slope = 0.0 if kind[i] == LAKE else max(slope, 0.0)
                steps.append((-slope, k if slope > 0 else 0, rank[j], j))
        edges += [(rank[i], place, i, step[-1]) for place, step in enumerate(sorted(steps))]
        if kind[i] == LAND and (y in (0, rows - 1) or x in (0, columns - 1)):
            edges.append((rank[i], 8, i, count))
    mouths = {i for i in range(count) if kind[i] in (SEA, CLOSED_LAKE, PAN)}
    out = {count, *mouths}
    group = {i: {i} for i in range(count)} | dict.fromkeys(out, out)
    tree: dict[int, list[tuple[float, int]]] = {i: [] for i in range(count + 1)}
    for height, _, one, two in sorted(edges):
        if group[one] is not group[two]:
            tree[one].append((height[0], two))
            tree[two].append((height[0], one))
            both = group[one] | group[two]
            group |= dict.fromkeys(both, both)
    receivers = list(range(count))
    levels = {count: -np.inf} | {i: float(z[i]) for i in mouths}
    waiting = list(levels)
    while waiting:
        node = waiting.pop()
        for rise, other in tree[node]:
            if other not in levels:
                receivers[other] = other if node == count else node
                levels[other] = max(levels[node], rise)
                waiting.append(other)
    return receivers, [levels[i] for i in range(count)]


def receivers_of(directions: Kinds) -> NDArray[np.int64]:
    """The pixel that each flows to: int64 `(H W)`."""
    height, width = directions.shape
    rows, columns = np.mgrid[:height, :width]
    receivers: NDArray[np.int64] = (rows + DOWN[directions]) * width + columns + RIGHT[directions]
    return receivers.ravel()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_tiles_drain_as_the_whole_and_as_the_definition_says(drain: Drain, data: st.DataObject) -> None:
    heights, water, jitter = data.draw(maps())
    own = np.arange(heights.size).reshape(heights.shape)
    tiled = drain(heights, water, data.draw(tilings(heights.shape)), jitter, own)
    whole = drain(heights, water, Tiling.of(heights.shape, heights.size), jitter, own)
    for part, of_whole in zip(tiled[:4], whole[:4], strict=True):
        np.testing.assert_array_equal(part, of_whole)
    receivers, levels = reference(heights, water, jitter, 5)
    np.testing.assert_array_equal(receivers_of(whole.directions), receivers)
    np.testing.assert_array_equal(whole.levels.ravel(), np.array(levels, np.float32))


@settings(max_examples=25, deadline=None)
@given(maps(), st.data())
def test_what_flows_is_added_up_and_reaches_a_mouth(drain: Drain, land: Map, data: st.DataObject) -> None:
    heights, water, jitter = land
    tiled = drain(heights, water, data.draw(tilings(heights.shape)), jitter)
    receivers, totals = receivers_of(tiled.directions), np.zeros(heights.size, np.int64)
    for start in range(heights.size):
        at, passed = start, {start}
        totals[at] += 1
        while receivers[at] != at:
            at = int(receivers[at])
            assert at not in passed
            passed.add(at)
            totals[at] += 1
        assert tiled.mouths.ravel()[start] == at
    np.testing.assert_array_equal(tiled.totals.ravel(), totals)


@settings(max_examples=25, deadline=None)
@given(maps(), st.data())
def test_levels_are_those_of_the_flood(drain: Drain, land: Map, data: st.DataObject) -> None:
    heights, water, jitter = land
    tiled = drain(heights, water, data.draw(tilings(heights.shape)), jitter)
    expected = flood(heights, water, np.full_like(heights, 1e-3)).levels  # which rises a little from pixel to pixel
    np.testing.assert_allclose(tiled.levels, expected, atol=1e-6 * heights.size + 1e-5)


def carved_island(island: tuple[Field, Labels]) -> Drained:
    """With a painted lake."""
    lakes = np.zeros(island[0].shape, bool)
    lakes[24:30, 30:38] = True
    return carve(*island, seed=5, detail=2, gsd=2000.0, lakes=lakes)


@pytest.fixture(scope="module")
def valley() -> Terrain:
    """A part of an example, as the model that ships makes it."""
    return generate(open_map(EXAMPLES / "valley.png").in_memory()[200:328, 150:278], seed=5)


@pytest.fixture(scope="module", params=["island", "valley"])
def carved(request: pytest.FixtureRequest, island: tuple[Field, Labels], valley: Terrain) -> Drained:
    if request.param == "island":
        return carved_island(island)
    return carve(valley.height, valley.labels, seed=5, detail=2, gsd=2000.0)


def test_land_that_is_full_of_hollows_drains_as_the_whole(drain: Drain, valley: Terrain) -> None:
    water = np.where(valley.height > 0, LAND, SEA).astype(np.uint8)
    whole = drain(valley.height, water, Tiling.of(water.shape, 128))
    assert (whole.levels > valley.height).mean() > 0.1
    for side in (61, 32):
        tiled = drain(valley.height, water, Tiling.of(water.shape, side))
        for part, of_whole in zip(tiled[:4], whole[:4], strict=True):
            np.testing.assert_array_equal(part, of_whole)


@pytest.mark.parametrize("cuts", [((), ()), ((61,), (90,)), ((37, 64), (53,))], ids=["whole", "2 x 2", "3 x 2"])
def test_carved_land_flows_in_tiles_as_it_was_carved(
    drain: Drain, carved: Drained, cuts: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    shape = carved.height.shape
    tiling = Tiling((0, *cuts[0], shape[0]), (0, *cuts[1], shape[1]))
    jitter = np.zeros(shape, np.float32)  # as the last step of carving has it
    for salt, (wavelength, amount) in enumerate(module._FAVOURED):
        jitter += np.float32(amount) * smooth_noise(5, module._FAVOUR + 16 * 2 + salt, wavelength, shape)
    tiled = drain(carved.height, carved.water, tiling, jitter.clip(0, 1))
    # Carving keeps mouths at the border where it found them first, though beside one there may be a lower one by now.
    land = (carved.water.ravel() == LAND) & (carved.receivers != np.arange(carved.receivers.size))
    assert land.sum() > 0.99 * (carved.water == LAND).sum()
    np.testing.assert_array_equal(receivers_of(tiled.directions)[land], carved.receivers[land])
    np.testing.assert_array_equal(tiled.levels, carved.height)
    cells = add_downstream(carved.order, carved.receivers, np.ones_like(carved.height))
    np.testing.assert_array_equal(tiled.totals.ravel()[land], cells[land])
    assert cells.max() > 300


def test_a_tile_tells_little(drain: Drain) -> None:
    heights = np.float32(100) * smooth_noise(1, 1, 4, (96, 96)) + 10 * smooth_noise(1, 2, 1, (96, 96))
    tiled = drain(heights, np.full(heights.shape, LAND, np.uint8), Tiling.of(heights.shape, 32))
    sides = 4 * 31
    for each in tiled.perimeters:
        assert len(each.labels) == sides
        assert each.nodes <= sides + 1
        assert len(each.pixels) <= 2 * sides


def test_land_that_can_not_be_drained_is_refused(drain: Drain) -> None:
    heights, water = np.zeros((4, 4), np.float32), np.full((4, 4), LAND, np.uint8)
    whole = Tiling.of(heights.shape, 4)
    heights[1, 1] = np.nan
    with pytest.raises(ParameterError, match="no numbers"):
        drain(heights, water, whole)
    heights[1, 1], water[0, 1] = 0, LAKE
    with pytest.raises(ParameterError, match="border"):
        drain(heights, water, whole)
    with pytest.raises(ParameterError, match="all of"):
        drain(heights, water[:3], whole)


def test_a_mouth_over_the_border_is_where_land_is_lowest(drain: Drain) -> None:
    heights = np.full((6, 6), 5, np.float32)
    heights[3, 5], heights[2, 2] = 1, 0
    tiled = drain(heights, np.full((6, 6), LAND, np.uint8), Tiling((0, 3, 6), (0, 2, 6)))
    assert tiled.directions[3, 5] == OUT
    assert tiled.levels[3, 5] == 1
    assert tiled.levels[2, 2] == 5
    assert (tiled.mouths[2:5, 4] == 3 * 6 + 5).all()
