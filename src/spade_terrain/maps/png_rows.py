"""PNG files some rows at a time, for maps that don't fit in memory.

Pillow decodes images whole. But each row of a PNG is coded by the row above it alone: so a few rows make a small PNG of
their own, with the last row before them put first, and that Pillow decodes. The format: https://www.w3.org/TR/png-3.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # bits a channel, by colour type
_INDEXED = 3
_HEAD = ">IIBBBBB"
_LONGEST = {b"IHDR": 13, b"PLTE": 3 * 256, b"tRNS": 256}  # bytes of the chunks that are read
_CHECK = 4  # bytes of the checksum after each chunk; that of all the data is at their end, and zlib's
_READ = 1 << 20


class _Head(NamedTuple):
    """What the chunk IHDR says."""

    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filter: int
    interlaced: int


def png_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a PNG; `None` if the file is none. Raises `OSError` if it can't be read."""
    with path.open("rb") as file:
        start = file.read(len(_SIGNATURE) + 16)
    if len(start) < len(_SIGNATURE) + 16 or not start.startswith(_SIGNATURE):
        return None
    width, height = struct.unpack(">II", start[-8:])
    return width, height


def png_is_grey(path: Path) -> bool:
    """Whether a PNG has one channel of 8 bits without colours. Raises `OSError` if it can't be read."""
    with path.open("rb") as file:
        return file.read(len(_SIGNATURE) + 18)[-2:] == b"\x08\x00"


def png_stripes(path: Path, rows: int) -> Iterator[NDArray[np.uint8]]:
    """Decode a PNG, `rows` rows at a time: uint8 `(h, W, 3)`, or `(h, W, 4)` if there is transparency in it.

    Raises `ValueError` if it is interlaced, has 16 bits a channel, is damaged or no PNG; `OSError` if it can't be read.
    """
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise ValueError("it is not a PNG")
        head, colours, size = _start(file)
        if head.interlaced or head.depth == 16:
            raise ValueError("a PNG of this size can't be interlaced or have 16 bits a channel")
        row = -(-head.width * head.depth * _CHANNELS[head.colour] // 8)
        inflate = _Inflate(_data(file, size))
        above = np.zeros((1, row), np.uint8)
        for top in range(0, head.height, rows):
            count = min(rows, head.height - top)
            plain = _unfilter(head, above, inflate.read(count * (1 + row)))
            above = plain[-1:]
            unfiltered = np.pad(plain, ((0, 0), (1, 0))).tobytes()  # each row begins with the number of its filter
            with _open(head._replace(height=count), colours, unfiltered) as image:
                yield np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def _unfilter(head: _Head, above: NDArray[np.uint8], coded: bytes) -> NDArray[np.uint8]:
    """The bytes of some rows before filtering, `(h, bytes a row)`, from the row above them and their coded bytes.

    A filter takes bytes, one pixel back and one row up: so they are read as an image with a channel a byte.
    """
    channels = max(1, head.depth * _CHANNELS[head.colour] // 8)
    row = above.shape[1]
    count = len(coded) // (1 + row)
    alike = _Head(row // channels, 1 + count, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    with _open(alike, b"", b"\0" + above.tobytes() + coded) as image:
        return np.asarray(image).reshape(1 + count, row)[1:]


def _open(head: _Head, colours: bytes, rows: bytes) -> Image.Image:
    chunks = [_chunk(b"IHDR", struct.pack(_HEAD, *head)), colours, _chunk(b"IDAT", zlib.compress(rows, 0))]
    return Image.open(BytesIO(_SIGNATURE + b"".join(chunks) + _chunk(b"IEND", b"")), formats=["PNG"])


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _start(file: BinaryIO) -> tuple[_Head, bytes, int]:
    """Read up to the image's data: the head, the chunks that say what colours mean, and the size of the first data."""
    head, colours = None, b""
    while True:
        size, name = _next(file)
        if name == b"IDAT":
            if head is None:
                raise ValueError("it has no head")
            if head.colour == _INDEXED and b"PLTE" not in colours:
                raise ValueError("it has no colour table")
            return head, colours, size
        if name not in _LONGEST:
            file.seek(size + _CHECK, os.SEEK_CUR)
            continue
        if size > _LONGEST[name]:
            raise ValueError("its head is damaged")
        content = file.read(size)
        if len(file.read(_CHECK)) < _CHECK:
            raise ValueError("it ends too early")
        if name == b"IHDR":
            head = _read_head(content)
        else:
            colours += _chunk(name, content)


def _read_head(content: bytes) -> _Head:
    if len(content) == struct.calcsize(_HEAD):
        head = _Head(*struct.unpack(_HEAD, content))
        if head.depth in _DEPTHS.get(head.colour, ()):
            return head
    raise ValueError("its head is damaged")


def _data(file: BinaryIO, size: int) -> Iterator[bytes]:
    """All of the image's coded data, piece by piece; the first chunk of it has `size` bytes."""
    name = b"IDAT"
    while name == b"IDAT":
        while size:
            piece = file.read(min(size, _READ))
            if not piece:
                raise ValueError("it ends too early")
            size -= len(piece)
            yield piece
        file.read(_CHECK)
        size, name = _next(file)


def _next(file: BinaryIO) -> tuple[int, bytes]:
    start = file.read(8)
    if len(start) < 8:
        raise ValueError("it ends too early")
    size, name = struct.unpack(">I4s", start)
    return size, name


class _Inflate:
    """Data in pieces, inflated as many bytes at a time as are asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._zlib = zlib.decompressobj()

    def read(self, size: int) -> bytes:
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
