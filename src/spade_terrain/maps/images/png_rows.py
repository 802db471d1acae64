"""PNG files some rows at a time, for maps that don't fit in memory.

Pillow decodes images whole. But each row of a PNG is coded by the row above it alone: so a few rows make a small PNG of
their own, with the last row before them put first, and that Pillow decodes.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.maps.images.pixels import Cover, Pixels, image_pixels, opaque
from spade_terrain.maps.images.png_chunks import CHANNELS, SIGNATURE, Head, Start, chunk, image_data, read_start

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels
_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row and column of each pass of an interlaced picture, and steps down and right."""


@dataclass(frozen=True)
class Png:
    """A PNG file.

    Attributes:
        path: of the file.
        start: what goes before its data.

    """

    path: Path
    start: Start

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.start.head.height, self.start.head.width

    def stripes(self, rows: int, cover: Cover = opaque) -> Iterator[Pixels]:
        """Decode it, `rows` rows at a time, whole if it is interlaced; `cover` is given pixels that have transparency.

        Raises `ValueError` if it is damaged, `OSError` if it can't be read, and what `cover` does: `MapError` if any
        pixel is transparent.
        """
        with self.path.open("rb") as file:
            data = image_data(file, read_start(file).size)
            inflate = _Inflate(data)
            if self.start.head.interlaced:
                yield _interlaced(self.start, inflate, cover)
            else:
                yield from _stripes(self.start, self.start.head, inflate, rows, cover)
            for _ in data:  # to the last checksum
                pass


def open_png(path: Path) -> Png | None:
    """Open a PNG; `None` if the file is none. Raises `ValueError` if it is damaged, `OSError` if it can't be read."""
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return None
        file.seek(0)
        return Png(path, read_start(file))


def _stripes(start: Start, head: Head, inflate: "_Inflate", rows: int, cover: Cover) -> Iterator[Pixels]:
    """The pixels of a picture, or of one pass of it, whose head is given."""
    above = np.zeros((1, head.row), np.uint8)
    for top in range(0, head.height, rows):
        count = min(rows, head.height - top)
        coded = np.frombuffer(inflate.read(count * (1 + head.row)), np.uint8).reshape(count, 1 + head.row)
        plain = _unfilter(max(1, head.bits // 8), above, coded)
        above = plain[-1:]
        decoded = _deep if head.depth == 16 else _shallow
        yield decoded(start, head._replace(height=count, interlaced=0), plain, cover)


def _interlaced(start: Start, inflate: "_Inflate", cover: Cover) -> Pixels:
    whole: Pixels | None = None
    height, width = start.head.height, start.head.width
    for row, column, down, right in _PASSES:
        part = start.head._replace(height=-(-(height - row) // down), width=-(-(width - column) // right))
        if min(part.height, part.width) > 0:
            (pixels,) = _stripes(start, part, inflate, part.height, cover)
            if whole is None:
                whole = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
            whole[row::down, column::right] = pixels
    assert whole is not None  # the first pass has the first pixel
    return whole


def _unfilter(size: int, above: NDArray[np.uint8], coded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The bytes of some rows before filtering, `(h, n)`, from the row above them, `(1, n)`, and theirs, `(h, 1 + n)`.

    A filter takes bytes, one pixel of `size` bytes back and one row up: so they are read as an image with a channel a
    byte. Where that would be more than four, the first and second bytes of all channels are read by themselves.
    """
    count, row = coded.shape[0], above.shape[1]
    if size > 4:
        filters, rows = coded[:, :1], coded[:, 1:]
        halves = (_unfilter(size // 2, above[:, i::2], np.hstack([filters, rows[:, i::2]])) for i in (0, 1))
        return np.stack(list(halves), -1).reshape(count, row)
    alike = Head(row // size, 1 + count, 8, _COLOUR_TYPES[size])
    with _open(alike, b"", b"\0" + above.tobytes() + coded.tobytes()) as image:
        return np.asarray(image).reshape(1 + count, row)[1:]


def _shallow(start: Start, head: Head, plain: NDArray[np.uint8], cover: Cover) -> Pixels:
    """Pixels of 8 bits a channel or less."""
    unfiltered = np.pad(plain, ((0, 0), (1, 0))).tobytes()  # each row begins with the number of its filter
    colours = b"".join(chunk(n, c) for n, c in ((b"PLTE", start.table), (b"tRNS", start.transparency)) if c)
    with _open(head, colours, unfiltered) as image:
        return image_pixels(image, cover)


def _deep(start: Start, head: Head, plain: NDArray[np.uint8], cover: Cover) -> Pixels:
    """Pixels of 16 bits a channel: grey ones stay so, since they may be labels."""
    channels = CHANNELS[head.colour]
    pixels = plain.view(">u2").reshape(head.height, head.width, channels)
    seen: Pixels = pixels[..., 0].astype(np.uint16) if channels < 3 else (pixels[..., :3] >> 8).astype(np.uint8)
    if start.transparency:
        return cover(seen, (pixels != np.frombuffer(start.transparency, ">u2")).any(-1))
    return cover(seen, pixels[..., -1] == 0xFFFF) if channels in (2, 4) else seen


def _open(head: Head, colours: bytes, rows: bytes) -> Image.Image:
    content = head.chunk() + colours + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    return Image.open(BytesIO(SIGNATURE + content), formats=["PNG"])


class _Inflate:
    """Data in pieces, inflated as many bytes at a time as are asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._zlib = zlib.decompressobj()

    def read(self, size: int) -> bytes:
        """Raises `ValueError` if the data are damaged or there are fewer."""
        out = bytearray()
        while len(out) < size:
            coded = self._zlib.unconsumed_tail or next(self._pieces, b"")
            try:
                piece = self._zlib.decompress(coded, size - len(out))
            except zlib.error as e:
                raise ValueError("its data are damaged") from e
            if not piece and not coded:
                raise ValueError("it ends too early")
            out += piece
        return bytes(out)
