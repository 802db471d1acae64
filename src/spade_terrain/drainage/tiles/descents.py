"""Inside of a tile: which way every pixel falls, the pieces of land that fall to one place, and ways between them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAKE, LAND, Indices
from spade_terrain.drainage.tiles.land import Land

Directions = NDArray[np.uint8]
DOWN = np.array([-1, -1, -1, 0, 0, 1, 1, 1, 0])
RIGHT = np.array([-1, 0, 1, -1, 1, -1, 0, 1, 0])
"""Rows and columns to the eight neighbours, whose numbers are directions; 7 less a direction is that way back."""
OUT = 8
"""The direction of a mouth: out of the land."""
_PIT = 9  # of what has no lower neighbour
_LENGTH = np.sqrt(DOWN**2 + RIGHT**2).astype(np.float32)


def _together() -> NDArray[np.uint8]:
    """Of any neighbours, as bits, those that hang together with one of them: `(256, 8)`."""
    touch = (abs(DOWN[:8, None] - DOWN[:8]) <= 1) & (abs(RIGHT[:8, None] - RIGHT[:8]) <= 1)  # (8, 8)
    there = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.bool_)  # (256, 8)
    reached = there[:, :, None] & there[:, None, :] & touch
    for _ in range(3):  # two steps, four, eight
        reached = (reached[:, :, :, None] & reached[:, None, :, :]).any(2)
    bits: NDArray[np.uint8] = (reached << np.arange(8)).sum(2).astype(np.uint8)
    return bits


_TOGETHER = _together()


class Slopes(NamedTuple):
    """The land of a tile and of the pixels around it, as kernels take it: all arrays `(h, w)`.

    Attributes:
        heights: float32, metres.
        water: uint8.
        jitter: float32.
        ranks: uint64.
        mouths: bool.
        border: bool, pixels at the border of the map.
        first: row and column of the tile's first pixel.
        last: row and column after its last one.

    """

    heights: Field
    water: NDArray[np.uint8]
    jitter: Field
    ranks: NDArray[np.uint64]
    mouths: NDArray[np.bool_]
    border: NDArray[np.bool_]
    first: tuple[int, int]
    last: tuple[int, int]

    @classmethod
    def of(cls, land: Land) -> "Slopes":
        """Raises `ParameterError` if the land can't be drained."""
        land.check()
        rows, columns = land.inner
        heights, water, jitter = map(np.ascontiguousarray, (land.heights, land.water, land.jitter))
        return cls(
            heights, water, jitter, land.ranks(), land.mouths(), land.on_border(),
            (rows.start, columns.start), (rows.stop, columns.stop),
        )  # fmt: skip


class Ways(NamedTuple):
    """Ways from pixels to lower ones, each of them in another piece of land: arrays `(N,)`.

    Attributes:
        pixels: int32, the higher ends, counted in the tile and what is around it.
        directions: uint8, where the lower ends are; `OUT` for a way over the border of the map.
        places: uint8, which of its pixel's ways it is, the steepest being 0.
        ranks: uint64, of the higher ends.

    """

    pixels: Indices
    directions: Directions
    places: NDArray[np.uint8]
    ranks: NDArray[np.uint64]


@kernel
def falls(slopes: Slopes) -> Directions:
    """Where each pixel falls to, the steepest of its lower neighbours: uint8 `(h, w)`.

    Mouths have `OUT`; what has no lower neighbour, and what lies around the tile and is no mouth, has `_PIT`.
    """
    height, width = slopes.heights.shape
    found = np.full((height, width), _PIT, np.uint8)
    for y in range(height):
        for x in range(width):
            if slopes.mouths[y, x]:
                found[y, x] = OUT
            elif slopes.first[0] <= y < slopes.last[0] and slopes.first[1] <= x < slopes.last[1]:
                best, steepest = _PIT, 0.0
                for k in range(8):
                    if _falls(slopes, y, x, k):
                        slope = _slope(slopes, y, x, k)
                        if best == _PIT or _before(slopes, y, x, k, slope, best, steepest):
                            best, steepest = k, slope
                found[y, x] = best
    return found


@kernel
def pieces(directions: Directions, slopes: Slopes) -> tuple[Indices, int]:
    """Number what falls to one place: int32 `(h, w)`, and how many numbers there are.

    0 is what leaves the land. Each pixel around the tile is a piece of its own, if it is no mouth.
    """
    height, width = directions.shape
    numbers = np.full((height, width), -1, np.int32)
    count = 1
    for start_y in range(height):
        for start_x in range(width):
            y, x, number = start_y, start_x, numbers[start_y, start_x]
            while number < 0:
                k = directions[y, x]
                if k == OUT:
                    number = 0
                elif k == _PIT or _leaves(directions, slopes, y, x):
                    number = count
                    count += 1
                else:
                    y, x = y + DOWN[k], x + RIGHT[k]
                    number = numbers[y, x]
            numbers[y, x] = number
            y, x = start_y, start_x
            while numbers[y, x] < 0:
                numbers[y, x] = number
                k = directions[y, x]
                y, x = y + DOWN[k], x + RIGHT[k]
    return numbers, count


