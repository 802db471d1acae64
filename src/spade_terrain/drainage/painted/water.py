"""What painted water is: the sea, lakes and rivers."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.painted.paths import Path, Paths, Pixel, disc, downstream, length, past_mouth, trace_paths
from spade_terrain.drainage.painted.strokes import Mask, depths, mean_widths, thin_water
from spade_terrain.palette import WATER, Labels
from spade_terrain.terrain import GSD, SPRINGS, Course

_LEAST_LENGTH, _LEAST_RATIO = 10.0, 5.0  # in pixels, and in widths, of a river
_LAKE_SIZED, _LAKE_SHARE = 1024, 0.02  # pixels of water at the border, and of the map, that may be meant for a lake
_INTO_WATER = 4  # pixels that a course goes on into the water where it ends
_SMOOTHINGS = 12


class PaintedWater(NamedTuple):
    """The water of a map.

    Attributes:
        lakes: bool `(H, W)`.
        rivers: bool `(H, W)`.
        courses: of the rivers, those first that others flow into.
        stray: row and column of rivers that reach no other water and no border; they are lakes.
        cut: row and column of water that the border may have cut off from a lake; it is sea.

    """

    lakes: Mask
    rivers: Mask
    courses: list[Course]
    stray: list[Pixel]
    cut: list[Pixel]


def painted_water(
    labels: Labels, gsd: float = GSD, *, sea_lakes: bool = False, sea_rivers: bool = False
) -> PaintedWater:
    """Tell what the water of a map is.

    A river is thinner than 8 pixels, at least 10 pixels and 5 times as long as it is wide, and leads from inland, from
    a lake or from the border to the sea, to a lake or to the border. What only leads from sea to sea is a strait, and
    so is what cuts off more land than a delta of such arms can have. Of other water, what hangs together with the
    border is sea, and the rest are lakes. Pixels that touch at a corner hang together.

    Args:
        labels: uint8 `(H, W)`, 0..6.
        gsd: metres a pixel.
        sea_lakes: there are no lakes, but sea.
        sea_rivers: there are no rivers, but what they are part of.

    """
    water = labels == WATER
    depth = depths(water)
    none = np.zeros(water.shape, bool)
    rivers = none if sea_rivers else _strokes(water, depth)
    stray: list[Pixel] = []
    banks = _Banks(water)
    while True:
        bodies = _Bodies(water & ~rivers, sea_lakes)
        strokes = _traced(rivers, bodies, depth)
        stray += [stroke.pixels[0] for stroke in strokes if not bodies.touching(stroke.pixels)]
        dropped = [pixel for stroke in strokes for pixel in _no_river(stroke, banks, depth)]
        if not dropped:
            break
        rivers[tuple(np.transpose(dropped))] = False
    lakes = bodies.numbers > 0
    courses = [course for stroke in strokes if stroke.paths for course in _courses(stroke.paths, bodies, depth, gsd)]
    return PaintedWater(lakes, rivers, courses, [] if sea_lakes else sorted(stray), bodies.cut())


class _Stroke(NamedTuple):
    """A piece of water that may be a river: its pixels, those at its mouths, and its paths, None if it is no river."""

    pixels: list[Pixel]
    mouths: set[Pixel]
    paths: Paths | None


class _Banks:
    """The land on either side of water, in numbered pieces that no water parts."""

    def __init__(self, water: Mask) -> None:
        self._numbers, count = components(~water, corners=False)
        self._sizes = np.bincount(self._numbers.ravel(), minlength=count + 1)

    def cut_off(self, path: Path, depth: Field) -> int:
        """Pixels of the largest land but one beside a path; 0 if there is but one."""
        near = set[int]()
        for y, x in path:
            reach = int(depth[y, x]) + 2
            around = self._numbers[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
            near.update(np.unique(around).tolist())
        sizes = sorted(int(self._sizes[number]) for number in near - {0})
        return sizes[-2] if len(sizes) > 1 else 0


class _Bodies:
    """The water that is no river, in numbered pieces: 0 is none, -1 the sea.

    Attributes:
        numbers: int32 `(H, W)`.
        sizes: pixels, by number.

    """

    sea = -1
    beyond = -2
    """What the border leads to, wherever it is."""

    def __init__(self, water: Mask, sea_lakes: bool) -> None:
        numbers, count = components(water)
        sea = np.full(count + 1, sea_lakes)
        for border in (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]):
            sea[border] = True
        sea[0] = False
        self.numbers = np.where(sea[numbers], self.sea, numbers)
        self.sizes = np.bincount(numbers.ravel(), minlength=count + 1)

    def touching(self, pixels: Iterable[Pixel]) -> dict[Pixel, int]:
        """What pixels are beside: the sea, or else a lake, or else the border, for those that there is one for."""
        height, width = self.numbers.shape
        found = {}
        for y, x in pixels:
            near = self.numbers[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            if near.any():
                found[y, x] = int(self.sea if near.min() == self.sea else near.max())
            elif y in (0, height - 1) or x in (0, width - 1):
                found[y, x] = self.beyond
        return found

    def into(self, pixel: Pixel, depth: Field) -> list[Pixel]:
        """Some pixels on from one beside water into its middle, or over the border."""
        height, width = self.numbers.shape
        way: list[Pixel] = []
        while len(way) < _INTO_WATER:
            y, x = way[-1] if way else pixel
            around = [
                (row, column) for row in range(y - 1, y + 2) for column in range(x - 1, x + 2)
                if 0 <= row < height and 0 <= column < width and self.numbers[row, column] and (row, column) != pixel
            ]  # fmt: skip
            deepest = max(around, key=lambda place: (depth[place], place), default=None)
            if deepest is None or (way and depth[deepest] <= depth[way[-1]]):
                break
            way.append(deepest)
        y, x = pixel
        if not way and (y in (0, height - 1) or x in (0, width - 1)):
            way = [(y - (y == 0) + (y == height - 1), x - (x == 0) + (x == width - 1))]
        return way

    def cut(self) -> list[Pixel]:
        """A pixel of each body of the sea that is no larger than a lake."""
        numbers, _ = components(self.numbers == self.sea)
        small = np.bincount(numbers.ravel()) < min(_LAKE_SIZED, _LAKE_SHARE * numbers.size)
        small[0] = False
        return _firsts(small[numbers])


def _firsts(mask: Mask) -> list[Pixel]:
    """The first pixel of each piece of a mask."""
    numbers, _ = components(mask)
    _, firsts = np.unique(numbers, return_index=True)
    places = [divmod(int(first), mask.shape[1]) for first in firsts]
    return [place for place in places if mask[place]]


def _strokes(water: Mask, depth: Field) -> Mask:
    """Pieces of thin water that are long enough for rivers."""
    numbers, count = components(thin_water(water, depth))
    widths = mean_widths(numbers, count, depth)
    lengths = np.bincount(numbers.ravel(), minlength=count + 1) / widths.clip(0.5)
    long = lengths >= np.maximum(_LEAST_LENGTH, _LEAST_RATIO * widths)
    long[0] = False
    strokes: Mask = long[numbers]
    return strokes


def _traced(rivers: Mask, bodies: _Bodies, depth: Field) -> list[_Stroke]:
    """All strokes, from the sea up, so that each flows to what is nearer to the sea by rivers."""
    rows, columns = np.nonzero(rivers)
    numbers = components(rivers)[0][rows, columns]
    pieces: dict[int, list[Pixel]] = {}
    for number, pixel in zip(numbers.tolist(), zip(rows.tolist(), columns.tolist(), strict=True), strict=True):
        pieces.setdefault(number, []).append(pixel)
    waiting = [(pixels, bodies.touching(pixels)) for pixels in pieces.values()]
    strokes = [_Stroke(pixels, set(), None) for pixels, touching in waiting if not touching]
    waiting = [piece for piece in waiting if piece[1]]
    rank = {bodies.sea: 0, bodies.beyond: 1}
    far = len(bodies.sizes) + 2

    def lowest(body: int) -> tuple[int, int]:
        return rank.get(body, far), -int(bodies.sizes[max(body, 0)])

    while waiting:
        piece = min(waiting, key=lambda piece: min(map(lowest, piece[1].values())))
        waiting.remove(piece)
        pixels, touching = piece
        mouth = min(touching.values(), key=lowest)
        rank.setdefault(mouth, 0)
        for body in touching.values():
            rank.setdefault(body, rank[mouth] + 1)
        mouths = {pixel: body in (mouth, bodies.sea) for pixel, body in touching.items()}
        paths = _river(pixels, mouth, touching, mouths, depth)
        met = {pixel for pixel, is_mouth in mouths.items() if is_mouth and touching[pixel] != bodies.beyond}
        strokes.append(_Stroke(pixels, met, paths))
    return strokes


def _river(
    pixels: list[Pixel], mouth: int, touching: dict[Pixel, int], mouths: dict[Pixel, bool], depth: Field
) -> Paths | None:
    """Paths of a stroke to its mouth; None if it is no river."""
    at_mouth = _widest([pixel for pixel, body in touching.items() if body == mouth])
    depth_of = {pixel: float(depth[pixel]) for pixel in pixels}
    others = {pixel: is_mouth for pixel, is_mouth in mouths.items() if pixel not in at_mouth}
    paths = trace_paths(sorted(at_mouth), depth_of, others)
    if not paths.inflows:
        return None
    longest = max(paths.inflows, key=length)
    width = 2 * float(np.mean([depth_of[pixel] for pixel in longest]))
    return paths if length(longest) >= max(_LEAST_LENGTH, _LEAST_RATIO * width) else None


def _no_river(stroke: _Stroke, banks: _Banks, depth: Field) -> set[Pixel]:
    """The pixels of a stroke that are of no river: all, or those of straits that rivers flow into."""
    if stroke.paths is None:
        return set(stroke.pixels)
    inside = {pixel: float(depth[pixel]) for pixel in stroke.pixels}
    straits = set[Pixel]()
    sources = {path[0] for path in stroke.paths.inflows}
    for outflow in stroke.paths.outflows:
        if outflow[-1] in sources:  # not to the sea, but around an island in the river
            continue
        whole = downstream(outflow[0], stroke.paths)[::-1] + outflow[1:]
        # A triangle with two sides of that length together has an eighth of its square at most.
        if banks.cut_off(outflow, depth) > length(whole) ** 2 / 8:
            straits.update(whole)
    for inflow in stroke.paths.inflows:
        straits.update(past_mouth(downstream(inflow[0], stroke.paths), stroke.mouths, inside))
    return {other for pixel in straits for other in disc(pixel, 2 * inside[pixel] + 1, inside)}


def _courses(paths: Paths, bodies: _Bodies, depth: Field, gsd: float) -> list[Course]:
    """Smooth lines along paths, joined where these meet, that go on into the water at both ends."""
    points: dict[Pixel, NDArray[np.float64]] = {}
    courses = []
    for path in (*paths.inflows, *paths.outflows):
        pixels = [*bodies.into(path[0], depth)[::-1], *path, *bodies.into(path[-1], depth)]
        line = np.array([points.get(pixel, np.array(pixel[::-1]) + 0.5) for pixel in pixels])
        for _ in range(_SMOOTHINGS):
            line[1:-1] = 0.25 * line[:-2] + 0.5 * line[1:-1] + 0.25 * line[2:]
        for pixel, point in zip(pixels, line, strict=True):
            points.setdefault(pixel, point)
        width = 2 * float(np.mean([depth[pixel] for pixel in path]))
        courses.append(Course(line, SPRINGS * gsd * width))
    return courses


def _widest(pixels: list[Pixel]) -> set[Pixel]:
    """Of pixels, the largest piece that hangs together."""
    left, best = set(pixels), set[Pixel]()
    while left:
        piece, edge = set[Pixel](), [min(left)]
        while edge:
            y, x = edge.pop()
            if (y, x) in left:
                left.discard((y, x))
                piece.add((y, x))
                edge += [(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        best = max(best, piece, key=len)
    return best
