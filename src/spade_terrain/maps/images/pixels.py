"""Pixels as the rest of the room takes them: numbers of a grey picture, or colours, both without transparency.

What becomes of transparent pixels, a function says that is given the pixels and whether each is solid, bool `(H, W)`.
Maps have to be opaque.

`Pixels` are whole numbers or floats `(H, W)` of a grey picture, which may be labels, or colours, uint8 `(H, W, 3)`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.errors import MapError

Pixels = NDArray[Any]
Cover = Callable[[Pixels, NDArray[np.bool_]], Pixels]

_GREY = ("L", "I;16", "I;16L", "I;16B", "I", "F")
"""Pillow's modes of numbers without colours."""


def opaque(pixels: Pixels, solid: NDArray[np.bool_]) -> Pixels:
    """The same pixels; raises `MapError` if any is not solid."""
    if not solid.all():
        raise MapError("the map is transparent in places; flatten it, so that every pixel has a palette colour")
    return pixels


def image_pixels(image: Image.Image, cover: Cover = opaque) -> Pixels:
    """The pixels of an image of Pillow's, after `cover` if it has transparency. Raises what that does."""
    if image.mode in _GREY:
        grey = np.asarray(image)
        clear = image.info.get("transparency")
        return grey if clear is None else cover(grey, grey != clear)
    if image.mode in ("LA", "La"):
        grey, alpha = np.moveaxis(np.asarray(image.convert("LA")), 2, 0)
        return cover(grey, alpha == 255)
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    pixels = np.asarray(image.convert("RGBA"))
    if image.format == "BMP" and not pixels[..., 3].any():
        return pixels[..., :3]  # programs that write a fourth byte and don't use it
    return cover(pixels[..., :3], pixels[..., 3] == 255)


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """Put a picture upright, as EXIF's orientation says, 1 to 8: 1 is upright."""
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    down = -1 if orientation in (3, 4, 7, 8) else 1
    right = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::down, ::right]
