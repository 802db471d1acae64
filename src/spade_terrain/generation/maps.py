"""Painted maps to labels, with an error in one clear line for everything that can be wrong with one."""

import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from spade_terrain.errors import TerrainError
from spade_terrain.palette import CLASSES, Labels, image_to_labels

MIN_SIDE = 64
MAX_PIXELS = 2048 * 2048
FORMATS = ("PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG")
"""Pillow's names of what people paint in, and of JPEG, for the sake of a true word on its blurred colours."""

Map = str | os.PathLike[str] | NDArray[np.uint8]


def to_labels(source: Map) -> Labels:
    """Labels (uint8 `(H, W)`, 0..6) of a map: an image's path, a painted image (uint8 RGB `(H, W, 3)`) or labels.

    Raises `TerrainError` if it is none of them, a side is under 64 pixels or it has more than 2048 x 2048 of them.
    """
    if isinstance(source, str | os.PathLike):
        return read_map(Path(source))
    if not isinstance(source, np.ndarray) or source.dtype != np.uint8:
        kind = source.dtype if isinstance(source, np.ndarray) else type(source).__name__
        raise TerrainError(f"a map is a path or an array of uint8, not {kind}; convert it with .astype(np.uint8)")
    painted = source.ndim == 3 and source.shape[2] == 3
    if not painted and source.ndim != 2:
        raise TerrainError(f"a map has the shape (H, W), labels, or (H, W, 3), painted in RGB, not {source.shape}")
    _check_size(source.shape[1], source.shape[0])
    if painted:
        return image_to_labels(source)
    if (largest := int(source.max())) >= len(CLASSES):
        raise TerrainError(f"labels go from 0 to {len(CLASSES) - 1}, but the map holds {largest}; relabel it")
    return source


def read_map(path: Path) -> Labels:
    """Read an image painted in exactly the palette's colours: labels, uint8 `(H, W)`, 0..6.

    It may have a colour table; an alpha channel has to be opaque. Raises `TerrainError` if the file can't be read, is
    not opaque, has a foreign colour or is too small or too large.
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
        raise TerrainError(f"{path} can't be read ({_reason(e)}); save the map again as PNG") from e
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        raise TerrainError(f"{path} is transparent in places; flatten it, so that every pixel has a palette colour")
    return image_to_labels(pixels[..., :3])


def _read_pixels(path: Path) -> NDArray[np.uint8]:
    """uint8 `(H, W, 3)`, or `(H, W, 4)` with alpha."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of, we either accept or refuse
        with Image.open(path, formats=FORMATS) as image:
            _check_size(*image.size)
            return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def _check_size(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise TerrainError(f"the map is {width} x {height} pixels; paint one with sides of at least {MIN_SIDE}")
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width} x {height}")


def _too_large(size: str) -> TerrainError:
    return TerrainError(
        f"the map has {size} pixels, and 2048 x 2048 ({MAX_PIXELS / 1e6:.1f} million) are the most; cut it"
    )


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())
