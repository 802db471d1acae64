"""Folders of map tiles, `Z/X/Y.png`, as one raster in Web Mercator."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spade_terrain.errors import DataError, MissingFileError
from spade_terrain.world.rasters.names import Scheme
from spade_terrain.world.rasters.vrt import Band, Box, Piece, open_vrt

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

_HALF_WORLD_M = 20_037_508.342789244
_TILE = re.compile(r"(\d+)\.(png|jpe?g|webp)", re.IGNORECASE)
_DEEPEST = 30
_MODES = ("RGB", "RGBA", "L", "LA", "P", "I;16")
_COLOURS = ("Red", "Green", "Blue")


@dataclass(frozen=True)
class Level:
    """The tiles of one zoom.

    Attributes:
        zoom: the world is `2 ** zoom` tiles wide.
        files: by column and row, row 0 in the north.

    """

    zoom: int
    files: dict[tuple[int, int], Path]

    def box(self) -> Box:
        """The rectangle around all tiles: column, row, columns, rows."""
        columns, rows = zip(*self.files, strict=True)
        return min(columns), min(rows), max(columns) - min(columns) + 1, max(rows) - min(rows) + 1

    def missing(self, above: "Level | None") -> tuple[int, int] | None:
        """A tile that the rectangle lacks, or that the next smaller zoom `above` has and this one doesn't."""
        left, top, columns, rows = self.box()
        inside = ((x, y) for x in range(left, left + columns) for y in range(top, top + rows))
        hole = next((tile for tile in inside if tile not in self.files), None)
        if hole or above is None:
            return hole
        parents = {(x // 2, y // 2) for x, y in self.files}
        return next(((2 * x, 2 * y) for x, y in above.files if (x, y) not in parents), None)


def is_tile_folder(path: Path) -> bool:
    """Whether `path` looks like a folder of tiles."""
    return path.is_dir() and any(p.is_dir() and p.name.isdigit() for p in path.iterdir())


def open_tiles(stack: ExitStack, folder: Path, scheme: Scheme) -> tuple["DatasetReader", str]:
    """Open the deepest complete zoom, and say in a line if there is a deeper one; `stack` closes it.

    Raises `MissingFileError` if there is no such folder, `DataError` if there are no tiles, if no zoom is complete, or
    if tiles of one zoom differ in size or kind.
    """
    if not folder.is_dir():
        raise MissingFileError(f"no such folder: {folder}")
    levels = list(_levels(folder, scheme))
    if not levels:
        raise DataError(f"{folder} holds no tiles; they must be Z/X/Y.png, .jpg or .webp")
    remark = ""
    for i in reversed(range(len(levels))):
        level = levels[i]
        hole = level.missing(levels[i - 1] if i else None)
        if hole is None:
            return _mosaic(stack, folder, level), remark and f"{remark}: using zoom {level.zoom}"
        remark = remark or f"{folder} lacks tiles of zoom {level.zoom}, {_name(level.zoom, *hole, scheme)} for one"
    raise DataError(f"{remark}, and no other zoom is complete; add them")


def _levels(folder: Path, scheme: Scheme) -> Iterator[Level]:
    zooms = sorted(int(p.name) for p in folder.iterdir() if p.is_dir() and p.name.isdigit())
    for zoom in (z for z in zooms if z <= _DEEPEST):
        files: dict[tuple[int, int], Path] = {}
        for column in (folder / str(zoom)).iterdir():
            if not (column.is_dir() and column.name.isdigit()):
                continue
            for file in sorted(column.iterdir()):
                if not (match := _TILE.fullmatch(file.name)):
                    continue
                row = int(match[1]) if scheme == "xyz" else 2**zoom - 1 - int(match[1])
                tile = (int(column.name), row)
                if not (0 <= row < 2**zoom and tile[0] < 2**zoom):
                    raise DataError(f"{file} lies off the world, which at zoom {zoom} is {2**zoom} tiles wide and high")
                if tile in files:
                    raise DataError(f"{file} and {files[tile].name} are the same tile; remove one of them")
                files[tile] = file
        if files:
            yield Level(zoom, files)


def _name(zoom: int, x: int, y: int, scheme: Scheme) -> str:
    return f"{zoom}/{x}/{y if scheme == 'xyz' else 2**zoom - 1 - y}"


def _mosaic(stack: ExitStack, folder: Path, level: Level) -> "DatasetReader":
    from affine import Affine
    from rasterio.crs import CRS

    left, top, columns, rows = level.box()
    first = next(iter(level.files.values()))
    side, deep = _kind(first)
    placed = []
    for (x, y), file in level.files.items():
        kind = _kind(file)
        if (kind[0], kind[1] == "I;16") != (side, deep == "I;16"):
            raise DataError(f"{file} is {_words(*kind)}, but {first} is {_words(side, deep)}; tiles must be alike")
        placed.append((str(file.resolve()), kind[1], ((x - left) * side, (y - top) * side, side, side)))
    pixel = 2 * _HALF_WORLD_M / 2**level.zoom / side
    transform = Affine(pixel, 0, left * side * pixel - _HALF_WORLD_M, 0, -pixel, _HALF_WORLD_M - top * side * pixel)
    source = (0, 0, side, side)
    if deep == "I;16":
        bands = [Band("uint16", [Piece(file, "1", source, target) for file, _, target in placed], colour="Gray")]
    else:
        bands = [Band("uint8", [_colour(*p, source, i + 1) for p in placed], colour=_COLOURS[i]) for i in range(3)]
    mask = Band("uint8", [_opacity(*p, source) for p in placed])
    size = (columns * side, rows * side)
    return open_vrt(stack, size, CRS.from_epsg(3857), transform, bands, mask)


def _colour(file: str, mode: str, target: Box, source: Box, component: int) -> Piece:
    if mode == "P":
        return Piece(file, "1", source, target, component=component)
    return Piece(file, str(component if mode.startswith("RGB") else 1), source, target)


def _opacity(file: str, mode: str, target: Box, source: Box) -> Piece:
    # A palette keeps opacity in its colours; a mask has it otherwise.
    return Piece(file, "1", source, target, component=4) if mode == "P" else Piece(file, "mask,1", source, target)


def _kind(file: Path) -> tuple[int, str]:
    """Side in pixels and Pillow's mode of a tile, from the first bytes of its file."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            # Before its version 11 Pillow says "I" of 16 bits.
            size, mode = image.size, "I;16" if image.mode == "I" else image.mode
    except OSError as e:
        raise DataError(f"{file} is damaged or not an image; download it again") from e
    if size[0] != size[1] or mode not in _MODES:
        raise DataError(f"{file} is {size[0]} x {size[1]} pixels of kind {mode}; tiles must be square, RGB or grey")
    return size[0], mode


def _words(side: int, mode: str) -> str:
    return f"{side} x {side} pixels{' of 16 bits' if mode == 'I;16' else ''}"
