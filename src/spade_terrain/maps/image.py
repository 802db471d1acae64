"""Images, in files and arrays, to labels, with an error in one clear line for everything that can be wrong with one."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError
from spade_terrain.maps import limits
from spade_terrain.maps.greys import as_bytes, as_labels, as_rgb, hold_labels, is_deep
from spade_terrain.maps.images.decoding import Picture, decode, decoding, grey_step, large_png, png_profile
from spade_terrain.maps.images.pixels import Pixels, opaque, turned
from spade_terrain.maps.images.png_rows import Png
from spade_terrain.maps.labelling import label_stripes
from spade_terrain.maps.legend import PALETTE, Legend
from spade_terrain.palette import CLASSES, Labels

_MOST_TURNED = 1 << 28
"""Pixels of the largest map whose rows don't come in order, and whose labels are held in memory."""

_log = logging.getLogger(__name__)


def label_array(array: NDArray[Any], legend: Legend = PALETTE) -> Labels:
    """Labels (uint8 `(H, W)`, 0..6) of a painted image, RGB `(H, W, 3)`, or of labels, of any type of numbers.

    A fourth channel, alpha, has to be 255 everywhere.

    Raises `MapError` if it is neither, numbers are not whole, a side is under 64 pixels or over 65,536, or too much of
    it is in quite other colours than the legend's.
    """
    if not isinstance(array, np.ndarray):
        raise MapError(f"a map is a path or an array, not {type(array).__name__}; give one, such as np.asarray(image)")
    painted = array.ndim == 3 and array.shape[2] in (3, 4)
    if not painted and array.ndim != 2:
        raise MapError(f"a map has the shape (H, W), labels, or (H, W, 3), painted in RGB, not {array.shape}")
    limits.check_size(array.shape[1], array.shape[0])
    if painted and array.dtype.kind == "f" and array.min() >= 0 and array.max() <= 1:
        raise MapError("colours go from 0 to 255, but the map's from 0 to 1; multiply it by 255 and round it")
    bytes_ = as_bytes(array, "colours go" if painted else "labels go", 255 if painted else len(CLASSES) - 1)
    if not painted:
        return bytes_
    colours = opaque(bytes_[..., :3], bytes_[..., 3:] == 255)
    return _label(Picture(colours, None), legend, "the map")


def read_map(path: Path, legend: Legend = PALETTE) -> Labels:
    """Read an image painted in a legend's colours, or of labels: uint8 `(H, W)`, 0..6.

    Edges may be anti-aliased, and the image a JPEG; it may have a colour table; an alpha channel has to be opaque. A
    grey image so dark that it is none of colours is one of labels, unless there is a legend.
    It is turned upright as its EXIF says, and its colours are converted to sRGB if it has another profile.

    Raises `MapError` if the file can't be decoded, is not opaque, is too small or too large, or too much of it is in
    quite other colours than the legend's; `DeviceError` if it takes more memory than there is.
    """
    with decoding(path):
        return _label(decode(path), legend, str(path))


@dataclass(frozen=True)
class LargePng:
    """A map in a PNG that is too large to be decoded at once, read as `read_map` reads it.

    Attributes:
        png: the file.
        legend: what its colours mean.

    """

    png: Png
    legend: Legend

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, upright."""
        height, width = self.png.shape
        return (width, height) if self.png.start.orientation > 4 else (height, width)

    def stripes(self) -> Iterator[Labels]:
        """Labels, uint8 `(h, W)`, 0..6, some rows at a time; at once if the picture lies on its side or head.

        Whether a grey one holds labels, and what the numbers of a profile mean, the first of these rows decide. Raises
        as `read_map`, when it comes to the place.
        """
        orientation = self.png.start.orientation
        if orientation <= 2:
            for stripe in self._rows():
                yield turned(stripe, orientation)
            return
        if self.png.shape[0] * self.png.shape[1] > _MOST_TURNED:
            raise MapError(
                f"{self.png.path} is turned (its EXIF has the orientation {orientation}), and too large to be turned "
                "back; save it upright"
            )
        labels = np.empty(self.png.shape, np.uint8)
        row = 0
        for stripe in self._rows():
            labels[row : row + len(stripe)] = stripe
            row += len(stripe)
        yield turned(labels, orientation)

    def _rows(self) -> Iterator[Labels]:
        """The labels as they lie in the file."""
        with decoding(self.png.path):
            stripes = self.png.stripes(max(1, limits.STRIPE // self.png.shape[1]))
            first = next(stripes)
            sample = Picture(first, png_profile(self.png), grey_step(self.png))
            yield from _labels_of(chain([first], stripes), sample, self.legend, self.png.shape, str(self.png.path))


def open_large_png(path: Path, legend: Legend) -> LargePng | None:
    """The map in a PNG that is too large to be decoded at once; `None` if the file is another one.

    Raises `MapError` if it is too large for a map, or damaged.
    """
    png = large_png(path)
    return None if png is None else LargePng(png, legend)


def _label(picture: Picture, legend: Legend, name: str) -> Labels:
    height, width = picture.pixels.shape[:2]
    rows = max(1, limits.STRIPE // width)
    stripes = (picture.pixels[top : top + rows] for top in range(0, height, rows))
    return np.concatenate(list(_labels_of(stripes, picture, legend, (height, width), name)))


def _labels_of(
    stripes: Iterable[Pixels], sample: Picture, legend: Legend, shape: tuple[int, int], name: str
) -> Iterator[Labels]:
    """Label a picture some rows at a time; what kind it is, a sample of it decides, some rows or all of them."""
    if legend is PALETTE and hold_labels(sample.pixels, sample.step):
        yield from (as_labels(pixels, sample.step) for pixels in stripes)
        return
    if sample.pixels.ndim == 2:
        deep = is_deep(sample.pixels, name)
        stripes = (as_rgb(grey, deep) for grey in stripes)
        sample = sample._replace(pixels=as_rgb(sample.pixels, deep))
    yield from label_stripes(_in_srgb(stripes, sample, legend, name), legend, shape, name)


def _in_srgb(stripes: Iterable[Pixels], sample: Picture, legend: Legend, name: str) -> Iterable[NDArray[np.uint8]]:
    profile = sample.profile
    if profile is None:
        return stripes
    if not profile.suits(sample.pixels, legend):
        _log.warning(
            "%s: its colours are nearer to %s's without its colour profile, which is left out", name, legend.name
        )
        return stripes
    return (profile.convert_pixels(pixels) for pixels in stripes)
