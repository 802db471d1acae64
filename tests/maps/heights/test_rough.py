import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.maps.heights.relative import in_metres
from spade_terrain.maps.heights.rough import RoughHeights, shrink
from spade_terrain.palette import NAMES, WATER
from spade_terrain.window import Window

SIDES = st.tuples(st.integers(1, 90), st.integers(1, 90))


def _grid(shape: tuple[int, int], seed: int = 0, unknown: float = 0.3) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    values = random.uniform(0, 5000, shape).astype(np.float32)
    return np.where(random.random(shape) < unknown, np.float32(np.nan), values)


@given(SIDES, SIDES, st.tuples(*4 * [st.integers(0, 99)]), st.integers(0, 1000))
@settings(deadline=None)
def test_any_window_is_a_part_of_the_whole(
    grid: tuple[int, int], shape: tuple[int, int], cut: tuple[int, int, int, int], seed: int
) -> None:
    heights = RoughHeights.fitted(_grid(grid, seed), shape, "noise", None)
    whole = Window(-8, -8, shape[1] + 8, shape[0] + 8)
    (x0, x1), (y0, y1) = (sorted(n % (side + 15) - 8 for n in cut[i::2]) for i, side in ((0, shape[1]), (1, shape[0])))
    window = Window(x0, y0, x1 + 1, y1 + 1)
    np.testing.assert_array_equal(heights.window(window), heights.window(whole)[window.place(whole)])


@given(SIDES, SIDES)
@settings(deadline=None)
def test_a_slope_stays_a_slope_at_any_size(grid: tuple[int, int], shape: tuple[int, int]) -> None:
    """It spans the map: a pixel has the height of its middle, to an eighth of the grid's step, but beside the ends."""

    def slope(rows: int, columns: int) -> NDArray[np.float32]:
        y, x = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
        return np.asarray(3000 * y[:, None] + 1000 * x, np.float32)

    made = RoughHeights.fitted(slope(*grid), shape, "slope", None).window(Window(0, 0, shape[1], shape[0]))
    rows, columns = (-(-side // g) for g, side in zip(grid, shape, strict=True))
    inside = np.s_[rows : shape[0] - rows, columns : shape[1] - columns]
    np.testing.assert_allclose(made[inside], slope(*shape)[inside], atol=1 + (3000 / grid[0] + 1000 / grid[1]) / 8)


def test_a_finer_grid_is_averaged_and_what_is_half_unknown_stays_so() -> None:
    grid = np.array([[0, 10, np.nan, np.nan], [20, 30, np.nan, 8], [np.nan, 4, 1, 2], [np.nan, 6, 3, 6]], np.float32)
    expected = np.array([[15, np.nan], [5, 3]])
    np.testing.assert_allclose(RoughHeights.fitted(grid, (2, 2), "array", None).grid, expected, rtol=1e-6)
    np.testing.assert_allclose(shrink(grid, 2), expected, rtol=1e-6)
    np.testing.assert_allclose(shrink(grid[:3, :3], 2), np.array([[15, np.nan], [4, 1]]), rtol=1e-6)


def test_an_unknown_place_stays_unknown_between_coarse_ones() -> None:
    grid = np.array([[100, np.nan]], np.float32)
    made = RoughHeights.fitted(grid, (10, 20), "array", None).window(Window(0, 0, 20, 10))
    assert (made[:, :10] == 100).all()
    assert np.isnan(made[:, 10:]).all()


def test_a_digest_tells_heights_apart() -> None:
    grid = _grid((5, 7))
    other = grid.copy()
    other[0, 0] += 1
    kinds = [
        RoughHeights(grid, (2, 2), "a", None),
        RoughHeights(other, (2, 2), "a", None),
        RoughHeights(grid, (2, 3), "a", None),
        RoughHeights(grid, (2, 2), "a", (0, 1)),
        RoughHeights(grid.reshape(7, 5), (2, 2), "a", None),
    ]
    assert len({heights.digest() for heights in kinds}) == 5
    assert RoughHeights(grid.copy(), (2, 2), "b", None).digest() == kinds[0].digest()


@pytest.mark.parametrize(("name", "peak"), [("mountains", 4000), ("hills", 2000), ("forest", 800)])
def test_shades_without_a_range(name: str, peak: float, caplog: pytest.LogCaptureFixture) -> None:
    """Brighter shades of the sea don't count, nor the class that has more land."""
    labels = np.full((64, 64), NAMES.index("grassland"), np.uint8)
    labels[:8], labels[40:60, 40:60] = WATER, NAMES.index(name)
    shades = np.full((64, 64), 0.25, np.float32)
    shades[:8], shades[40:60, 40:60], shades[20, 20], shades[30] = 1, 0.75, np.nan, 0.5
    heights = in_metres(RoughHeights.fitted(shades, (64, 64), "grey.png", None), labels)
    assert heights.range_m == heights.guide.range_m == (20, peak)
    np.testing.assert_allclose(heights.grid[45, 45], peak, rtol=1e-6)
    np.testing.assert_allclose(heights.grid[30, 0], (20 + peak) / 2, rtol=1e-6)
    np.testing.assert_allclose(heights.grid[25, 0], 20, rtol=1e-6)
    assert np.isnan(heights.grid[20, 20])
    assert caplog.messages == [
        f"grey.png is taken as heights from 20 m, its darkest land, to {peak:,.0f} m, as {name} rises where it is "
        "brightest; a `guide_range` says otherwise"
    ]
    assert in_metres(heights, labels) is heights


def test_shades_of_a_coarser_picture_are_those_of_the_land_below_them() -> None:
    labels = np.full((90, 120), WATER, np.uint8)
    labels[30:60, 40:80] = NAMES.index("desert")
    shades = np.array([[0, 1, 1], [1, 0.5, 1], [1, 1, 0]], np.float32)
    with pytest.raises(MapError, match="one shade on all land"):
        in_metres(RoughHeights.fitted(shades, (90, 120), "grey.png", None), labels)
    labels[0, 0] = labels[15, 20] = NAMES.index("desert")
    heights = in_metres(RoughHeights.fitted(shades, (90, 120), "grey.png", None), labels)
    np.testing.assert_allclose(heights.grid[[0, 1], [0, 1]], [20, 1500])


def test_shades_without_land() -> None:
    shades = RoughHeights.fitted(np.eye(64, dtype=np.float32), (64, 64), "grey.png", None)
    with pytest.raises(MapError, match=r"^grey.png has no land of the map; give .*`guide_range`$"):
        in_metres(shades, np.zeros((64, 64), np.uint8))
