"""Grey pictures to shades from 0, black, to 1, white; what is transparent is unknown."""

from collections.abc import Iterator
from math import ceil, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.errors import MapError
from spade_terrain.maps import limits
from spade_terrain.maps.heights.rough import shrink
from spade_terrain.maps.images.decoding import check_decodable, decoding, exif_orientation, quiet
from spade_terrain.maps.images.pixels import Pixels, image_pixels, turned
from spade_terrain.maps.images.png_rows import Png, open_png

_FORMATS = ("BMP", "GIF", "WEBP", "JPEG")
"""Pillow's names of what is read besides PNG."""
_COLOURFUL = 0.04
"""How far red, green and blue of a grey may lie apart, as they do in a JPEG."""


def read_picture(path: Path) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Shades of a grey picture, float32 `(h, w)`, upright, and the height and width that it has in its file.

    It may have 16 bits, be in RGB, and be a PNG of any size: more than 4096 x 4096 pixels are averaged to fewer.

    Raises `MapError` if it is in colours, damaged, or too large.
    """
    with decoding(path, ("TIFF", "PNG", *_FORMATS)):
        png = open_png(path)
        if png is not None:
            return _read_png(png)
        with quiet(), Image.open(path, formats=_FORMATS) as image:
            check_decodable(*image.size)
            image.load()
            shades = turned(_shades(image_pixels(image, _unknown_if_clear)), exif_orientation(image))
        return shades, (shades.shape[0], shades.shape[1])


def shrinking(height: int, width: int) -> int:
    """How many times a picture's sides have to shrink for it to be held in memory. Raises `MapError` if too many."""
    if max(height, width) > limits.MAX_SIDE:
        raise MapError(
            f"the `guide` is {width} x {height} pixels, and sides of {limits.MAX_SIDE} are the most; shrink it"
        )
    return ceil(sqrt(height * width / limits.MAX_DECODED))


def _read_png(png: Png) -> tuple[NDArray[np.float32], tuple[int, int]]:
    height, width = png.shape
    factor = shrinking(height, width)
    if factor > 1 and png.start.head.interlaced:
        raise MapError(f"{png.path} is interlaced, and too large to be read at once; save it without interlacing")
    rows = max(1, limits.STRIPE // (width * factor)) * factor
    stripes: Iterator[Pixels] = png.stripes(rows, _unknown_if_clear)
    shades = np.concatenate([shrink(_shades(stripe), factor) for stripe in stripes])
    orientation = png.start.orientation
    return turned(shades, orientation), (width, height) if orientation > 4 else (height, width)


def _unknown_if_clear(pixels: Pixels, solid: NDArray[np.bool_]) -> Pixels:
    """Shades, NaN where a pixel is not wholly solid."""
    return np.where(solid, _shades(np.where(solid if pixels.ndim == 2 else solid[..., None], pixels, 0)), np.nan)


def _shades(pixels: Pixels) -> NDArray[np.float32]:
    """Whole numbers of 8 or 16 bits, grey or RGB, to shades `(h, w)`; shades as they are."""
    if pixels.dtype.kind == "f":
        return pixels.astype(np.float32)
    shades = pixels.astype(np.float32) / np.float32(255 if pixels.dtype.itemsize == 1 else 65535)
    if shades.ndim == 2:
        return shades
    if np.ptp(shades, -1).max() > _COLOURFUL:
        raise MapError("the `guide` is in colours; save it in shades of grey, the higher the brighter")
    means: NDArray[np.float32] = shades.mean(-1, dtype=np.float32)
    return means
