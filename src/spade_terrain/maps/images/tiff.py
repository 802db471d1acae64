"""TIFF files of kinds that Pillow does not read, or reads wrong without a word: these GDAL reads.

The tags: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf.
"""

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL.TiffImagePlugin import COMPRESSION_INFO, ImageFileDirectory_v2

from spade_terrain.errors import MapError, MissingLibraryError
from spade_terrain.maps.images.pixels import Pixels, opaque

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION = 256, 257, 258, 259, 262, 274
_SAMPLES, _PLANAR, _EXTRA, _PROFILE = 277, 284, 338, 34675
BLACK_IS_ZERO, RGB = 1, 2
"""Photometric interpretations of grey and RGB; colour tables and others are higher."""
_ALPHA = (1, 2)
"""The values of `_EXTRA` of a band of opacity."""
_HEADS = {b"II*\0": 8, b"MM\0*": 8, b"II+\0": 16, b"MM\0+": 16}
"""How a TIFF begins, and the size of its head."""

_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, KeyError, OverflowError, struct.error)
"""What Pillow raises of tags that make no sense."""


@dataclass(frozen=True)
class Tags:
    """What a TIFF says of itself.

    Attributes:
        size: width and height.
        bits: of each band.
        photometric: the photometric interpretation, `RGB` for one.
        compression: the number of the way in which it is compressed.
        planar: whether band follows band, rather than pixel pixel.
        alpha: whether there is a band of opacity.
        orientation: as in EXIF, 1 to 8: 1 is upright.
        profile: the ICC profile, if there is one.

    """

    size: tuple[int, int]
    bits: tuple[int, ...]
    photometric: int
    compression: int
    planar: bool
    alpha: bool
    orientation: int
    profile: bytes | None

    @property
    def fit_pillow(self) -> bool:
        """Whether Pillow reads such a file, and right."""
        kind, count = set(self.bits), len(self.bits)
        if self.photometric > RGB:
            return True  # or it says that it can't
        if self.compression not in COMPRESSION_INFO:
            return False
        if count == 1:
            return kind <= {1, 2, 4, 8, 16, 32}
        if self.planar:
            return kind == {8} and count == 3
        return (kind == {8} and count <= 4) or (kind == {16} and count in (3, 4) and self.photometric == RGB)


def read_directory(path: Path) -> ImageFileDirectory_v2 | None:
    """The tags of a TIFF's first image, by number; `None` if the file is no TIFF, or has none that make sense.

    Raises `OSError` if it can't be read.
    """
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] not in _HEADS:
            return None
        head += file.read(_HEADS[head[:4]] - 8)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Pillow warns of, we either accept or refuse
                directory = ImageFileDirectory_v2(head)
                file.seek(directory.next)
                directory.load(file)
        except _DAMAGED:
            return None  # what is wrong with it, reading says
    return directory


def read_tags(path: Path) -> Tags | None:
    """The tags that say how to decode a TIFF; else as `read_directory`."""
    directory = read_directory(path)
    try:
        return None if directory is None else _tags(directory)
    except _DAMAGED:
        return None


def _tags(directory: ImageFileDirectory_v2) -> Tags:
    samples = int(directory.get(_SAMPLES, 1))
    bits = tuple(map(int, directory.get(_BITS, (1,))))
    if not 0 < samples <= 1 << 16 or len(bits) not in (1, samples):
        raise ValueError("bands without bits")
    return Tags(
        size=(int(directory[_WIDTH]), int(directory[_HEIGHT])),
        bits=bits if len(bits) == samples else bits * samples,
        photometric=int(directory.get(_PHOTOMETRIC, 1)),
        compression=int(directory.get(_COMPRESSION, 1)),
        planar=directory.get(_PLANAR, 1) == 2,
        alpha=any(kind in _ALPHA for kind in directory.get(_EXTRA, ())),
        orientation=orientation_of(directory),
        profile=directory.get(_PROFILE),
    )


def orientation_of(directory: ImageFileDirectory_v2) -> int:
    """As in EXIF, 1 to 8: 1 is upright."""
    orientation = directory.get(_ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def gdal_pixels(path: Path) -> Pixels:
    """The pixels of a TIFF as it lies in the file: of its first band if it has one or two, else the first three as RGB.

    Raises `MapError` if they are of a type that makes no sense, or any is transparent, `MissingLibraryError` if
    rasterio is not installed, and whatever rasterio does if it can't be read.
    """
    try:
        import rasterio
        from rasterio.enums import ColorInterp
    except ImportError as e:
        raise MissingLibraryError(
            f"{path} is a TIFF of a kind that takes rasterio: pip install 'spade-terrain[formats]', or save it as PNG"
        ) from e
    with rasterio.open(path, driver="GTiff") as raster:
        bands = [1, 2, 3] if raster.count > 2 else [1]
        kinds = {raster.dtypes[band - 1] for band in bands}
        if (len(bands) == 3 and kinds not in ({"uint8"}, {"uint16"})) or "complex" in min(kinds):
            raise MapError(f"{path} has {raster.count} bands of {min(kinds)}; save it as RGB of 8 bits, or as labels")
        pixels: Pixels = raster.read(bands)
        alpha = [i + 1 for i, kind in enumerate(raster.colorinterp) if kind == ColorInterp.alpha]
        if alpha:
            solid = raster.read(alpha[0])
            opaque(pixels, solid == np.iinfo(solid.dtype).max)
    if len(bands) == 1:
        grey: Pixels = pixels[0]
        return grey
    return np.moveaxis(pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8), 0, -1)
