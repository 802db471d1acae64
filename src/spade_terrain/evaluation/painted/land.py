"""What became of the land and the waters that a map paints, in counts that can be summed over maps."""

from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.measures.coast import box_counts, box_dimension
from spade_terrain.evaluation.rounding import rounded
from spade_terrain.palette import WATER, Labels

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

SIZES = (5, 12, 50, 200)
"""The most pixels of an island of each size but the last; the last has no most."""

SIZE_NAMES = ("1 to 5", "6 to 12", "13 to 50", "51 to 200", "more than 200")

_CRUMB = 12  # pixels: what is no larger is a skerry off the coast, and not a part of a land that fell apart


@dataclass(frozen=True)
class LandKept:
    """Counts of one map, or of several.

    Attributes:
        painted: pixels painted as land.
        kept: those of them above the sea.
        islands: painted lands that don't touch the map's border, by `SIZES`, int64 `(5,)`.
        surviving: those of them of which a pixel is above the sea, `(5,)`.
        half: those of which half is, `(5,)`.
        lands: painted lands, as far as their pixels touch at sides or corners.
        cut: those of them that have fallen apart: into two or more pieces of more than 12 pixels.
        waters: painted seas and lakes, as far as their pixels touch at sides.
        opened: how many of them have run into another.
        painted_boxes: `box_counts` of the painted land, `(5,)`.
        boxes: those of the land above the sea, `(5,)`.

    """

    painted: int
    kept: int
    islands: Counts
    surviving: Counts
    half: Counts
    lands: int
    cut: int
    waters: int
    opened: int
    painted_boxes: Counts
    boxes: Counts

    def __add__(self, other: "LandKept") -> "LandKept":
        return LandKept(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def figures(self) -> dict[str, Any]:
        """The counts for reading, ready for JSON."""
        by_size = zip(SIZE_NAMES, self.islands, self.surviving, self.half, strict=True)
        return {
            "land_lost": rounded(1 - self.kept / self.painted if self.painted else np.nan),
            "lands": self.lands,
            "cut": self.cut,
            "waters": self.waters,
            "opened": self.opened,
            "painted_dimension": rounded(box_dimension(self.painted_boxes[None])),
            "box_dimension": rounded(box_dimension(self.boxes[None])),
            "islands": {
                name: {"painted": int(painted), "surviving": int(surviving), "half": int(half)}
                for name, painted, surviving, half in by_size
            },
        }


def land_kept(labels: Labels, above: Mask) -> LandKept:
    """Compare a painted map, uint8 `(H, W)`, 0..6, with what of its terrain is `above` the sea, bool `(H, W)`."""
    painted = labels != WATER
    part = _components(painted, 8)
    sizes = np.bincount(part.ravel())[1:]
    left = np.bincount(part[above], minlength=len(sizes) + 1)[1:]
    at_border = np.unique(np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]]))
    inside = np.isin(np.arange(1, len(sizes) + 1), at_border, invert=True)
    size = np.searchsorted(SIZES, sizes)
    return LandKept(
        painted=int(painted.sum()),
        kept=int((painted & above).sum()),
        islands=_by_size(size[inside]),
        surviving=_by_size(size[inside & (left > 0)]),
        half=_by_size(size[inside & (2 * left >= sizes)]),
        lands=len(sizes),
        cut=_cut(part, painted & above),
        waters=int(_components(~painted, 4).max()),
        opened=_opened(~painted, ~above),
        painted_boxes=box_counts(painted),
        boxes=box_counts(above),
    )


def _by_size(sizes: NDArray[np.intp]) -> Counts:
    return np.bincount(sizes, minlength=len(SIZE_NAMES)).astype(np.int64)


def _cut(part: NDArray[np.int32], left: Mask) -> int:
    """How many of the numbered parts have two or more large pieces left."""
    piece = _components(left, 8)
    large = np.bincount(piece.ravel()) > _CRUMB
    owner = np.zeros(len(large), np.int32)
    owner[piece[left]] = part[left]
    return int((np.bincount(owner[1:][large[1:]]) >= 2).sum())


def _opened(painted: Mask, made: Mask) -> int:
    """How many painted waters there are more than waters that they have become."""
    before, after = _components(painted, 4), _components(made, 4)
    both = painted & made
    pairs = np.unique(np.stack([before[both], after[both]], 1), axis=0)
    return len(pairs) - len(np.unique(pairs[:, 1]))


def _components(mask: Mask, connectivity: int) -> NDArray[np.int32]:
    """The number of each pixel's component, from 1; 0 where the mask is not."""
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)[1], np.int32)