@kernel
def ways_between(directions: Directions, numbers: Indices, slopes: Slopes) -> Ways:
    """Ways from pixels of one piece to lower ones of another, pixel by pixel, the steepest of each first.

    Of lower neighbours that touch each other one is enough: water that has risen to the pixel has joined them before.
    """
    height, width = numbers.shape
    size = 1024
    pixels, towards, places = np.empty(size, np.int32), np.empty(size, np.uint8), np.empty(size, np.uint8)
    ranks = np.empty(size, np.uint64)
    steepness = np.empty(8, np.float64)
    count = 0
    for y in range(height):
        for x in range(width):
            if not _may_cross(directions, numbers, slopes, y, x):
                continue
            if count + 9 > len(pixels):
                pixels, towards = np.append(pixels, pixels), np.append(towards, towards)
                places, ranks = np.append(places, places), np.append(ranks, ranks)
            first = count
            count += _crossings(numbers, slopes, y, x, towards[count:], places[count:], steepness)
            pixels[first:count], ranks[first:count] = y * width + x, slopes.ranks[y, x]
    return Ways(pixels[:count].copy(), towards[:count].copy(), places[:count].copy(), ranks[:count].copy())


@kernel
def _may_cross(directions: Directions, numbers: Indices, slopes: Slopes, y: int, x: int) -> bool:
    """Whether a pixel can have a way to another piece: is there any, and is it on no plain slope."""
    if _may_leave(numbers, slopes, y, x):
        return True
    if not _between(numbers, y, x):
        return False
    fall = directions[y, x]
    if fall >= OUT or numbers[y + DOWN[fall], x + RIGHT[fall]] != numbers[y, x]:
        return True
    there = 0
    for k in range(8):
        there |= _falls(slopes, y, x, k) << k
    apart: bool = _TOGETHER[there, fall] != there
    return apart


@kernel
def _may_leave(numbers: Indices, slopes: Slopes, y: int, x: int) -> bool:
    """Whether water may go over the border of the map."""
    may: bool = slopes.border[y, x] and slopes.water[y, x] == LAND and numbers[y, x] != 0
    return may


@kernel
def _crossings(
    numbers: Indices, slopes: Slopes, y: int, x: int, towards: Directions, places: NDArray[np.uint8],
    steepness: NDArray[np.float64],
) -> int:  # fmt: skip
    """Write a pixel's ways to other pieces, and which of its ways they are; their number."""
    found = _sorted_falls(slopes, y, x, towards, steepness)
    there, joined, count = 0, 0, 0
    for place in range(found):
        there |= 1 << towards[place]
    for place in range(found):
        k = towards[place]
        if joined >> k & 1 == 0:
            joined |= _TOGETHER[there, k]
            if numbers[y + DOWN[k], x + RIGHT[k]] != numbers[y, x]:
                towards[count], places[count] = k, place
                count += 1
    if _may_leave(numbers, slopes, y, x):
        towards[count], places[count] = OUT, found
        count += 1
    return count


@kernel
def _between(numbers: Indices, y: int, x: int) -> bool:
    """Whether a pixel touches another piece."""
    for row in range(max(y - 1, 0), min(y + 2, numbers.shape[0])):
        for column in range(max(x - 1, 0), min(x + 2, numbers.shape[1])):
            if numbers[row, column] != numbers[y, x]:
                return True
    return False


@kernel
def _leaves(directions: Directions, slopes: Slopes, y: int, x: int) -> bool:
    """Whether a pixel falls out of the tile, and not to a mouth."""
    row, column = y + DOWN[directions[y, x]], x + RIGHT[directions[y, x]]
    inside = slopes.first[0] <= row < slopes.last[0] and slopes.first[1] <= column < slopes.last[1]
    return not inside and not slopes.mouths[row, column]


@kernel
def _sorted_falls(slopes: Slopes, y: int, x: int, lower: NDArray[np.uint8], steepness: NDArray[np.float64]) -> int:
    """Write the directions of a pixel's lower neighbours, the one that it would rather fall to first; their number."""
    count = 0
    for k in range(8):
        if not _falls(slopes, y, x, k):
            continue
        slope = _slope(slopes, y, x, k)
        at = count
        while at > 0 and _before(slopes, y, x, k, slope, lower[at - 1], steepness[at - 1]):
            lower[at], steepness[at] = lower[at - 1], steepness[at - 1]
            at -= 1
        lower[at], steepness[at] = k, slope
        count += 1
    return count


@kernel
def _falls(slopes: Slopes, y: int, x: int, k: int) -> bool:
    """Whether there is a neighbour in that direction, and a lower one."""
    row, column = y + DOWN[k], x + RIGHT[k]
    if row < 0 or column < 0 or row >= slopes.ranks.shape[0] or column >= slopes.ranks.shape[1]:
        return False
    here, there = slopes.ranks[y, x], slopes.ranks[row, column]
    return there < here or (there == here and k < 4)


@kernel
def _slope(slopes: Slopes, y: int, x: int, k: int) -> float:
    """How steep it is down to a lower neighbour; 0 within lakes and plains."""
    if slopes.water[y, x] == LAKE:
        return 0.0
    row, column = y + DOWN[k], x + RIGHT[k]
    fall = (slopes.heights[y, x] - slopes.heights[row, column]) / _LENGTH[k]
    slope: float = max(fall * (1 + slopes.jitter[row, column]), 0.0)
    return slope


@kernel
def _before(slopes: Slopes, y: int, x: int, k: int, slope: float, other: int, its_slope: float) -> bool:
    """Whether a pixel would rather fall in one direction than in the other.

    Between ways that are as steep the first direction counts, as in `steepest`, and in a plain the lower rank.
    """
    if slope != its_slope or slope > 0:
        return slope > its_slope or (slope == its_slope and k < other)
    one = slopes.ranks[y + DOWN[k], x + RIGHT[k]]
    two = slopes.ranks[y + DOWN[other], x + RIGHT[other]]
    return one < two or (one == two and k < other)
