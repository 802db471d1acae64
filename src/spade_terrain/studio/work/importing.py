"""A file that was dropped on the page, to labels: what `spade-terrain generate` reads, the page reads as well."""

import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, ParameterError, TerrainError
from spade_terrain.export.rasters.resample import Nearest
from spade_terrain.maps.azgaar.read import SUFFIXES
from spade_terrain.maps.limits import MIN_SIDE
from spade_terrain.maps.project import describe_courses
from spade_terrain.maps.read import LabelRows, open_map
from spade_terrain.palette import Labels
from spade_terrain.studio.http.body import UPLOAD
from spade_terrain.studio.http.refusals import RefusedError
from spade_terrain.studio.messages.orders import MAX_SIZE

LEGENDS = ("azgaar",)
"""Names of legends that ship."""
_MOST_PIXELS = 8192 * 8192
"""Of a picture, before it is made smaller: its labels are held in memory."""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, eq=False)
class Imported:
    """What was in a file.

    Attributes:
        labels: uint8 `(H, W)`, 0..6; sides are 64 to `MAX_SIZE`.
        name: the file's, as its user knows it.
        notes: lines on what was not plain about it.
        gsd: metres that a pixel is on the ground, if the file says so.
        guide: rough heights, float32 `(h, w)`, metres, NaN where unknown, if the file knows them and they are wanted.
        courses: where its rivers run, as projects keep them, if the file knows.

    """

    labels: Labels
    name: str
    notes: list[str]
    gsd: float | None
    guide: NDArray[np.float32] | None
    courses: list[dict[str, Any]] | None


def import_map(
    data: bytes, name: str, folder: Path, size: int = MAX_SIZE, legend: str | None = None, guided: bool = False
) -> Imported:
    """Read a file's bytes.

    Args:
        data: a picture, painted or of labels, or an Azgaar map, which may be packed by gzip.
        name: the file's. It says of which kind it is, and appears in messages; nothing on the disk is called so.
        folder: where a copy lies while it is read.
        size: pixels of the longer side at most, 64 to `MAX_SIZE`; a larger map is made smaller, its labels never mixed.
        legend: a name of `LEGENDS`, for a picture in other colours.
        guided: whether rough heights are wanted.

    Raises:
        ParameterError: `size` or `legend` is none there is.
        MapError: the file is not fit for use.
        RefusedError: it is larger than `UPLOAD` when unpacked.

    """
    if not MIN_SIDE <= size <= MAX_SIZE:
        raise ParameterError(f"`size` is {size}; use a number from {MIN_SIDE} to {MAX_SIZE}")
    if legend is not None and legend not in LEGENDS:
        raise ParameterError(f"no `legend` is called {legend[:40]!r}; there is {', '.join(LEGENDS)}")
    shown = shown_name(name)
    suffix = next((suffix for suffix in SUFFIXES if shown.lower().endswith(suffix)), ".png")
    if data.startswith(_GZIP):
        data = _unpacked(data, shown)
    with TemporaryDirectory(dir=folder) as inner, _notes() as notes:
        path = Path(inner) / f"map{suffix}"
        path.write_bytes(data)
        try:
            labels, rows = _read(path, size, legend, is_cells=suffix in SUFFIXES)
        except TerrainError as e:
            raise type(e)(str(e).replace(str(path), shown)) from e
        said = [note.replace(str(path), shown) for note in notes]
        gsd = rows.gsd and rows.gsd * max(rows.shape) / max(labels.shape)
        guide = rows.heights.grid if guided and rows.heights else None
        courses = describe_courses(rows.courses, max(labels.shape) / max(rows.shape))
        return Imported(labels, shown, said, gsd, guide, courses)


def shown_name(name: str) -> str:
    """A file's name as sent in a header, percent-encoded, for messages: one printable line, without folders."""
    last = unquote(name).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-100:] or "the file"


def _read(path: Path, most: int, legend: str | None, *, is_cells: bool) -> tuple[Labels, LabelRows]:
    rows = open_map(path, legend=legend)
    before, after = max(rows.shape), min(max(rows.shape), most)
    height, width = (round(side * after / before) for side in rows.shape)
    if min(height, width) < MIN_SIDE:
        raise MapError(f"{path} would be {width} x {height} pixels, and sides of {MIN_SIDE} are the least; cut it")
    if is_cells and after < before:  # they have no pixels, and are drawn as large as is wanted
        rows = open_map(path, legend=legend, size=width)
        return rows.in_memory(), rows
    if rows.shape[0] * rows.shape[1] > _MOST_PIXELS:
        raise MapError(f"{path} is {rows.shape[1]} x {rows.shape[0]} pixels; shrink it to {MAX_SIZE} or less")
    return Nearest(rows.in_memory(), height, width)[:], rows


def _unpacked(data: bytes, name: str) -> bytes:
    packed = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = packed.decompress(data, UPLOAD + 1)
    except zlib.error as e:
        raise MapError(f"{name} can't be unpacked; save it again") from e
    if len(unpacked) > UPLOAD:
        raise RefusedError(413, f"{name} has over {UPLOAD >> 20} MB unpacked, more than any map; choose another file")
    return unpacked if packed.eof else data


class _Notes(logging.Handler):
    """Keeps what the library warns of in one thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._thread = get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


@contextmanager
def _notes() -> Iterator[list[str]]:
    logger, handler = logging.getLogger("spade_terrain"), _Notes()
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)
