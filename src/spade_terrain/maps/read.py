"""A map, of whatever kind, to labels, some rows at a time: whatever its size, it need not fit in memory."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import ParameterError
from spade_terrain.maps import limits
from spade_terrain.maps.azgaar import read_export
from spade_terrain.maps.georeference import read_georeference, upscale_georeference
from spade_terrain.maps.image import label_array, large_png_shape, read_large_png, read_map
from spade_terrain.maps.legend import Legend, as_legend
from spade_terrain.maps.upscaling import upscale_stripes
from spade_terrain.palette import Labels
from spade_terrain.stored import StoredArray
from spade_terrain.terrain import Georeference

Map = str | os.PathLike[str] | NDArray[np.uint8]
"""What `open_map` opens."""

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
    """Make ready to read a map's labels. What is wrong with a large one shows only when it comes to that place.

    >>> rows = open_map("examples/valley.png", scale=2)
    >>> rows.shape
    (1024, 1024)
    >>> [stripe.shape for stripe in rows.stripes()]
    [(1024, 1024)]

    Args:
        source: the path of an image painted in the colours of the `legend`, or of an image of labels, or of a full JSON
            export of Azgaar's Fantasy Map Generator; or a painted image as an array (uint8 RGB `(H, W, 3)`), or labels
            (uint8 `(H, W)`, 0..6). Sides are 64 to 65,536 pixels.
        scale: upscale the map so many times, with borders that wander as nature's do.
        seed: another seed, other borders.
        wander: let borders wander though `scale` is 1.
        legend: what the colours mean: a legend, or the path of one in TOML; by default the palette.
        size: columns of an Azgaar export's map, before `scale`; by default one for each unit of its map.

    Raises:
        ParameterError: arguments are out of range, or contradict each other.
        MissingFileError: there is no such file.
        MapError: the map or the legend is not fit for use, or the map would be too large.

    """
    if scale < 1:
        raise ParameterError(f"`scale` is {scale}; use a whole number from 1")
    if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() == _EXPORT:
        if legend is not None:
            raise ParameterError("`legend` is for painted maps, but an Azgaar export has no colours; leave it out")
        return _open_export(Path(source), scale, seed, size)
    if size is not None:
        raise ParameterError("`size` is for Azgaar exports, which have no pixels; enlarge a painted map with `scale`")
    painted = _open_painted(source, as_legend(legend))
    return painted if scale == 1 and not wander else _open_upscaled(painted, scale, seed)


def _open_painted(source: Map, legend: Legend) -> LabelRows:
    if not isinstance(source, str | os.PathLike):
        labels = label_array(source, legend)
        return LabelRows(_sides(labels), lambda: iter([labels]), lambda: sha256(labels.tobytes()).hexdigest())
    path = Path(source)

    def digest() -> str:
        return sha256(_digest(path).encode() + repr(legend.colours).encode()).hexdigest()

    shape = large_png_shape(path)
    if shape is not None:
        return LabelRows(shape, lambda: read_large_png(path, legend, shape), digest)
    labels = read_map(path, legend)
    return LabelRows(_sides(labels), lambda: iter([labels]), digest, read_georeference(path))


def _open_upscaled(painted: LabelRows, scale: int, seed: int) -> LabelRows:
    height, width = (scale * side for side in painted.shape)
    limits.check_size(width, height)

    def digest() -> str:
        # Of maps of one size, those whose borders wander are others than those whose borders don't.
        return sha256(f"{painted.digest()} x {scale}".encode()).hexdigest()

    place = painted.georeference and upscale_georeference(painted.georeference, scale)
    rows = max(1, limits.STRIPE // width)
    return LabelRows(
        (height, width),
        lambda: upscale_stripes(painted.stripes(), painted.shape, scale, seed, (height, width), rows),
        digest,
        place,
    )


def _open_export(path: Path, scale: int, seed: int, size: int | None) -> LabelRows:
    cells = read_export(path)
    height, width = (scale * side for side in cells.shape(size))
    limits.check_size(width, height)
    labels, factor = cells.draw(width)
    rows = max(1, limits.STRIPE // width)
    return LabelRows(
        (height, width),
        lambda: upscale_stripes(iter([labels]), _sides(labels), factor, seed, (height, width), rows),
        lambda: _digest(path),
    )


def _sides(labels: Labels) -> tuple[int, int]:
    height, width = labels.shape
    return height, width


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
