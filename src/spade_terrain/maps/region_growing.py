"""Seeded region growing over a painted image, whose edges are mixtures of the two colours beside them.

After Adams and Bischof, "Seeded region growing", IEEE TPAMI 16(6), 1994. There a pixel joins the region whose mean it
is nearest to. Here it joins the nearest of the legend's colours that are around it, provided that it is in one of them
or in a mixture of two: along an anti-aliased edge that is so, and no third class comes between.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

RADIUS = 3
"""Pixels around one that count as around it."""
ROUNDS = 3
"""How often regions grow by `RADIUS` in one call of `Regions.grow`."""
UNKNOWN = 255
"""In place of a place in the legend: the pixel belongs to no region yet."""

_T = TypeVar("_T", np.uint8, np.bool_)


class Regions:
    """Which of a legend's colours the pixels of an image are known to be, and how that grows.

    Attributes:
        known: place in the legend, uint8 `(H, W)`, or `UNKNOWN`.

    """

    def __init__(self, image: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> None:
        """Begin without seeds, for an image, uint8 `(H, W, 3)`, and a legend's colours, uint8 `(N, 3)`."""
        height, width = image.shape[:2]
        self._rgb = rgb
        self._pixels = image.reshape(-1, 3)
        self._padded = np.full((height + 2 * RADIUS, width + 2 * RADIUS), UNKNOWN, np.uint8)
        self.known = self._padded[RADIUS:-RADIUS, RADIUS:-RADIUS]
        self._new = np.zeros(self._padded.shape, bool)  # what has become known since `_update` looked last
        # Of the pixels that are not known: place in the image, colours around, the nearest of those, and how far from
        # every mixture of them.
        self._left = np.arange(height * width)
        self._around = np.zeros(height * width, np.uint64)
        self._chosen = np.full(height * width, UNKNOWN, np.uint8)
        self._distance = np.full(height * width, np.inf, np.float32)

    def add_seeds(self, seeds: NDArray[np.bool_], colours: NDArray[np.uint8]) -> None:
        """Make the pixels `seeds` (bool `(H, W)`) known to be of these `colours`, uint8 `(H, W)`."""
        self.known[seeds] = colours[seeds]
        self._new[RADIUS:-RADIUS, RADIUS:-RADIUS] |= seeds
        self._keep(self.known.reshape(-1)[self._left] == UNKNOWN)

    def add_thin_seeds(self, exact: NDArray[np.bool_], colours: NDArray[np.uint8], tolerance: float) -> None:
        """Make seeds of what is thinner than a block, but in an `exact` colour (bool `(H, W)`).

        That is, unless other colours around it could mix to within `tolerance` of that colour, and there are mixtures
        around it indeed.
        """
        left = self._left[exact.reshape(-1)[self._left]]
        own = colours.reshape(-1)[left]
        others = self._colours_around(left) & ~(np.uint64(1) << own.astype(np.uint64))
        mixed = _values_around(np.pad(~exact, RADIUS).view(np.uint8), left, np.arange(2, dtype=np.uint64))
        distance = _nearest_around(self._pixels[left], others, self._rgb)[1]
        thin = np.zeros(exact.size, bool)
        thin[left] = (distance > tolerance) | (mixed == 0)
        self.add_seeds(thin.reshape(exact.shape), colours)

    def grow(self, tolerance: float) -> None:
        """Let regions grow into pixels that are no farther than `tolerance` from a mixture of the colours around."""
        for _ in range(ROUNDS):
            self._update()
            fits = (self._distance <= tolerance) & (self._around != 0)
            if not fits.any():
                return
            rows, columns = np.divmod(self._left[fits], self.known.shape[1])
            self.known[rows, columns] = self._chosen[fits]
            self._new[rows + RADIUS, columns + RADIUS] = True
            self._keep(~fits)

    def _update(self) -> None:
        """Choose anew for the pixels that have something new around them."""
        affected = self._new
        for _ in range(RADIUS):
            affected = dilated(affected)
        self._new[:] = False
        places = np.flatnonzero(affected.reshape(-1)[self._left])
        left = self._left[places]
        self._around[places] = around = self._colours_around(left)
        self._chosen[places], self._distance[places] = _nearest_around(self._pixels[left], around, self._rgb)

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        self._left, self._around = self._left[kept], self._around[kept]
        self._chosen, self._distance = self._chosen[kept], self._distance[kept]

    def _colours_around(self, places: NDArray[np.intp]) -> NDArray[np.uint64]:
        """The colours that are known around some pixels, a bit each: bit 0 is the legend's first."""
        bits = np.zeros(256, np.uint64)
        bits[: len(self._rgb)] = np.uint64(1) << np.arange(len(self._rgb), dtype=np.uint64)
        return _values_around(self._padded, places, bits)


def dilated(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether anything is found in the 3 x 3 pixels around one, for all but those at the edge: `(H - 2, W - 2)`."""
    for axis in (0, 1):
        a, b, c = thirds(found, axis)
        found = a | b | c
    return found


def thirds(array: NDArray[_T], axis: int) -> list[NDArray[_T]]:
    """The array without its last two rows or columns, without its first and last, and without its first two."""
    length = array.shape[axis] - 2
    return [array[start : start + length] if axis == 0 else array[:, start : start + length] for start in range(3)]


def _values_around(padded: NDArray[np.uint8], places: NDArray[np.intp], bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """For some pixels of an image that was padded by `RADIUS`, the bits of all values around them."""
    width = padded.shape[1]
    rows, columns = np.divmod(places, width - 2 * RADIUS)
    middle = (rows + RADIUS) * width + columns + RADIUS
    values = padded.reshape(-1)
    found = np.zeros(len(places), np.uint64)
    for down in range(-RADIUS, RADIUS + 1):
        for right in range(-RADIUS, RADIUS + 1):
            if down * down + right * right <= RADIUS * (RADIUS + 1):
                found |= bits[values[middle + (down * width + right)]]
    return found


def _nearest_around(
    pixels: NDArray[np.uint8], around: NDArray[np.uint64], rgb: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """For each pixel the nearest of the colours around it, and how far it is from every mixture of two of them.

    Where there are none around it, that is infinitely far.
    """
    chosen = np.full(len(pixels), UNKNOWN, np.uint8)
    distance = np.full(len(pixels), np.inf, np.float32)
    order = np.argsort(around)
    sets, starts = np.unique(around[order], return_index=True)
    ends = np.append(starts, len(order))
    for colours, start, end in zip(sets.tolist(), ends[:-1], ends[1:], strict=True):
        places = [i for i in range(len(rgb)) if colours >> i & 1]
        if not places:
            continue
        group = order[start:end]
        apart = pixels[group].astype(np.float32)[:, None] - rgb[places]  # (pixels, colours, 3)
        squares = np.square(apart).sum(-1)
        chosen[group] = np.array(places, np.uint8)[squares.argmin(1)]
        least = squares.min(1)
        for i, a in enumerate(places):
            for b in places[i + 1 :]:
                line = rgb[b].astype(np.float32) - rgb[a]
                share = (apart[:, i] @ line / (line @ line)).clip(0, 1)
                np.minimum(least, np.square(apart[:, i] - share[:, None] * line).sum(-1), out=least)
        distance[group] = np.sqrt(least)
    return chosen, distance
