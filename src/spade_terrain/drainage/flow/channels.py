"""Courses of rivers as pixels that flow one into the other, and the land along them, which falls all the way."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field, smooth_noise_at
from spade_terrain.drainage.flow.routing import LAKE, LAND, Indices, Led
from spade_terrain.terrain import Course

_BENDS = ((10, 1.2), (5, 0.9), (2.5, 0.6), (1.25, 0.33))  # wavelengths and amounts of bends, in pixels of the map
_SALT = 6000
_STEP = 0.25  # pixels of the map between points that bend
_CALM = 4.0  # pixels of the map before its end in water over which a course bends less and less
_CLOSE = 0.4  # pixels of the grid between points that are looked at
_BELOW_SHORE = 0.01  # metres that a river lies lower than the shore of the lake that it leaves
_FLANK, _REACH = 40.0, 12  # metres that a valley's flank rises in a pixel of the map, in four as 16 times; and how far
_LOWEST = 1e-3  # metres that land stays above the sea
_NONE, _SEA = -1, -2  # in place of a lake's number


class Channels(NamedTuple):
    """Courses on a grid: pieces on land, one after the other, each from its source or a lake down.

    Attributes:
        led: the pixels of all pieces but for last ones that nothing tells where to flow.
        course: the number of each pixel's course: int32 `(N,)`.
        springs: what each of them adds, cubic metres a second: float64 `(N,)`.
        starts: where in `led` pieces begin, and the last ends, int32 `(P + 1,)`.
        sources: the lake that each piece leaves, int32 `(P,)`; `_NONE` where it leaves none.
        mouths: the lake that each piece enters; `_NONE` where it enters no water, `_SEA` where that has its own level.
        shores: the pixels of land around those lakes, of one lake after the other: int32.
        shore_starts: where in `shores` each lake's begin, and the last ends: int32 `(L + 1,)`.
        names: of the courses.

    """

    led: Led
    course: Indices
    springs: NDArray[np.float64]
    starts: Indices
    sources: Indices
    mouths: Indices
    shores: Indices
    shore_starts: Indices
    names: tuple[str | None, ...]

    def breach(self, heights: Field) -> None:
        """Lower land along the courses, in place, so that none climbs, and each leaves a lake at its lowest shore."""
        if len(self.starts) > 1:
            levels = np.full(len(self.shore_starts) - 1, np.inf, np.float32)
            _breach(heights.ravel(), *self.led, *self[3:8], levels)

    def with_valleys(self, heights: Field) -> Field:
        """The map's land with a valley along each course, wider where it is deeper: float32 `(H, W)`, metres."""
        if not len(self.led.pixels):
            return heights
        lowered = heights.copy()
        self.breach(lowered)
        most = np.full(heights.shape, np.inf, np.float32)
        most.ravel()[self.led.pixels] = lowered.ravel()[self.led.pixels]
        for axis in (0, 1):  # the lower envelope of parabolas, which is one of rows and then of columns
            padded = np.pad(most, [(_REACH, _REACH) if a == axis else (0, 0) for a in (0, 1)], constant_values=np.inf)
            for step in range(-_REACH, _REACH + 1):
                shifted = padded.take(range(_REACH + step, _REACH + step + heights.shape[axis]), axis)
                np.minimum(most, shifted + np.float32(_FLANK * step * step), out=most)
        return np.where(heights > 0, np.minimum(lowered, most), heights)


class _Piece(NamedTuple):
    """Pixels of land, downstream; the pixel after the last one, or -1; the pixel of a lake before them, or -1."""

    pixels: list[int]
    after: int
    before: int


