"""A file of the generator, of whatever kind, to cells."""

import json
import zlib
from base64 import b64decode
from pathlib import Path
from urllib.parse import unquote

from spade_terrain.errors import MapError, StorageError, one_line
from spade_terrain.inputs import check_input
from spade_terrain.maps.azgaar.cells import Cells
from spade_terrain.maps.azgaar.export import ADVICE, read_export
from spade_terrain.maps.azgaar.fields import Field
from spade_terrain.maps.azgaar.save import read_save

SUFFIXES = (".json", ".map", ".gz", ".geojson", ".svg")
"""What the names of the generator's files end in; of these, two can't be read, and the error says what can."""
_MOST = 400 << 20
"""Bytes of the largest file, unpacked: with 100,000 points, the most that the generator makes, an export has 80 MB."""


def read_cells(path: Path) -> Cells:
    """Read a full JSON export, or a saved map, either of which may be packed by gzip, by what is in it.

    A biome that is not known becomes the class of the nearest colour, with a warning; another says what is not used.

    Raises `MapError` if the file is cut short, is of another kind, or not as the generator writes it;
    `MissingFileError` or `StorageError` if it can't be read.
    """
    data = _unpacked(_read(path), path)
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise MapError(f"{path} is an SVG, which is not read; export a PNG, or, if it is Azgaar's, {ADVICE}")
    try:
        if start.startswith((b"{", b"[")):
            return read_export(Field(json.loads(data), "", path))
        return read_save(Field(_text(data).split("\r\n"), "its records", path))
    except MapError:  # a `ValueError`, too
        raise
    except (ValueError, RecursionError) as e:
        raise MapError(f"{path} is not JSON nor a saved map, or was cut short ({one_line(e)}); {ADVICE}") from e


def _text(data: bytes) -> str:
    """A saved map as text, which some versions write in base64."""
    text = data.decode()
    return text if "|" in text[:20] else unquote(b64decode(text, validate=True).decode())


def _read(path: Path) -> bytes:
    check_input(path)
    try:
        if path.stat().st_size > _MOST:
            raise _too_large(path)
        return path.read_bytes()
    except OSError as e:
        raise StorageError(f"can't read {path}: {one_line(e)}; give a file that you may read") from e


def _unpacked(data: bytes, path: Path) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    packed = zlib.decompressobj(zlib.MAX_WBITS | 16)  # as gzip frames it
    try:
        unpacked = packed.decompress(data, _MOST + 1)
    except zlib.error as e:
        raise MapError(f"{path} can't be unpacked ({one_line(e)}); save it again") from e
    if len(unpacked) > _MOST:
        raise _too_large(path)
    if not packed.eof:
        raise MapError(f"{path} was cut short; save it again")
    return unpacked


def _too_large(path: Path) -> MapError:
    return MapError(f"{path} has over {_MOST >> 20} MB, more than any map of Azgaar's generator; {ADVICE}")
