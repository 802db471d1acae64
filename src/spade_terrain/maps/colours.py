"""Painted pixels to classes, though edges are smoothed (anti-aliased) or the file is a JPEG.

A pixel between water and desert may be nearest to tundra: its colour alone does not say what it is. Sure are blocks of
3 x 3 pixels that are near colours of one class. From there classes spread to the pixels around that are in their
colours, or in a mixture of two of them. What is left may be smaller blocks, farther from their colour, that a JPEG has
smeared: they are taken for sure next, and spread, and so on.
"""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.maps.legend import Legend
from spade_terrain.palette import Labels, pack

_STEPS = ((10, 15.0), (20, 20.0), (35, 30.0))
"""How far from its colour a sure block may be, and then how far from every mixture a pixel that classes spread to; at
first and later. Distances are Euclidean, of 0..255 a channel. Mixtures of two of the palette's colours keep 12 away
from all the others; plain areas of a JPEG are within 5 of their colour."""
_FOREIGN = 60.0
"""Farther than this from every mixture of the colours around it, a pixel is foreign."""
_RADIUS = 3
"""Pixels around one that count as around it."""
_ROUNDS = 3
"""How often classes spread by `_RADIUS`, in each step."""
REACH = len(_STEPS) * (2 + _ROUNDS * _RADIUS) + (1 + 2 * _ROUNDS) * _RADIUS
"""How many pixels away something may be and yet matter to a pixel."""
_UNKNOWN = 255

EXACT, SNAPPED, FOREIGN = range(3)
"""A pixel in a colour of the legend, one near such or mixed from some, and one in quite another colour."""


_T = TypeVar("_T", np.uint8, np.bool_)


class Reading(NamedTuple):
    """What became of each pixel: its label, 0..6, and its kind, `EXACT` to `FOREIGN`, both uint8 `(H, W)`."""

    labels: Labels
    kinds: NDArray[np.uint8]


def read_colours(image: NDArray[np.uint8], legend: Legend) -> Reading:
    """Read a painted image, uint8 RGB `(H, W, 3)`. Farther away than `REACH` nothing matters to a pixel."""
    packed = pack(image)
    nearest, distance = _nearest(packed, legend)
    exact = pack(legend.rgb)[nearest] == packed
    classes = legend.labels
    if exact.all():
        return Reading(classes[nearest], np.full(exact.shape, EXACT, np.uint8))
    spread = _Spread(image, legend.rgb)
    for near, tolerance in _STEPS:
        candidates = (spread.known == _UNKNOWN) & (distance <= near)
        spread.add(_in_blocks(np.where(candidates, classes[nearest], _UNKNOWN)), nearest)
        if near == _STEPS[0][0]:
            spread.add_lines(exact, nearest)
        spread.run(tolerance)
    spread.run(_FOREIGN)
    foreign = spread.known == _UNKNOWN
    spread.run(np.inf)
    labels = classes[np.where(spread.known == _UNKNOWN, nearest, spread.known)]
    kinds = np.where(foreign, FOREIGN, np.where(exact, EXACT, SNAPPED)).astype(np.uint8)
    return Reading(labels, kinds)


def _nearest(packed: NDArray[np.int32], legend: Legend) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each pixel the place in the legend of the nearest colour, and how far that is, rounded up, 255 at most."""
    occurs = np.zeros(1 << 24, bool)
    occurs[packed] = True
    colours = np.flatnonzero(occurs)
    red, green, blue = (part.astype(np.float32) for part in (colours >> 16, colours >> 8 & 255, colours & 255))
    place, far = np.zeros(1 << 24, np.uint8), np.zeros(1 << 24, np.uint8)
    least = np.full(len(colours), np.inf, np.float32)
    for i, (r, g, b) in enumerate(legend.rgb.tolist()):
        distance = np.sqrt(np.square(red - r) + np.square(green - g) + np.square(blue - b))
        place[colours[distance < least]] = i
        np.minimum(least, distance, out=least)
    far[colours] = np.ceil(least).clip(max=255)
    return place[packed], far[packed]


def _in_blocks(labels: Labels) -> NDArray[np.bool_]:
    """Whether a pixel is in a block of 3 x 3 of one class; beyond the image it goes on as at its edge."""
    alike = np.pad(labels, 2, mode="edge")
    for axis in (0, 1):
        a, b, c = _thirds(alike, axis)
        alike = np.where((a == b) & (b == c), b, np.uint8(_UNKNOWN))
    return _grown(alike != _UNKNOWN)


def _grown(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether anything is found in the 3 x 3 pixels around one, for all but those at the edge: `(H - 2, W - 2)`."""
    for axis in (0, 1):
        a, b, c = _thirds(found, axis)
        found = a | b | c
    return found


def _thirds(array: NDArray[_T], axis: int) -> list[NDArray[_T]]:
    """The array without its last two rows or columns, without its first and last, and without its first two."""
    length = array.shape[axis] - 2
    return [array[start : start + length] if axis == 0 else array[:, start : start + length] for start in range(3)]