def lay_channels(courses: Sequence[Course], water: NDArray[np.uint8], scale: int, seed: int) -> Channels:
    """Lay courses on a grid.

    They bend a little, alike on every grid, so that none is ruled. A course ends at the sea, at a lake that dries up,
    at the border and where it meets one before it in the list; it goes through other lakes.

    Args:
        courses: those first that others flow into.
        water: what each pixel is, uint8 `(H, W)`, as `flood` takes it.
        scale: how many times as fine as the map the grid is.
        seed: another seed, other bends.

    """
    taken: set[int] = set()
    pieces: list[_Piece] = []
    numbers: list[int] = []
    size = water.shape[1] / scale, water.shape[0] / scale
    for number, course in enumerate(courses):
        line = _bent(course.points, seed, size, _in_water(course.points[[0, -1]], water, scale))
        for piece in _pieces(_cells(line * scale), water, taken):
            pieces.append(piece)
            taken.update(piece.pixels)
            numbers += [number] * (len(piece.pixels) - (piece.after < 0))
    ways = [piece.pixels if piece.after < 0 else [*piece.pixels, piece.after] for piece in pieces]
    pixels = [pixel for way in ways for pixel in way[:-1]]
    onward = [pixel for way in ways for pixel in way[1:]]
    water_of = np.array([course.discharge for course in courses]) / np.bincount(numbers, minlength=len(courses)).clip(1)
    starts = np.cumsum([0, *(len(way) - 1 for way in ways)])
    ends = np.array([[piece.before, piece.after] for piece in pieces], np.int64).reshape(-1, 2)
    lakes, shores, shore_starts = _lakes(ends, water)
    return Channels(
        Led(np.array(pixels, np.int32), np.array(onward, np.int32)),
        np.array(numbers, np.int32),
        water_of[np.array(numbers, np.int32)],
        starts.astype(np.int32),
        lakes[:, 0].copy(),
        lakes[:, 1].copy(),
        shores,
        shore_starts,
        tuple(course.name for course in courses),
    )


