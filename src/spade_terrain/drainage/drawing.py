"""Rivers in pictures: lines with smooth edges, wide enough to be seen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import by_rows, kernel
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import Reach

_THIN = 0.7  # pixels that the smallest rivers are drawn wide
_GROWTH = 0.2  # with discharge, as maps have it: much less than true widths, which can't be seen
_OPACITY = 0.85  # of rivers in the texture


def draw_rivers(
    reaches: Sequence[Reach], least: float, spacing: float, shape: tuple[int, ...], scratch: Scratch = MEMORY
) -> NDArray[np.uint8]:
    """Draw rivers: uint8 `(H, W)`, how much of each pixel they cover, 0 to 255.

    A river is as wide as it is on the ground, or, where that is less than can be seen, 0.7 pixels for the least, and
    wider with the fifth root of discharge.

    Args:
        reaches: in pixels of `shape`.
        least: cubic metres a second of the smallest of them; the map's own may have less.
        spacing: metres a pixel.
        shape: `(H, W)`.
        scratch: where the mask lies.

    """
    mask: NDArray[np.uint8] = scratch.zeros(shape, np.uint8)
    for reach in reaches:
        width = max(reach.width / spacing, _THIN * max(reach.discharge / least, 1) ** _GROWTH)
        _draw(mask, reach.points, 0.5 * width)
    return mask


def blend_rivers(texture: NDArray[np.uint8], mask: NDArray[np.uint8], colour: NDArray[np.float32]) -> None:
    """Draw rivers into a texture, in place.

    Args:
        texture: uint8 `(H, W, 3)`.
        mask: as `draw_rivers` makes it, and 0 where there is water already.
        colour: of water, float32 `(3,)`, 0 to 255.

    """

    def blend(first: int, last: int) -> None:
        cover, part = mask[first:last], texture[first:last]
        covered = cover > 0
        share = (_OPACITY / 255 * cover[covered])[:, None]
        part[covered] = np.rint((1 - share) * part[covered] + share * colour)

    by_rows(blend, mask.shape)


@kernel
def _draw(mask: NDArray[np.uint8], points: NDArray[np.float64], half: float) -> None:
    """Draw a line of round brush strokes; where lines overlap the larger share counts."""
    height, width = mask.shape
    reach = half + 0.5
    for k in range(len(points) - 1):
        x, y = points[k]
        along_x, along_y = points[k + 1, 0] - x, points[k + 1, 1] - y
        squared = along_x * along_x + along_y * along_y
        top, bottom = min(y, y + along_y) - reach, max(y, y + along_y) + reach
        left, right = min(x, x + along_x) - reach, max(x, x + along_x) + reach
        for row in range(max(int(top), 0), min(int(bottom) + 1, height)):
            for column in range(max(int(left), 0), min(int(right) + 1, width)):
                dx, dy = column + 0.5 - x, row + 0.5 - y
                t = 0.0 if squared == 0 else min(max((dx * along_x + dy * along_y) / squared, 0.0), 1.0)
                off = np.hypot(dx - t * along_x, dy - t * along_y)
                share = min(reach - off, 2 * half, 1.0)
                if share > 0:
                    mask[row, column] = max(mask[row, column], np.uint8(np.rint(255 * share)))
