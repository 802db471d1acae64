"""Painted pixels to labels, some rows at a time, with one line on what was not in exact colours."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.maps.colours import FOREIGN, REACH, SNAPPED, read_colours
from spade_terrain.maps.legend import Legend
from spade_terrain.palette import Labels, foreign_colour, pack, percent

MOST_FOREIGN = 0.05
"""The share of a map that may be in foreign colours, such as its names and outlines, and is read as what is around."""

_log = logging.getLogger(__name__)


def read_rows(
    stripes: Iterable[NDArray[np.uint8]], legend: Legend, shape: tuple[int, int], name: str
) -> Iterator[Labels]:
    """Read a painted map, some rows at a time; how they are divided makes no difference.

    Args:
        stripes: uint8 RGB `(h, W, 3)`, from the first row to the last.
        legend: what the colours mean.
        shape: height and width of the whole map.
        name: what to call the map in a message.

    Yields:
        Labels, uint8 `(h, W)`, 0..6, of as many rows as there are.

    Raises:
        TerrainError: too much of the map is in colours that are neither the legend's nor mixed from them.

    """
    tally = _Tally(legend, shape, name)
    for image, inner in _overlapping(stripes):
        labels, kinds = (part[inner] for part in read_colours(image, legend))
        tally.add(image[inner], kinds)
        yield labels
    tally.tell()


def _overlapping(stripes: Iterable[NDArray[np.uint8]]) -> Iterator[tuple[NDArray[np.uint8], slice]]:
    """The stripes with `REACH` rows more above and below, where there are such, and where the next rows are in them."""
    above: list[NDArray[np.uint8]] = []
    start = 0
    for stripe, following in pairwise(chain(stripes, [None])):
        assert stripe is not None  # only the last one is, which is never the first of a pair
        image = np.concatenate([*above, stripe])
        end = len(image) if following is None else len(image) - REACH
        if end > start:
            yield image, slice(start, end)
            cut = max(0, end - REACH)
            image, start = image[cut:], end - cut
        above = [image]


class _Tally:
    """How many pixels of a map were read how."""

    def __init__(self, legend: Legend, shape: tuple[int, int], name: str) -> None:
        self._legend, self._name = legend, name
        self._pixels = shape[0] * shape[1]
        self._kinds = np.zeros(3, np.int64)
        self._foreign: Counter[int] = Counter()

    def add(self, image: NDArray[np.uint8], kinds: NDArray[np.uint8]) -> None:
        """Some rows more. Raises `TerrainError` once too much is foreign."""
        self._kinds += np.bincount(kinds.ravel(), minlength=3)
        colours, counts = np.unique(pack(image[kinds == FOREIGN]), return_counts=True)
        self._foreign.update(dict(zip(colours.tolist(), counts.tolist(), strict=True)))
        if self._kinds[FOREIGN] > MOST_FOREIGN * self._pixels:
            least = "" if self._kinds.sum() == self._pixels else "at least "
            advice = "repaint it in these colours, or say with --legend what yours mean"
            raise TerrainError(f"{least}{self._commonest()}; {advice}")

    def tell(self) -> None:
        """Say what was not exact, if anything."""
        count = int(self._kinds[SNAPPED] + self._kinds[FOREIGN])
        if not count:
            return
        share = percent(count / self._pixels)
        pixels = "1 pixel is" if count == 1 else f"{count:,} pixels ({share}) are"
        text = f"{pixels} not exactly in {self._legend.name}'s colours; each was read as the nearest class around it"
        if self._foreign:
            text += f". Far from them all, {self._commonest()}"
        _log.warning("%s: %s", self._name, text)

    def _commonest(self) -> str:
        colour, _ = self._foreign.most_common(1)[0]
        share = self._kinds[FOREIGN] / self._pixels
        return foreign_colour(share, colour, self._legend.colours, self._legend.name)