class _Spread:
    """Which of the legend's colours the pixels are known to be, and how that spreads.

    Attributes:
        known: place in the legend, uint8 `(H, W)`, or `_UNKNOWN`.

    """

    def __init__(self, image: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> None:
        height, width = image.shape[:2]
        self._rgb = rgb
        self._pixels = image.reshape(-1, 3)
        self._padded = np.full((height + 2 * _RADIUS, width + 2 * _RADIUS), _UNKNOWN, np.uint8)
        self.known = self._padded[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
        self._new = np.zeros(self._padded.shape, bool)  # what became known since `run` looked last
        # Of the pixels that are not known: place in the image, colours around, the nearest of those, and how far off.
        self._left = np.arange(height * width)
        self._around = np.zeros(height * width, np.uint64)
        self._chosen = np.full(height * width, _UNKNOWN, np.uint8)
        self._off = np.full(height * width, np.inf, np.float32)

    def add(self, sure: NDArray[np.bool_], colours: NDArray[np.uint8]) -> None:
        """Make known what is sure (bool `(H, W)`), of these colours, uint8 `(H, W)`."""
        self.known[sure] = colours[sure]
        self._new[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS] |= sure
        self._keep(self.known.reshape(-1)[self._left] == _UNKNOWN)

    def add_lines(self, exact: NDArray[np.bool_], colours: NDArray[np.uint8]) -> None:
        """Make known what is thinner than a block, but in an exact colour.

        That is, unless others around it could mix to that colour, and there are mixtures around it indeed.
        """
        left = self._left[exact.reshape(-1)[self._left]]
        own = colours.reshape(-1)[left]
        others = self._look_around(left) & ~(np.uint64(1) << own.astype(np.uint64))
        smeared = _around(np.pad(~exact, _RADIUS).view(np.uint8), left, np.arange(2, dtype=np.uint64))
        off = _choose(self._pixels[left], others, self._rgb)[1]
        thin = np.zeros(exact.size, bool)
        thin[left] = (off > _STEPS[-1][1]) | (smeared == 0)
        self.add(thin.reshape(exact.shape), colours)

    def run(self, tolerance: float) -> None:
        """Let the known colours spread to pixels that are no farther than `tolerance` from their mixtures."""
        for _ in range(_ROUNDS):
            self._look()
            fits = (self._off <= tolerance) & (self._around != 0)
            if not fits.any():
                return
            rows, columns = np.divmod(self._left[fits], self.known.shape[1])
            self.known[rows, columns] = self._chosen[fits]
            self._new[rows + _RADIUS, columns + _RADIUS] = True
            self._keep(~fits)

    def _look(self) -> None:
        """Choose anew for the pixels that have something new around them."""
        affected = self._new
        for _ in range(_RADIUS):
            affected = _grown(affected)
        self._new[:] = False
        places = np.flatnonzero(affected.reshape(-1)[self._left])
        left = self._left[places]
        self._around[places] = around = self._look_around(left)
        self._chosen[places], self._off[places] = _choose(self._pixels[left], around, self._rgb)

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        self._left, self._around = self._left[kept], self._around[kept]
        self._chosen, self._off = self._chosen[kept], self._off[kept]

    def _look_around(self, places: NDArray[np.intp]) -> NDArray[np.uint64]:
        """The colours that are known around some pixels, a bit each: bit 0 is the legend's first."""
        bits = np.zeros(256, np.uint64)
        bits[: len(self._rgb)] = np.uint64(1) << np.arange(len(self._rgb), dtype=np.uint64)
        return _around(self._padded, places, bits)


def _around(padded: NDArray[np.uint8], places: NDArray[np.intp], bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """For some pixels of an image that was padded by `_RADIUS`, the bits of all values around them."""
    width = padded.shape[1]
    rows, columns = np.divmod(places, width - 2 * _RADIUS)
    middle = (rows + _RADIUS) * width + columns + _RADIUS
    values = padded.reshape(-1)
    found = np.zeros(len(places), np.uint64)
    for down in range(-_RADIUS, _RADIUS + 1):
        for right in range(-_RADIUS, _RADIUS + 1):
            if down * down + right * right <= _RADIUS * (_RADIUS + 1):
                found |= bits[values[middle + (down * width + right)]]
    return found


def _choose(
    pixels: NDArray[np.uint8], around: NDArray[np.uint64], rgb: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """For each pixel the nearest of the colours around it, and how far it is from every mixture of two of them.

    Where there are none around it, that is infinitely far.
    """
    chosen = np.full(len(pixels), _UNKNOWN, np.uint8)
    off = np.full(len(pixels), np.inf, np.float32)
    order = np.argsort(around)
    sets, starts = np.unique(around[order], return_index=True)
    ends = np.append(starts, len(order))
    for colours, start, end in zip(sets.tolist(), ends[:-1], ends[1:], strict=True):
        places = [i for i in range(len(rgb)) if colours >> i & 1]
        if not places:
            continue
        group = order[start:end]
        apart = pixels[group].astype(np.float32)[:, None] - rgb[places]  # (pixels, colours, 3)
        distances = np.square(apart).sum(-1)
        chosen[group] = np.array(places, np.uint8)[distances.argmin(1)]
        least = distances.min(1)
        for i, a in enumerate(places):
            for b in places[i + 1 :]:
                line = rgb[b].astype(np.float32) - rgb[a]
                share = (apart[:, i] @ line / (line @ line)).clip(0, 1)
                np.minimum(least, np.square(apart[:, i] - share[:, None] * line).sum(-1), out=least)
        off[group] = np.sqrt(least)
    return chosen, off
