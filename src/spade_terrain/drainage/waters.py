"""Which water there is: the sea, lakes that overflow, and lakes that dry up before they do."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.channels import lay_channels
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, SEA, flood
from spade_terrain.drainage.land.ground import is_dry
from spade_terrain.drainage.shore import fine_land
from spade_terrain.palette import NAMES, Labels
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
        surface: metres at which closed lakes lie, float32 `(H, W)`; 0 elsewhere.

    """

    sea: Mask
    lakes: Mask
    closed: Mask
    surface: Field

    @property
    def land(self) -> Mask:
        """Where there is no water: bool `(H, W)`."""
        return ~(self.sea | self.lakes | self.closed)

    def on(self, scale: int, seed: int) -> tuple[NDArray[np.uint8], Field]:
        """Tell what is water on a grid `scale` times as fine.

        Returns:
            what each pixel is, uint8 `(H, W)`, as `flood` takes it; and where the sea and closed lakes lie, in metres,
            float32 `(H, W)`.

        """
        kinds = np.full((self.sea.shape[0] * scale, self.sea.shape[1] * scale), LAND, np.uint8)
        for kind, mask in ((LAKE, self.lakes), (CLOSED_LAKE, self.closed), (SEA, self.sea)):
            if mask.any():
                kinds[~fine_land(~mask, scale, seed) if kind == SEA else fine_land(mask, scale, seed)] = kind
        surface = np.repeat(np.repeat(self.surface, scale, 0), scale, 1)
        surface[kinds != CLOSED_LAKE] = 0
        return kinds, surface


def find_waters(
    heights: Field, labels: Labels, lakes: Mask | None, courses: Sequence[Course] = (), seed: int = 0
) -> Waters:
    """Find the map's water.

    Painted lakes stay, and so do hollows of the land that are deep and wide; in tundra, which ice has scoured, smaller
    ones do. In deserts neither have outlets, unless a course leaves them. Hollows that courses drain are no lakes.

    Args:
        heights: float32 `(H, W)`, metres; 0 is sea, unless `lakes` says otherwise.
        labels: uint8 `(H, W)`, 0..6.
        lakes: painted lakes, whose heights are those of the land around, bool `(H, W)`; None if there are none.
        courses: as `carve` takes them.
        seed: as `carve` takes it.

    """
    painted = np.zeros(heights.shape, bool) if lakes is None else lakes
    sea = (heights <= 0) & ~painted
    overflowing, closed, surface = painted.copy(), np.zeros(heights.shape, bool), np.zeros(heights.shape, np.float32)
    if painted.any():
        _close_painted(heights, labels, courses, overflowing, closed, surface)
    kinds = np.full(heights.shape, LAND, np.uint8)
    for kind, mask in ((SEA, sea), (CLOSED_LAKE, closed), (LAKE, overflowing)):
        kinds[mask] = kind
    channels = lay_channels(courses, kinds, 1, seed)
    cut: Field = np.where(closed, surface, channels.with_valleys(heights))
    levels = flood(cut, kinds, np.ones(heights.shape, np.float32), channels.led).levels
    _add_hollows(cut, levels - cut, labels, kinds == LAND, overflowing, closed, surface)
    return Waters(sea, overflowing, closed, surface)


def surface_below_shores(heights: Field, kinds: NDArray[np.uint8], surface: Field) -> Field:
    """Levels of closed lakes on any grid, lowered where a shore that drains elsewhere has been cut down below them."""
    closed = kinds == CLOSED_LAKE
    if not closed.any():
        return surface
    numbers, count = components(closed)
    shore = _most_around(numbers)
    lowest = np.full(count + 1, np.inf, np.float32)
    np.minimum.at(lowest, shore[kinds == LAND], heights[kinds == LAND])
    return np.where(closed, np.minimum(surface, lowest[numbers]), surface)


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
    heights: Field, depth: Field, labels: Labels, land: Mask, overflowing: Mask, closed: Mask, surface: Field
) -> None:
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
        chosen[0] = False
        bottom = _large(chosen[numbers] & (depth > kind.share * deepest[numbers]), kind.pixels)
        if kind is _DRY:
            closed |= bottom
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
