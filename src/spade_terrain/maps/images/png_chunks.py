"""What a PNG is made of: its chunks. The format: https://www.w3.org/TR/png-3.

Chunks without which there is no picture are checked by their checksums, those of colours and transparency too. All
others are skipped unread, however large and whatever is wrong with them, but for what is said of the colours and the
orientation, which are left out if they are damaged.
"""

import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from PIL import Image

from spade_terrain.maps.images.chromaticities import profile_of

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type."""
INDEXED = 3
"""The colour type of pictures with a colour table."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # bits a channel, by colour type
_HEAD = ">IIBBBBB"
_NEEDED = {b"IHDR": 13, b"PLTE": 3 * 256, b"tRNS": 256}
"""The most bytes of the chunks that are read and have to be right."""
_USEFUL = {b"iCCP": 1 << 24, b"eXIf": 1 << 16, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32}
"""The most bytes of the chunks that are read if they are right."""
_CHECK = 4  # bytes of the checksum after each chunk
_READ = 1 << 20
_ORIENTATION = 0x0112
"""The number of a field of EXIF."""


class Head(NamedTuple):
    """What the chunk IHDR says."""

    width: int
    height: int
    depth: int
    colour: int
    compression: int = 0
    filter: int = 0
    interlaced: int = 0

    @property
    def bits(self) -> int:
        """Bits a pixel."""
        return self.depth * CHANNELS[self.colour]

    @property
    def row(self) -> int:
        """Bytes a row."""
        return -(-self.width * self.bits // 8)

    def chunk(self) -> bytes:
        """As it is in a file."""
        return chunk(b"IHDR", struct.pack(_HEAD, *self))


class Start(NamedTuple):
    """All that goes before the image's data.

    Attributes:
        head: size and kind.
        table: the colour table (RGB, three bytes each), empty if there is none.
        transparency: what the chunk tRNS holds, empty if there is none.
        profile: the ICC profile, or one that says what gAMA and cHRM do; `None` if it is sRGB or there is none, empty
            if it is damaged.
        orientation: as in EXIF, 1 to 8: 1 is upright.
        size: bytes of the first chunk of data.

    """

    head: Head
    table: bytes
    transparency: bytes
    profile: bytes | None
    orientation: int
    size: int


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk as it is in a file."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def read_start(file: BinaryIO) -> Start:
    """Read an open PNG up to the image's data. Raises `ValueError` if it is damaged or no PNG."""
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise ValueError("it is not a PNG")
    found: dict[bytes, bytes] = {}
    while True:
        size, name = _next(file)
        if name == b"IDAT":
            return _start(found, size)
        if name in _NEEDED:
            if name in found:
                raise ValueError(f"it has two chunks {name.decode()}")
            if size > _NEEDED[name]:
                raise ValueError("its head is damaged")
            found[name] = _checked(file, name, size)
        elif size <= _USEFUL.get(name, -1):
            content = file.read(size)
            found[name] = content if file.read(_CHECK) == _checksum(name, content) else b""
        elif not name.isalpha() or name[:1].isupper():  # capitals mean that it can't be done without
            raise ValueError(f"it has a chunk {name!r}, which no PNG has")
        else:
            file.seek(size + _CHECK, os.SEEK_CUR)


def image_data(file: BinaryIO, size: int) -> Iterator[bytes]:
    """All of the image's coded data, piece by piece, from where `read_start` stopped; the first chunk has `size` bytes.

    Raises `ValueError` if they end too early, or a checksum is wrong.
    """
    name = b"IDAT"
    while name == b"IDAT":
        check = zlib.crc32(name)
        while size:
            piece = file.read(min(size, _READ))
            if not piece:
                raise ValueError("it ends too early")
            size -= len(piece)
            check = zlib.crc32(piece, check)
            yield piece
        if file.read(_CHECK) != struct.pack(">I", check):
            raise ValueError("its data are damaged, or it ends too early")
        start = file.read(8)
        if len(start) < 8:
            return  # all that is missing is its end
        size, name = struct.unpack(">I4s", start)


def _start(found: dict[bytes, bytes], size: int) -> Start:
    if b"IHDR" not in found:
        raise ValueError("it has no head")
    head = _read_head(found[b"IHDR"])
    table = found.get(b"PLTE", b"") if head.colour == INDEXED else b""
    if head.colour == INDEXED and (not table or len(table) % 3):
        raise ValueError("it has no colour table")
    transparency = found.get(b"tRNS", b"") if head.colour in (0, 2, INDEXED) else b""  # others have alpha
    if transparency and not _fits(transparency, head, table):
        raise ValueError("its transparency is damaged")
    return Start(head, table, transparency, _read_profile(found), _read_orientation(found.get(b"eXIf", b"")), size)


def _read_head(content: bytes) -> Head:
    if len(content) == struct.calcsize(_HEAD):
        head = Head(*struct.unpack(_HEAD, content))
        kept = head.compression == head.filter == 0 and head.interlaced in (0, 1)
        if head.depth in _DEPTHS.get(head.colour, ()) and min(head.width, head.height) > 0 and kept:
            return head
    raise ValueError("its head is damaged")


def _fits(transparency: bytes, head: Head, table: bytes) -> bool:
    """Whether the chunk tRNS has as many bytes as it must: one a colour at most, or two a channel."""
    if head.colour == INDEXED:
        return len(transparency) <= len(table) // 3
    return len(transparency) == 2 * CHANNELS[head.colour]


def _read_profile(found: dict[bytes, bytes]) -> bytes | None:
    if b"iCCP" not in found:
        return None if b"sRGB" in found else profile_of(found.get(b"gAMA", b""), found.get(b"cHRM", b""))
    _, _, rest = found[b"iCCP"].partition(b"\0")  # its name goes before, and a byte for the compression after
    try:
        return zlib.decompressobj().decompress(rest[1:], _USEFUL[b"iCCP"])
    except zlib.error:
        return b""


def _read_orientation(content: bytes) -> int:
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif.load(content)
            orientation = exif.get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, struct.error):
        return 1
    return orientation if orientation in range(1, 9) else 1


def _checked(file: BinaryIO, name: bytes, size: int) -> bytes:
    content = file.read(size)
    check = file.read(_CHECK)
    if len(check) < _CHECK:
        raise ValueError("it ends too early")
    if check != _checksum(name, content):
        raise ValueError(f"its chunk {name.decode()} is damaged")
    return content


def _checksum(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(name + content))


def _next(file: BinaryIO) -> tuple[int, bytes]:
    start = file.read(8)
    if len(start) < 8:
        raise ValueError("it ends too early")
    size, name = struct.unpack(">I4s", start)
    return size, name
