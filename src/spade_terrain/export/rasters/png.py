"""PNG files, encoded some rows at a time: a picture of 65,536 x 65,536 pixels takes no more memory than a small one.

Pillow wants the whole picture. The filters are those of the PNG specification (W3C 2003), section 9; each row takes
the one whose bytes, read as signed numbers, are smallest in sum, as the specification's section 12.8 advises.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.rows import stripes
from spade_terrain.terrain import Rows

_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # by channels: grey, RGB, RGBA
_COMPRESSION = 4  # half the time of the usual 6 for files a twentieth larger
_CHUNK = 2**20

Bytes = NDArray[np.uint8]


def write(path: Path, image: Rows) -> None:
    """Write `image` as the PNG file `path`.

    It is uint8 or uint16, grey `(H, W)`, RGB `(H, W, 3)` or RGBA `(H, W, 4)`. The same image gives the same bytes.
    """
    with path.open("wb") as f:
        _write(f, image)


def encode(image: Rows) -> bytes:
    """The bytes that `write` would write."""
    buffer = BytesIO()
    _write(buffer, image)
    return buffer.getvalue()


def _write(f: IO[bytes], image: Rows) -> None:
    height, width, *channels = image.shape
    colour_type = _COLOUR_TYPES[channels[0] if channels else 1]
    f.write(b"\x89PNG\r\n\x1a\n")
    f.write(_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * image.dtype.itemsize, colour_type, 0, 0, 0)))
    for data in _chunks(_deflated(image)):
        f.write(_chunk(b"IDAT", data))
    f.write(_chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _chunks(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about `_CHUNK`."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= _CHUNK:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _deflated(image: Rows) -> Iterator[bytes]:
    # Differences between pixels are small numbers in no order: the strategy made for them packs them tighter.
    deflate = zlib.compressobj(_COMPRESSION, strategy=zlib.Z_FILTERED)
    pixel = image.dtype.itemsize * (image.shape[2] if len(image.shape) == 3 else 1)
    above = np.zeros((1, image.shape[1] * pixel), np.uint8)
    for stripe in stripes(image):
        # PNG wants the high byte first.
        raw = np.ascontiguousarray(stripe, image.dtype.newbyteorder(">")).view(np.uint8).reshape(len(stripe), -1)
        yield deflate.compress(_filtered(np.concatenate([above, raw]), pixel).tobytes())
        above = raw[-1:]
    yield deflate.flush()


def _filtered(raw: Bytes, pixel: int) -> Bytes:
    """All rows of `raw` but the first, each behind the number of its filter; a pixel is `pixel` bytes long."""
    here, up = raw[1:], raw[:-1]
    left, up_left = _right(here, pixel), _right(up, pixel)
    best = np.empty((len(here), 1 + here.shape[1]), np.uint8)
    least = np.full(len(here), np.iinfo(np.int64).max)
    for number, guess in enumerate(_guesses(left, up, up_left)):
        difference = here - guess
        cost = np.abs(difference.view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64)
        better = cost < least
        least[better] = cost[better]
        best[better, 0] = number
        best[better, 1:] = difference[better]
    return best


def _right(rows: Bytes, by: int) -> Bytes:
    """`rows` moved right, with zeros coming in."""
    moved = np.zeros_like(rows)
    moved[:, by:] = rows[:, :-by]
    return moved


def _guesses(left: Bytes, up: Bytes, up_left: Bytes) -> Iterator[Any]:
    """What the five filters subtract from each byte, in the order of their numbers."""
    yield np.uint8(0)
    yield left
    yield up
    yield (left & up) + ((left ^ up) >> 1)  # the mean rounded down, without a carry
    # Paeth: of the three neighbours the one nearest to left + up - up_left.
    to_left = np.abs(up.astype(np.int16) - up_left)
    to_up = np.abs(left.astype(np.int16) - up_left)
    to_up_left = np.abs(left.astype(np.int16) + up - 2 * up_left.astype(np.int16))
    nearest_two = np.where(to_left <= to_up, left, up)
    yield np.where(np.minimum(to_left, to_up) <= to_up_left, nearest_two, up_left)
