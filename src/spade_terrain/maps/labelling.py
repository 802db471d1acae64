"""Painted pixels to labels, some rows at a time, with one line on what was not in exact colours."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.maps.colour_matching import APPROXIMATE, OFF_PALETTE, REACH, match_colours
from spade_terrain.maps.legend import Legend, shipped_legends
from spade_terrain.palette import Labels, describe_off_palette, pack, percent

MAX_OFF_PALETTE = 0.05
"""The share of a map that may be in quite other colours, as its names and outlines are: it becomes what is around."""

_ALIKE = 6
"""Colours whose channels differ by no more may be the same, after JPEG or a resampling."""

_log = logging.getLogger(__name__)


def label_stripes(
    stripes: Iterable[NDArray[np.uint8]], legend: Legend, shape: tuple[int, int], name: str
) -> Iterator[Labels]:
    """Label a painted map, some rows at a time; how they are divided makes no difference.

    Args:
        stripes: uint8 RGB `(h, W, 3)`, from the first row to the last.
        legend: what the colours mean.
        shape: height and width of the whole map.
        name: what to call the map in a message.

    Yields:
        Labels, uint8 `(h, W)`, 0..6, of as many rows as there are.

    Raises:
        MapError: too much of the map is in colours that are neither the legend's nor mixed from them.

    """
    count = _Count(legend, shape, name)
    for image, inner in _overlapping(stripes):
        labels, kinds = (part[inner] for part in match_colours(image, legend))
        count.add(image[inner], kinds)
        yield labels
    count.log()


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


class _Count:
    """How many pixels of a map were matched how."""

    def __init__(self, legend: Legend, shape: tuple[int, int], name: str) -> None:
        self._legend, self._name = legend, name
        self._pixels = shape[0] * shape[1]
        self._kinds = np.zeros(3, np.int64)
        self._off_palette: Counter[int] = Counter()

    def add(self, image: NDArray[np.uint8], kinds: NDArray[np.uint8]) -> None:
        """Some rows more. Raises `MapError` once too much is off the palette."""
        self._kinds += np.bincount(kinds.ravel(), minlength=3)
        colours, counts = np.unique(pack(image[kinds == OFF_PALETTE]), return_counts=True)
        self._off_palette.update(dict(zip(colours.tolist(), counts.tolist(), strict=True)))
        if self._kinds[OFF_PALETTE] > MAX_OFF_PALETTE * self._pixels:
            least = "" if self._kinds.sum() == self._pixels else "at least "
            raise MapError(f"{least}{self._commonest()}; {self._advice()}")

    def log(self) -> None:
        """Warn of what was not exact, if anything."""
        count = int(self._kinds[APPROXIMATE] + self._kinds[OFF_PALETTE])
        if not count:
            return
        share = percent(count / self._pixels)
        pixels = "1 pixel is" if count == 1 else f"{count:,} pixels ({share}) are"
        text = f"{pixels} not exactly in {self._legend.name}'s colours; each was read as the nearest class around it"
        if self._off_palette:
            text += f". Far from them all, {self._commonest()}"
        _log.warning("%s: %s", self._name, text)

    def _advice(self) -> str:
        """What to do about a map in other colours: perhaps a legend that ships has them."""
        colours, counts = (np.array(part) for part in zip(*self._off_palette.items(), strict=True))
        rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], -1)
        for shipped in shipped_legends():
            near = np.abs(rgb[:, None] - shipped.rgb.astype(int)).max(-1).min(-1) <= _ALIKE
            if shipped.colours != self._legend.colours and counts[near].sum() > counts.sum() / 2:
                return f"they are mostly those of {shipped.name}'s maps: read it with `legend` {shipped.name}"
        return "repaint it in these colours, or say with a `legend` what yours mean"

    def _commonest(self) -> str:
        colour, _ = self._off_palette.most_common(1)[0]
        share = self._kinds[OFF_PALETTE] / self._pixels
        return describe_off_palette(share, colour, self._legend.colours, self._legend.name)
