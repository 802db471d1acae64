"""Numbers of a grey picture: labels, or shades of grey."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.maps.images.pixels import Pixels
from spade_terrain.palette import CLASSES, Labels

_DARK = 32
"""Grey values below this are labels, right or wrong."""
_MOST = len(CLASSES) - 1
_FEW = 3
"""Different numbers that a picture of labels may have besides, as those that stand for no data: they are told."""


def hold_labels(pixels: Pixels, step: int = 1) -> bool:
    """Whether a picture holds numbers of classes: as colours of the palette, all would be far too dark.

    Args:
        pixels: numbers `(H, W)`; or RGB `(H, W, 3)`, as programs save greys that know no others, but not all black.
        step: what the numbers are multiplied by. Pictures of 2 and 4 bits a pixel hold no colours of the palette.

    """
    if pixels.ndim == 3:
        return bool(0 < pixels.max() < _DARK and (pixels == pixels[..., :1]).all())
    if step > 1 or (pixels.min() >= 0 and pixels.max() < _DARK):
        return True
    others = pixels[~((pixels >= 0) & (pixels <= _MOST))]
    return bool(others.size * 2 < pixels.size and len(np.unique(others)) <= _FEW)


def as_labels(pixels: Pixels, step: int = 1) -> Labels:
    """The labels in pixels that `hold_labels`: uint8 `(H, W)`. Raises `MapError` if any is not from 0 to 6."""
    if pixels.ndim == 3:
        if (pixels != pixels[..., :1]).any():
            raise MapError("the map begins with labels, dark greys from 0 to 6, but has colours farther down; paint it")
        pixels = pixels[..., 0]
    return as_bytes(pixels // step if step > 1 else pixels, "labels go", _MOST)


def as_rgb(grey: Pixels, deep: bool) -> NDArray[np.uint8]:
    """Shades of grey as colours, uint8 `(H, W, 3)`; `deep` ones have 16 bits."""
    return np.stack([(grey >> 8 if deep else grey).astype(np.uint8)] * 3, -1)


def is_deep(grey: Pixels, name: str) -> bool:
    """Whether grey values have 16 bits, rather than 8; raises `MapError` if they are no shades of grey."""
    if grey.dtype == np.uint8:
        return False
    if grey.dtype != np.uint16 or grey.max() <= 255:
        low, high = grey.min(), grey.max()
        raise MapError(
            f"{name} holds numbers from {low:g} to {high:g}, neither labels, 0 to {_MOST}, nor shades of grey; paint a "
            "map, or relabel it"
        )
    return True


def as_bytes(numbers: NDArray[Any], what: str, most: int) -> NDArray[np.uint8]:
    """The same numbers as uint8; raises `MapError` if any is not a whole one from 0 to `most`."""
    if numbers.dtype.kind not in "iuf":
        raise MapError(f"a map's numbers are whole ones, not {numbers.dtype}; convert it with .astype(np.uint8)")
    low, high = numbers.min(), numbers.max()
    if low < 0 or not high <= most:
        raise MapError(f"{what} from 0 to {most}, but the map holds {low if low < 0 else high:g}; relabel it")
    whole = numbers.astype(np.uint8)
    if numbers.dtype.kind == "f" and (whole != numbers).any():
        raise MapError(f"{what} from 0 to {most} in whole numbers, but the map holds fractions; round it")
    return whole
