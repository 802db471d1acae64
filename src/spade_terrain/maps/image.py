"""Images, in files and arrays, to labels, with an error in one clear line for everything that can be wrong with one."""

import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from spade_terrain.errors import MapError, MissingFileError, TerrainError, one_line
from spade_terrain.maps import limits
from spade_terrain.maps.labelling import label_stripes
from spade_terrain.maps.legend import PALETTE, Legend
from spade_terrain.maps.png_rows import png_is_grey, png_size, png_stripes
from spade_terrain.palette import CLASSES, Labels

FORMATS = ("PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG")
"""Pillow's names of what people paint in."""
_DARK = 32
"""Grey values below this are labels, right or wrong."""
_GREY = ("L", "I;16", "I;16B", "I")
"""Pillow's modes of whole numbers without colours, which may be labels."""


def label_array(array: NDArray[np.uint8], legend: Legend = PALETTE) -> Labels:
    """Labels (uint8 `(H, W)`, 0..6) of a painted image, uint8 RGB `(H, W, 3)`, or of labels.

    Raises `MapError` if it is neither, a side is under 64 pixels or over 65,536, or too much of it is in quite other
    colours than the legend's.
    """
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
        kind = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise MapError(f"a map is a path or an array of uint8, not {kind}; convert it with .astype(np.uint8)")
    painted = array.ndim == 3 and array.shape[2] == 3
    if not painted and array.ndim != 2:
        raise MapError(f"a map has the shape (H, W), labels, or (H, W, 3), painted in RGB, not {array.shape}")
    limits.check_size(array.shape[1], array.shape[0])
    return _label_painted(array, legend, "the map") if painted else _checked(array)


def read_map(path: Path, legend: Legend = PALETTE) -> Labels:
    """Read an image painted in a legend's colours, or of labels: uint8 `(H, W)`, 0..6.

    Edges may be anti-aliased, and the image a JPEG; it may have a colour table; an alpha channel has to be opaque. A
    grey image without colour table, and so dark that it is none of colours, is one of labels, unless there is a legend.

    Raises `MapError` if the file can't be decoded, is not opaque, is too small or too large, or too much of it is in
    quite other colours than the legend's; `MissingFileError` if it is not there.
    """
    try:
        pixels = _decode(path)
    except TerrainError:  # a `MapError` is a `ValueError`, too
        raise
    except FileNotFoundError as e:
        raise MissingFileError(f"no such file: {path}") from e
    except UnidentifiedImageError as e:
        raise MapError(f"{path} is not an image ({', '.join(FORMATS)}); save the map as PNG") from e
    except Image.DecompressionBombError as e:  # found before we see the size
        raise _too_large("far more") from e
    except (OSError, SyntaxError, ValueError) as e:  # as Pillow's decoders report a damaged file
        raise _damaged(path, e) from e
    if pixels.ndim == 2:
        if legend is PALETTE and _hold_labels(pixels):
            return _checked(pixels.astype(np.uint8))
        pixels = np.stack([pixels.clip(0, 255).astype(np.uint8)] * 3, -1)
    return _label_painted(_opaque(pixels, path), legend, str(path))


def large_png_shape(path: Path) -> tuple[int, int] | None:
    """Height and width if the file is a PNG that is too large to be decoded at once, else `None`.

    Raises `MapError` if it is too large for a map.
    """
    try:
        size = png_size(path)
    except OSError:
        return None  # what is wrong with it, reading says
    if size is None or size[0] * size[1] <= limits.MAX_DECODED:
        return None
    limits.check_size(*size)
    return size[1], size[0]


def read_large_png(path: Path, legend: Legend, shape: tuple[int, int]) -> Iterator[Labels]:
    """Read a PNG of this shape as `read_map` reads it, some rows at a time: labels, uint8 `(h, W)`, 0..6.

    Whether a grey one holds labels, the first of these rows decide. Raises as `read_map`, when it comes to the place.
    """
    rows = max(1, limits.STRIPE // shape[1])
    stripes: Iterator[NDArray[np.uint8]] = (_opaque(pixels, path) for pixels in png_stripes(path, rows))
    try:
        if legend is PALETTE and png_is_grey(path):
            first = next(stripes)
            stripes = chain([first], stripes)
            if _hold_labels(first):
                yield from (_checked(grey[..., 0]) for grey in stripes)
                return
        yield from label_stripes(stripes, legend, shape, str(path))
    except TerrainError:
        raise
    except (OSError, SyntaxError, ValueError) as e:
        raise _damaged(path, e) from e


def _decode(path: Path) -> NDArray[Any]:
    """uint8 `(H, W, 3)`, or `(H, W, 4)` with alpha; of a grey image whole numbers `(H, W)`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of, we either accept or refuse
        with Image.open(path, formats=FORMATS) as image:
            limits.check_size(*image.size)
            if image.width * image.height > limits.MAX_DECODED:
                raise _too_large(f"{image.width} x {image.height}")
            if image.mode in _GREY and not image.has_transparency_data:
                return np.asarray(image)
            return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def _opaque(pixels: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    """The colours, uint8 `(H, W, 3)`, of pixels that may have alpha; raises `MapError` if any is transparent."""
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        raise MapError(f"{path} is transparent in places; flatten it, so that every pixel has a palette colour")
    return pixels[..., :3]


def _label_painted(image: NDArray[np.uint8], legend: Legend, name: str) -> Labels:
    height, width = image.shape[:2]
    rows = max(1, limits.STRIPE // width)
    stripes = (image[top : top + rows] for top in range(0, height, rows))
    return np.concatenate(list(label_stripes(stripes, legend, (height, width), name)))


def _hold_labels(pixels: NDArray[Any]) -> bool:
    """Whether grey pixels are numbers of classes: as colours of the palette, all would be far too dark."""
    return bool(pixels.min() >= 0 and pixels.max() < _DARK)


def _checked(labels: Labels) -> Labels:
    """The same labels; raises `MapError` if any is none."""
    if (largest := int(labels.max())) >= len(CLASSES):
        raise MapError(f"labels go from 0 to {len(CLASSES) - 1}, but the map holds {largest}; relabel it")
    return labels


def _too_large(size: str) -> MapError:
    return MapError(
        f"the map has {size} pixels, and 4096 x 4096 ({limits.MAX_DECODED / 1e6:.1f} million) are the most that can be "
        "read unless it is a PNG; save it as one"
    )


def _damaged(path: Path, error: Exception) -> MapError:
    return MapError(f"{path} can't be read ({one_line(error)}); save the map again as PNG")
