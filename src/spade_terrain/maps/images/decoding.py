"""Files of images to pixels, all that they say of themselves heeded: orientation, profile, bands."""

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from spade_terrain.errors import DeviceError, MapError, TerrainError, one_line
from spade_terrain.maps import limits
from spade_terrain.maps.images.pixels import Pixels, image_pixels, turned
from spade_terrain.maps.images.png_rows import Png, open_png
from spade_terrain.maps.images.profile import Profile, read_profile
from spade_terrain.maps.images.tiff import BLACK_IS_ZERO, RGB, Tags, gdal_pixels, read_tags

FORMATS = ("PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG")
"""Pillow's names of what people paint in."""
_ORIENTATION = 0x0112
"""The number of a field of EXIF."""

_log = logging.getLogger(__name__)


class Picture(NamedTuple):
    """An image, upright.

    Attributes:
        pixels: as `pixels` has them.
        profile: of its colours, if it isn't sRGB.
        step: what the numbers of grey pixels of 2 and 4 bits have been multiplied by, to be shades of 8 bits.

    """

    pixels: Pixels
    profile: Profile | None
    step: int = 1


_STEPS = {2: 85, 4: 17}


def large_png(path: Path) -> Png | None:
    """The file as a PNG that is too large to be decoded at once; `None` if it is something else.

    Raises `MapError` if it is damaged, or too large for a map.
    """
    with decoding(path):
        png = open_png(path)
    if png is None:
        return None
    height, width = png.shape
    limits.check_size(width, height)
    if height * width <= limits.MAX_DECODED:
        return None
    if png.start.head.interlaced:
        raise MapError(f"{path} is interlaced, and too large to be read at once; save it without interlacing")
    return png


def png_profile(png: Png) -> Profile | None:
    """The profile of a PNG's colours, as `profile.read_profile` reads it."""
    return read_profile(png.start.profile, "L" if png.start.head.colour in (0, 4) else "RGB", str(png.path))


def grey_step(png: Png) -> int:
    """`Picture.step` of a PNG."""
    return _STEPS.get(png.start.head.depth, 1) if png.start.head.colour == 0 else 1


def decode(path: Path) -> Picture:
    """Decode an image, in a block of `decoding`.

    Raises `MapError` if it is transparent, too small or too large, and whatever decoders do if it is damaged.
    """
    png = open_png(path)
    if png is None:
        return _decode_other(path)
    limits.check_size(*reversed(png.shape))
    check_decodable(*reversed(png.shape))
    pixels = np.concatenate(list(png.stripes(max(1, limits.STRIPE // png.shape[1]))))
    return Picture(turned(pixels, png.start.orientation), png_profile(png), grey_step(png))


@contextmanager
def decoding(path: Path, formats: Sequence[str] = FORMATS) -> Iterator[None]:
    """A block that reads a file of an image: whatever the decoders raise of a damaged one becomes an error of ours."""
    try:
        yield
    except TerrainError:  # a `MapError` is a `ValueError`, too
        raise
    except MemoryError as e:
        raise DeviceError(f"there is too little memory to read {path}; free some, or use a smaller picture") from e
    except UnidentifiedImageError as e:
        raise MapError(f"{path} is not an image of a kind that is read ({', '.join(formats)}); save it as PNG") from e
    except Image.DecompressionBombError as e:  # found before we see the size
        raise _too_large("far more") from e
    except Exception as e:  # decoders raise whatever their parts do
        raise MapError(f"{path} can't be read ({one_line(e)}); save it again as PNG") from e


def _decode_other(path: Path) -> Picture:
    """Decode what is no PNG."""
    tags = read_tags(path)
    if tags:
        limits.check_size(*tags.size)
        check_decodable(*tags.size)
    with quiet():
        picture = _decode_by_gdal(path, tags) if tags and not tags.fit_pillow else _decode_by_pillow(path)
    used = 1 if picture.pixels.ndim == 2 else 3
    if tags and tags.photometric <= RGB and len(tags.bits) > used + tags.alpha:
        read = "the first is read" if used == 1 else "the first three are read as RGB"
        _log.warning("%s has %d bands; %s", path, len(tags.bits), read)
    plain = tags is not None and tags.fit_pillow and tags.photometric == BLACK_IS_ZERO and len(tags.bits) == 1
    return picture._replace(step=_STEPS.get(tags.bits[0], 1)) if tags and plain else picture


def _decode_by_gdal(path: Path, tags: Tags) -> Picture:
    pixels = turned(gdal_pixels(path), tags.orientation)
    return Picture(pixels, read_profile(tags.profile, "L" if pixels.ndim == 2 else "RGB", str(path)))


def _decode_by_pillow(path: Path) -> Picture:
    with Image.open(path, formats=FORMATS) as image:
        limits.check_size(*image.size)
        check_decodable(*image.size)
        image.load()
        orientation = exif_orientation(image)
        data = image.info.get("icc_profile")
        if image.mode == "CMYK":
            profile = read_profile(data, "CMYK", str(path))
            pixels = image_pixels(profile.convert(image) if profile else image)
            return Picture(turned(pixels, orientation), None)
        pixels = turned(image_pixels(image), orientation)
        return Picture(pixels, read_profile(data, "L" if pixels.ndim == 2 else "RGB", str(path)))


def exif_orientation(image: Image.Image) -> int:
    """As EXIF says, 1 to 8; 1 for a TIFF, which Pillow has turned when it is loaded."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF, in one of many ways, says nothing
        return 1
    return orientation if orientation in range(1, 9) else 1


def check_decodable(width: int, height: int) -> None:
    """Raise `MapError` if a picture other than a PNG is too large to be decoded."""
    if width * height > limits.MAX_DECODED:
        raise _too_large(f"{width} x {height}")


@contextmanager
def quiet() -> Iterator[None]:
    """A block in which Pillow, libtiff and GDAL say nothing: what they warn of, we either accept or refuse."""
    loggers = [logging.getLogger(name) for name in ("PIL", "rasterio")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), _no_stderr():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def _no_stderr() -> Iterator[None]:
    """A block in which what a library in C writes to stderr goes nowhere."""
    try:
        kept = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _too_large(size: str) -> MapError:
    return MapError(
        f"the picture has {size} pixels, and 4096 x 4096 ({limits.MAX_DECODED / 1e6:.1f} million) are the most that "
        "can be read unless it is a PNG; save it as one"
    )
