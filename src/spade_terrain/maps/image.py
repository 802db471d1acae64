"""Painted maps to labels, with an error in one clear line for everything that can be wrong with one."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from spade_terrain.errors import TerrainError
from spade_terrain.maps.legend import PALETTE, Legend
from spade_terrain.maps.painting import read_rows
from spade_terrain.palette import CLASSES, Labels

MIN_SIDE = 64
MAX_SIDE = 65_536
MAX_PIXELS = 4096 * 4096
"""Of an image that is decoded at once, as all files but PNG have to be."""
FORMATS = ("PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG")
"""Pillow's names of what people paint in."""
STRIPE = 1 << 22
"""Pixels that are read at once."""
_DARK = 32
"""Grey values below this are labels, right or wrong."""
_GREY = ("L", "I;16", "I;16B", "I")
"""Pillow's modes of whole numbers without colours, which may be labels."""

Map = str | os.PathLike[str] | NDArray[np.uint8]


def to_labels(source: Map, legend: Legend = PALETTE) -> Labels:
    """Labels (uint8 `(H, W)`, 0..6) of a map: an image's path, a painted image (uint8 RGB `(H, W, 3)`) or labels.

    Raises `TerrainError` if it is none of them, a side is under 64 pixels or over 65,536, a file is too large to be
    decoded at once, or too much of it is in foreign colours.
    """
    if isinstance(source, str | os.PathLike):
        return read_map(Path(source), legend)
    if not isinstance(source, np.ndarray) or source.dtype != np.uint8:
        kind = source.dtype if isinstance(source, np.ndarray) else type(source).__name__
        raise TerrainError(f"a map is a path or an array of uint8, not {kind}; convert it with .astype(np.uint8)")
    painted = source.ndim == 3 and source.shape[2] == 3
    if not painted and source.ndim != 2:
        raise TerrainError(f"a map has the shape (H, W), labels, or (H, W, 3), painted in RGB, not {source.shape}")
    check_size(source.shape[1], source.shape[0])
    if painted:
        return _read_painted(source, legend, "the map")
    return checked_labels(source)


def read_map(path: Path, legend: Legend = PALETTE) -> Labels:
    """Read an image painted in a legend's colours, or of labels: uint8 `(H, W)`, 0..6.

    Edges may be smoothed, and the image a JPEG; it may have a colour table; an alpha channel has to be opaque. A grey
    image without colour table, and so dark that it is none of colours, is one of labels, unless there is a legend.

    Raises `TerrainError` if the file can't be read, is not opaque, is too small or too large, or too much of it is in
    foreign colours.
    """
    try:
        pixels = _read_pixels(path)
    except FileNotFoundError as e:
        raise TerrainError(f"no such file: {path}") from e
    except UnidentifiedImageError as e:
        raise TerrainError(f"{path} is not an image ({', '.join(FORMATS)}); save the map as PNG") from e
    except Image.DecompressionBombError as e:  # found before we see the size
        raise _too_large("far more") from e
    except (OSError, SyntaxError, ValueError) as e:  # as Pillow's decoders report a damaged file
        raise TerrainError(f"{path} can't be read ({reason(e)}); save the map again as PNG") from e
    if pixels.ndim == 2:
        if legend is PALETTE and hold_labels(pixels):
            return checked_labels(pixels.astype(np.uint8))
        pixels = np.stack([pixels.clip(0, 255).astype(np.uint8)] * 3, -1)
    return _read_painted(opaque(pixels, path), legend, str(path))


def hold_labels(pixels: NDArray[Any]) -> bool:
    """Whether grey pixels are numbers of classes: as colours of the palette, all would be far too dark."""
    return bool(pixels.min() >= 0 and pixels.max() < _DARK)


def checked_labels(labels: Labels) -> Labels:
    """The same labels; raises `TerrainError` if any is none."""
    if (largest := int(labels.max())) >= len(CLASSES):
        raise TerrainError(f"labels go from 0 to {len(CLASSES) - 1}, but the map holds {largest}; relabel it")
    return labels


def opaque(pixels: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    """The colours, uint8 `(H, W, 3)`, of a file's pixels, that may have alpha; `TerrainError` if any shines through."""
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        raise TerrainError(f"{path} is transparent in places; flatten it, so that every pixel has a palette colour")
    return pixels[..., :3]


def _read_painted(image: NDArray[np.uint8], legend: Legend, name: str) -> Labels:
    height, width = image.shape[:2]
    rows = max(1, STRIPE // width)
    stripes = (image[top : top + rows] for top in range(0, height, rows))
    return np.concatenate(list(read_rows(stripes, legend, (height, width), name)))


def _read_pixels(path: Path) -> NDArray[Any]:
    """uint8 `(H, W, 3)`, or `(H, W, 4)` with alpha; of a grey image whole numbers `(H, W)`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of, we either accept or refuse
        with Image.open(path, formats=FORMATS) as image:
            check_size(*image.size)
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(f"{image.width} x {image.height}")
            if image.mode in _GREY and not image.has_transparency_data:
                return np.asarray(image)
            return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def check_size(width: int, height: int) -> None:
    """Raise `TerrainError` if a map can't be as small or as large as this, in pixels."""
    if min(width, height) < MIN_SIDE:
        raise TerrainError(f"the map is {width} x {height} pixels; paint one with sides of at least {MIN_SIDE}")
    if max(width, height) > MAX_SIDE:
        raise TerrainError(f"the map is {width} x {height} pixels, and sides of {MAX_SIDE} are the most; cut it")


def _too_large(size: str) -> TerrainError:
    return TerrainError(
        f"the map has {size} pixels, and 4096 x 4096 ({MAX_PIXELS / 1e6:.1f} million) are the most that can be read "
        "unless it is a PNG; save it as one"
    )


def reason(error: Exception) -> str:
    """What a decoder had to say, in one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())
