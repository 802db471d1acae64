"""Chunks of PNG files, right and wrong."""

import struct
import zlib
from pathlib import Path

_HEAD_END = 8 + 8 + 13 + 4
"""Bytes of a PNG up to the end of its chunk IHDR."""


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk as it should be."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def flipped(chunk: bytes) -> bytes:
    """The same chunk with a wrong checksum."""
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


def put_chunk(path: Path, chunk: bytes) -> None:
    """Put a chunk after the head of a PNG."""
    data = path.read_bytes()
    path.write_bytes(data[:_HEAD_END] + chunk + data[_HEAD_END:])