def _bent(
    points: NDArray[np.float64], seed: int, size: tuple[float, float], fixed: Sequence[bool] | NDArray[np.bool_]
) -> NDArray[np.float64]:
    """A smooth line through points (Catmull and Rom's cubic), displaced by noise of the place: float64 `(N, 2)`.

    What lies on the map, which is so wide and high, stays there. The first and the last point stay in place if they are
    `fixed`, lest a river ends ashore.
    """
    before = np.concatenate([points[:1], points[:-2]])
    after = np.concatenate([points[2:], points[-1:]])
    counts = np.ceil(np.hypot(*np.diff(points, axis=0).T) / _STEP).astype(int)
    k = np.repeat(np.arange(len(counts)), counts)
    t = ((np.arange(len(k)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[k])[:, None]
    a, b, c, d = before[k], points[:-1][k], points[1:][k], after[k]
    line = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    line = np.concatenate([line, points[-1:]])
    shift = np.zeros(line.shape)
    for wavelength, amount in _BENDS:
        shift += amount * smooth_noise_at(seed, _SALT + int(wavelength), wavelength, line)
    for kept, from_end in zip(fixed, (np.arange(len(line)), np.arange(len(line))[::-1]), strict=True):
        if kept:
            shift *= (from_end * (_STEP / _CALM)).clip(0, 1)[:, None]
    on_map = ((line >= 0) & (line < size)).all(1, keepdims=True)
    return np.where(on_map, (line + shift).clip(0, np.nextafter(size, 0)), line)


def _in_water(points: NDArray[np.float64], water: NDArray[np.uint8], scale: int) -> NDArray[np.bool_]:
    """Which points lie in water: bool `(N,)`."""
    columns, rows = np.floor(points * scale).astype(int).T
    on_map = (columns >= 0) & (columns < water.shape[1]) & (rows >= 0) & (rows < water.shape[0])
    wet: NDArray[np.bool_] = water[rows.clip(0, water.shape[0] - 1), columns.clip(0, water.shape[1] - 1)] != LAND
    wet &= on_map
    return wet


def _cells(line: NDArray[np.float64]) -> NDArray[np.int64]:
    """Columns and rows that a line passes through: int64 `(N, 2)`, each beside the one before."""
    counts = np.ceil(np.hypot(*np.diff(line, axis=0).T) / _CLOSE).astype(int).clip(1)
    k = np.repeat(np.arange(len(counts)), counts)
    t = ((np.arange(len(k)) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[k])[:, None]
    cells = np.floor(np.concatenate([line[:-1][k] + t * (line[1:] - line[:-1])[k], line[-1:]])).astype(np.int64)
    moved: NDArray[np.bool_] = np.concatenate([[True], (np.diff(cells, axis=0) != 0).any(1)])
    beside: NDArray[np.int64] = cells[moved]
    return beside


def _pieces(cells: NDArray[np.int64], water: NDArray[np.uint8], taken: set[int]) -> list[_Piece]:
    """The pieces of a course on land that no other has taken."""
    height, width = water.shape
    pieces: list[_Piece] = []
    way: dict[int, int] = {}  # pixels and their places
    lake = -1  # its pixel that the course has just been in

    def end(after: int) -> None:
        if len(way) > (after < 0):
            pieces.append(_Piece(list(way), after, lake))
        way.clear()

    for x, y in cells.tolist():
        pixel = y * width + x
        if not (0 <= x < width and 0 <= y < height):
            if way:
                break
            continue
        if way and (crossed := _crossed(next(reversed(way)), pixel, width, taken)) >= 0:
            end(crossed)
            lake = -1
        if pixel in taken or water[y, x] != LAND:
            if way:
                end(pixel)
            lake = pixel if water[y, x] == LAKE else -1
            if water[y, x] not in (LAND, LAKE) and pieces:
                return pieces
            continue
        _shorten(way, pixel, width)
        way[pixel] = len(way)
    end(-1)
    return pieces


def _crossed(last: int, pixel: int, width: int, taken: set[int]) -> int:
    """One of two taken pixels that a step from corner to corner would pass between; -1 if there are none."""
    one, other = last // width * width + pixel % width, pixel // width * width + last % width
    return one if one != other and one in taken and other in taken else -1


def _shorten(way: dict[int, int], pixel: int, width: int) -> None:
    """Leave out the loop that a way makes, or all but makes, when it goes on to a pixel."""
    columns = [column for column in (-1, 0, 1) if 0 <= pixel % width + column < width]
    around = [pixel + row * width + column for row in (-1, 0, 1) for column in columns]
    met = min((way[before] for before in around if before in way), default=len(way))
    while len(way) > met + 1:
        way.popitem()


def _lakes(ends: NDArray[np.int64], water: NDArray[np.uint8]) -> tuple[Indices, Indices, Indices]:
    """Number the lakes at the ends of pieces, int32 `(P, 2)`, or `_NONE` or `_SEA`, and list their shores."""
    at_lake, at_land = (ends >= 0) & (water.ravel()[ends] == LAKE), (ends < 0) | (water.ravel()[ends] == LAND)
    lakes = np.where(at_land, _NONE, _SEA).astype(np.int32)
    if not at_lake.any():
        return lakes, np.empty(0, np.int32), np.zeros(1, np.int32)
    numbers, count = components(water == LAKE)
    used = np.unique(numbers.ravel()[ends[at_lake]])
    place = np.full(count + 1, -1, np.int32)
    place[used] = np.arange(len(used))
    lakes[at_lake] = place[numbers.ravel()[ends[at_lake]]]
    lakes[lakes[:, 0] == lakes[:, 1], 0] = _NONE  # no lake is its own outlet
    pixels, which = _shores(water, np.where(numbers > 0, place[numbers], -1).astype(np.int32))
    order = np.argsort(which, kind="stable")
    return lakes, pixels[order], np.searchsorted(which[order], np.arange(len(used) + 1)).astype(np.int32)


@kernel
def _shores(water: NDArray[np.uint8], lakes: NDArray[np.int32]) -> tuple[Indices, Indices]:
    """Pixels of land beside lakes, and which lake that is, a pixel once for each neighbour."""
    height, width = water.shape
    count = 0
    pixels, which = np.empty(1024, np.int32), np.empty(1024, np.int32)
    for y in range(height):
        for x in range(width):
            if water[y, x] != LAND:
                continue
            for row in range(max(y - 1, 0), min(y + 2, height)):
                for column in range(max(x - 1, 0), min(x + 2, width)):
                    if lakes[row, column] >= 0:
                        if count == len(pixels):
                            pixels, which = np.append(pixels, pixels), np.append(which, which)
                        pixels[count], which[count] = y * width + x, lakes[row, column]
                        count += 1
    return pixels[:count], which[:count]


@kernel
def _breach(
    z: Field, pixels: Indices, onward: Indices, starts: Indices, sources: Indices, mouths: Indices,
    shores: Indices, shore_starts: Indices, levels: Field,
) -> None:  # fmt: skip
    for lake in range(len(levels)):
        for k in range(shore_starts[lake], shore_starts[lake + 1]):
            levels[lake] = min(levels[lake], z[shores[k]])
    for _ in range(len(levels) + 1):  # each time one more of lakes that stand in a row
        for piece in range(len(starts) - 2, -1, -1):  # those first that flow into others
            first, end = starts[piece], starts[piece + 1]
            if sources[piece] >= 0:
                z[pixels[first]] = max(min(z[pixels[first]], levels[sources[piece]] - _BELOW_SHORE), _LOWEST)
            for k in range(first, end):
                if k < end - 1 or mouths[piece] == _NONE:
                    z[onward[k]] = min(z[onward[k]], z[pixels[k]])
                elif mouths[piece] != _SEA:
                    levels[mouths[piece]] = min(levels[mouths[piece]], z[pixels[k]])
