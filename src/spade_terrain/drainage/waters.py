"""Which water there is: the sea, lakes that overflow, and lakes that dry up before they do."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field, Rows
from spade_terrain.drainage.flow.channels import lay_channels
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, PAN, SEA, flood
from spade_terrain.drainage.land.ground import is_dry
from spade_terrain.drainage.shore import fine_land
from spade_terrain.palette import NAMES, Labels
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import Course

Mask = NDArray[np.bool_]
_T = TypeVar("_T", np.int32, np.float32)


class _Hollows(NamedTuple):
    """Which hollows of the network's land become lakes, rather than being filled or cut through.

    Attributes:
        depth: metres, at the deepest place, from which on.
        pixels: of the map that their water, or salt, covers, from how many on.
        share: of the depth, up to which there is land.

    """

    depth: float
    pixels: int
    share: float


_WET, _COLD, _DRY = _Hollows(100, 6, 0.5), _Hollows(10, 4, 0.6), _Hollows(8, 6, 0.7)


class Waters(NamedTuple):
    """Water on the map's grid.

    Attributes:
        sea: bool `(H, W)`.
        lakes: those that have an outlet, bool `(H, W)`.
        closed: those that have none, bool `(H, W)`.
        pans: the floors of those that have dried up, bool `(H, W)`.
        surface: metres at which closed lakes and pans lie, float32 `(H, W)`; 0 elsewhere.

    """

    sea: Mask
    lakes: Mask
    closed: Mask
    pans: Mask
    surface: Field

    @property
    def land(self) -> Mask:
        """Where there is no water: bool `(H, W)`."""
        return ~(self.sea | self.lakes | self.closed | self.pans)

    def kinds(self, scale: int, seed: int, rows: Rows) -> NDArray[np.uint8]:
        """What pixels are on a grid `scale` times as fine: uint8, as `flood` takes it, in these rows of the map."""
        kinds = np.full(((rows[1] - rows[0]) * scale, self.sea.shape[1] * scale), LAND, np.uint8)
        for kind, mask in ((LAKE, self.lakes), (PAN, self.pans), (CLOSED_LAKE, self.closed), (SEA, self.sea)):
            if mask.any():
                finer = fine_land(~mask if kind == SEA else mask, scale, seed, rows, free=kind == LAKE)
                kinds[~finer if kind == SEA else finer] = kind
        return kinds

    def levels(self, scale: int, kinds: NDArray[np.uint8], rows: Rows) -> Field:
        """Metres at which the sea, closed lakes and pans lie, float32 `(h, W)`, in some rows of that grid."""
        first, last = rows
        levels = self.surface[np.arange(first, last) // scale].repeat(scale, 1)
        levels[~_is_closed(kinds[first:last])] = 0
        return levels


def find_waters(
    heights: Field, labels: Labels, lakes: Mask | None, courses: Sequence[Course] = (), seed: int = 0
) -> Waters:
    """Find the map's water.

    Painted lakes stay, and so do hollows of the land that are deep and wide; in tundra, which ice has scoured, smaller
    ones do. In deserts neither have outlets, unless a course leaves them. Hollows that courses cross are no lakes.

    Args:
        heights: float32 `(H, W)`, metres; 0 is sea, unless `lakes` says otherwise.
        labels: uint8 `(H, W)`, 0..6.
        lakes: painted lakes, whose heights are those of the land around, bool `(H, W)`; None if there are none.
        courses: as `carve` takes them.
        seed: as `carve` takes it.

    """
    painted = np.zeros(heights.shape, bool) if lakes is None else lakes
    sea = (heights <= 0) & ~painted
    overflowing, closed, pans = painted.copy(), np.zeros(heights.shape, bool), np.zeros(heights.shape, bool)
    surface = np.zeros(heights.shape, np.float32)
    if painted.any():
        _close_painted(heights, labels, courses, overflowing, closed, surface)
    kinds = np.full(heights.shape, LAND, np.uint8)
    for kind, mask in ((SEA, sea), (CLOSED_LAKE, closed), (LAKE, overflowing)):
        kinds[mask] = kind
    channels = lay_channels(courses, kinds, 1, seed)
    cut: Field = np.where(closed, surface, channels.with_valleys(heights))
    levels = flood(cut, kinds, np.ones(heights.shape, np.float32), led=channels.led).levels
    depth = levels - cut
    crossed = np.zeros(heights.shape, bool)
    crossed.ravel()[channels.led.pixels] = True
    _add_hollows(cut, depth, labels, kinds == LAND, crossed, overflowing, pans, surface)
    return Waters(sea, overflowing, closed, pans, surface)


def sink_below_shores(heights: Field, kinds: NDArray[np.uint8], scratch: Scratch = MEMORY) -> None:
    """Lower closed lakes and pans, on any grid, where a shore that drains elsewhere has been cut down below them."""
    closed = _is_closed(kinds)
    if not closed.any():
        return
    numbers, count = components(closed, scratch)
    lowest = np.full(count + 1, np.inf, np.float32)
    _find_shores(heights, kinds, numbers, lowest)
    _sink(heights, numbers, lowest)


@kernel
def _find_shores(heights: Field, kinds: NDArray[np.uint8], numbers: NDArray[np.int32], lowest: Field) -> None:
    """The lowest land that touches each piece of water; land between two counts for the one of the larger number."""
    height, width = heights.shape
    for y in range(height):
        for x in range(width):
            if kinds[y, x] != LAND:
                continue
            most = 0
            for row in range(max(y - 1, 0), min(y + 2, height)):
                for column in range(max(x - 1, 0), min(x + 2, width)):
                    most = max(most, numbers[row, column])
            lowest[most] = min(lowest[most], heights[y, x])


@kernel
def _sink(heights: Field, numbers: NDArray[np.int32], lowest: Field) -> None:
    height, width = heights.shape
    for y in range(height):
        for x in range(width):
            if numbers[y, x] > 0:
                heights[y, x] = min(heights[y, x], lowest[numbers[y, x]])


def _is_closed(kinds: NDArray[np.uint8]) -> Mask:
    closed: Mask = (kinds == CLOSED_LAKE) | (kinds == PAN)
    return closed


def _close_painted(
    heights: Field, labels: Labels, courses: Sequence[Course], overflowing: Mask, closed: Mask, surface: Field
) -> None:
    """Take those out of the overflowing lakes that have more desert than other land around, and no course out."""
    numbers, count = components(overflowing)
    shore = _most_around(numbers)
    shore[overflowing] = 0
    ground = np.bincount(shore.ravel(), minlength=count + 1)
    dry = np.bincount(shore.ravel(), is_dry(labels).ravel(), minlength=count + 1)
    lowest = np.full(count + 1, np.inf, np.float32)
    np.minimum.at(lowest, np.where(overflowing, numbers, shore), heights)
    closes = dry > 0.5 * ground
    for course in courses:
        along = course.points.astype(np.int64)[:, ::-1].clip(0, np.array(heights.shape) - 1)
        through = numbers[tuple(along.T)]
        closes[through[through != through[-1]]] = False
    closes[0] = False
    closed |= closes[numbers]
    surface[closed] = np.maximum(lowest[numbers], 0)[closed]
    overflowing &= ~closed


def _add_hollows(
    heights: Field,
    depth: Field,
    labels: Labels,
    land: Mask,
    crossed: Mask,
    overflowing: Mask,
    pans: Mask,
    surface: Field,
) -> None:
    """Add hollows that are no part of a course: a river that runs into a lake is not to drown in its own valley."""
    numbers, count = components(land & (depth > 0.5))
    pixels = np.bincount(numbers.ravel(), minlength=count + 1)
    deepest = np.zeros(count + 1, np.float32)
    np.maximum.at(deepest, numbers, depth)
    lowest = np.full(count + 1, np.inf, np.float32)
    np.minimum.at(lowest, numbers, heights)
    dry = 2 * np.bincount(numbers.ravel(), is_dry(labels).ravel(), minlength=count + 1) > pixels
    cold = 2 * np.bincount(numbers.ravel(), (labels == NAMES.index("tundra")).ravel(), minlength=count + 1) > pixels
    for kind, which in ((_DRY, dry), (_COLD, cold), (_WET, ~dry & ~cold)):
        chosen = which & (deepest >= kind.depth)
        chosen[numbers[crossed]] = chosen[0] = False
        bottom = _large(chosen[numbers] & (depth > kind.share * deepest[numbers]), kind.pixels)
        if kind is _DRY:
            pans |= bottom
            surface[bottom] = lowest[numbers][bottom]
        else:
            overflowing |= bottom


def _large(mask: Mask, pixels: int) -> Mask:
    """Those pieces of a mask that have so many pixels, without what is thinner than two."""
    squares = np.pad(mask[1:, 1:] & mask[1:, :-1] & mask[:-1, 1:] & mask[:-1, :-1], 1)
    wide = squares[1:, 1:] | squares[1:, :-1] | squares[:-1, 1:] | squares[:-1, :-1]
    numbers, _ = components(wide)
    large = np.bincount(numbers.ravel()) >= pixels
    large[0] = False
    chosen: Mask = large[numbers]
    return chosen


def _most_around(values: NDArray[_T]) -> NDArray[_T]:
    """The largest value of each pixel and its eight neighbours."""
    for axis in (0, 1):
        before, after = np.roll(values, 1, axis), np.roll(values, -1, axis)
        before.swapaxes(0, axis)[0] = values.swapaxes(0, axis)[0]
        after.swapaxes(0, axis)[-1] = values.swapaxes(0, axis)[-1]
        values = np.maximum(np.maximum(before, after), values)
    return values
