"""Painted maps as labels, some rows at a time, whatever their size."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.maps.azgaar import read_export
from spade_terrain.maps.georeference import enlarged, read_georeference
from spade_terrain.maps.image import (
    MAX_PIXELS,
    STRIPE,
    Map,
    check_size,
    checked_labels,
    hold_labels,
    opaque,
    reason,
    to_labels,
)
from spade_terrain.maps.legend import PALETTE, Legend, as_legend
from spade_terrain.maps.painting import read_rows
from spade_terrain.maps.png_rows import png_is_grey, png_size, png_stripes
from spade_terrain.maps.upscaling import enlarge
from spade_terrain.palette import Labels
from spade_terrain.stored import StoredArray
from spade_terrain.terrain import Georeference
from spade_terrain.window import Window

_EXPORT = ".json"
"""What the name of an export of Azgaar's generator ends in."""


@dataclass(frozen=True)
class LabelRows:
    """The labels of a map, from its first row to its last.

    Attributes:
        shape: height and width.
        stripes: begins anew at the first row: some rows of labels (uint8 `(h, W)`, 0..6) at a time. Raises
            `TerrainError` if something is wrong with the map there.
        digest: SHA-256 of the painted map, in hexadecimal; takes a while.
        georeference: where it lies, if it says so.

    """

    shape: tuple[int, int]
    stripes: Callable[[], Iterator[Labels]]
    digest: Callable[[], str]
    georeference: Georeference | None = None

    def read_into(self, target: Labels | StoredArray) -> None:
        """Write all of them into an array of `shape`."""
        row = 0
        for stripe in self.stripes():
            target[row : row + len(stripe)] = stripe
            row += len(stripe)

    def in_memory(self) -> Labels:
        """All of them, uint8 `(H, W)`."""
        labels = np.empty(self.shape, np.uint8)
        self.read_into(labels)
        return labels


def open_map(
    source: Map,
    scale: int = 1,
    seed: int = 0,
    *,
    wander: bool = False,
    legend: Legend | str | os.PathLike[str] | None = None,
    size: int | None = None,
) -> LabelRows:
    """Make ready to read a map as `generate` takes it, enlarged `scale` times with borders chosen by `seed`.

    With `wander` borders are chosen by it though the map is not enlarged; all of its labels are in memory then.

    Raises `TerrainError` if the map or the legend is not fit for use, or the map would be too large.
    """
    if scale < 1:
        raise TerrainError(f"the scale is {scale}; use a whole number from 1")
    if not isinstance(source, np.ndarray) and Path(source).suffix.lower() == _EXPORT:
        if legend is not None:
            raise TerrainError("--legend is for painted maps, but an Azgaar export has no colours; leave it out")
        return _open_export(Path(source), scale, seed, size)
    if size is not None:
        raise TerrainError("--size is for Azgaar exports, which have no pixels; enlarge a painted map with --scale")
    painted = _open(source, as_legend(legend))
    if scale == 1 and not wander:
        return painted
    height, width = (scale * side for side in painted.shape)
    check_size(width, height)
    place = painted.georeference and enlarged(painted.georeference, scale)

    def digest() -> str:
        # Of maps of one size, those whose borders wander are others than those whose borders don't.
        return sha256(f"{painted.digest()} x {scale}".encode()).hexdigest()

    return _enlarged(painted.in_memory(), scale, seed, LabelRows((height, width), painted.stripes, digest, place))


def _open_export(path: Path, scale: int, seed: int, size: int | None) -> LabelRows:
    cells = read_export(path)
    height, width = (scale * side for side in cells.shape(size))
    check_size(width, height)
    labels, finer = cells.draw(width)
    return _enlarged(labels, finer, seed, LabelRows((height, width), lambda: iter(()), lambda: _digest(path)))


def _enlarged(labels: Labels, scale: int, seed: int, target: LabelRows) -> LabelRows:
    """`target`, read from labels enlarged to its shape."""
    height, width = target.shape
    rows = max(1, STRIPE // width)
    windows = [Window(0, y, width, min(y + rows, height)) for y in range(0, height, rows)]
    return replace(target, stripes=lambda: (enlarge(labels, scale, seed, window) for window in windows))


def _open(source: Map, legend: Legend) -> LabelRows:
    meaning = repr(legend.colours).encode()
    if isinstance(source, np.ndarray):
        labels = to_labels(source, legend)
        return LabelRows(_sides(labels), lambda: iter([labels]), lambda: sha256(labels.tobytes()).hexdigest())
    path = Path(source)

    def digest() -> str:
        return sha256(_digest(path).encode() + meaning).hexdigest()

    size = _png_size(path)
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        check_size(*size)
        width, height = size
        return LabelRows((height, width), lambda: _read(path, legend, (height, width)), digest)
    labels = to_labels(path, legend)
    return LabelRows(_sides(labels), lambda: iter([labels]), digest, read_georeference(path))


def _sides(labels: Labels) -> tuple[int, int]:
    height, width = labels.shape
    return height, width


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _png_size(path: Path) -> tuple[int, int] | None:
    try:
        return png_size(path)
    except OSError:
        return None  # what is wrong with it, reading says


def _read(path: Path, legend: Legend, shape: tuple[int, int]) -> Iterator[Labels]:
    rows = max(1, STRIPE // shape[1])
    stripes: Iterator[NDArray[np.uint8]] = (opaque(pixels, path) for pixels in png_stripes(path, rows))
    try:
        if legend is PALETTE and png_is_grey(path):
            first = next(stripes)
            if hold_labels(first):
                yield from (checked_labels(grey[..., 0]) for grey in chain([first], stripes))
                return
            stripes = chain([first], stripes)
        yield from read_rows(stripes, legend, shape, str(path))
    except (OSError, SyntaxError, ValueError) as e:  # as decoders report a damaged file
        raise TerrainError(f"{path} can't be read ({reason(e)}); save the map again as PNG") from e
