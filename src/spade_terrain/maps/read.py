"""A map, of whatever kind, to labels, some rows at a time: whatever its size, it need not fit in memory."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import ParameterError
from spade_terrain.inputs import as_flag, as_path, as_whole, check_input
from spade_terrain.maps import limits
from spade_terrain.maps.azgaar.cells import WAVELENGTH as CELL_WAVELENGTH
from spade_terrain.maps.azgaar.read import SUFFIXES, read_cells
from spade_terrain.maps.georeference import north_up, read_georeference
from spade_terrain.maps.ground import check_gsd, settle_ground
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.image import label_array, open_large_png, read_map
from spade_terrain.maps.legend import Legend, as_legend
from spade_terrain.maps.project import SUFFIX as PROJECT
from spade_terrain.maps.project import Orders, read_orders, read_project
from spade_terrain.maps.upscaling import upscale_stripes
from spade_terrain.palette import Labels
from spade_terrain.storage.stored import Stored
from spade_terrain.terrain import Course, Georeference

Map = str | os.PathLike[str] | NDArray[np.uint8]
"""What `open_map` opens."""


@dataclass(frozen=True)
class LabelRows:
    """The labels of a map, from its first row to its last.

    Attributes:
        shape: height and width.
        stripes: begins anew at the first row: some rows of labels (uint8 `(h, W)`, 0..6) at a time. Raises
            `TerrainError` if something is wrong with the map there.
        digest: SHA-256 of the painted map, in hexadecimal; takes a while.
        georeference: where its files shall say that it lies, if they shall.
        gsd: ground sample distance, metres a pixel, if the map or the caller says so; else the model's is taken.
        heights: what the map itself knows of heights, if it does.
        courses: where its rivers run, those first that others flow into, if the map itself knows.
        ground: where it lies by what it says itself, whatever the caller says of its pixels.

    """

    shape: tuple[int, int]
    stripes: Callable[[], Iterator[Labels]]
    digest: Callable[[], str]
    georeference: Georeference | None = None
    gsd: float | None = None
    heights: RoughHeights | None = None
    courses: Sequence[Course] | None = None
    ground: Georeference | None = None

    def read_into(self, target: Labels | Stored) -> None:
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
    gsd: float | None = None,
) -> LabelRows:
    """Make ready to read a map's labels. What is wrong with a large one shows only when it comes to that place.

    >>> rows = open_map("examples/valley.png", scale=2)
    >>> rows.shape
    (1024, 1024)
    >>> [stripe.shape for stripe in rows.stripes()]
    [(1024, 1024)]

    Args:
        source: the path of an image painted in the colours of the `legend`, or of an image of labels, or of a full JSON
            export or a saved map of Azgaar's Fantasy Map Generator, or of a project of the studio; or a painted image
            as an array (uint8 RGB `(H, W, 3)`), or labels (uint8 `(H, W)`, 0..6). Sides are 64 to 65,536 pixels.
        scale: upscale the map so many times, with borders that wander as nature's do.
        seed: another seed, other borders.
        wander: let borders wander though `scale` is 1.
        legend: what the colours mean: a legend, the path of one in TOML, or "azgaar", for pictures of that
            generator's biomes; by default the palette.
        size: columns of an Azgaar export's map, before `scale`; by default one for each unit of its map.
        gsd: metres that a pixel is on the ground, after `scale`; by default what the map says of itself. A
            georeference that says otherwise is left out.

    Raises:
        ParameterError: arguments are out of range, or contradict each other.
        MissingFileError: there is no such file.
        MapError: the map or the legend is not fit for use, or the map would be too large.

    """
    scale, seed, wander = as_whole(scale, "scale"), as_whole(seed, "seed"), as_flag(wander, "wander")
    size = None if size is None else as_whole(size, "size")
    if scale < 1:
        raise ParameterError(f"`scale` is {scale}; use a whole number from 1")
    check_gsd(gsd)
    rows = _open(source, scale, seed, wander, legend, size)
    name = str(source) if isinstance(source, str | os.PathLike) else "the map"
    place, metres = settle_ground(rows.georeference, rows.gsd, gsd, name)
    return replace(rows, georeference=place, gsd=metres, ground=rows.georeference)


def orders_of(source: Map) -> Orders:
    """What a map says that its terrain shall be made with: a project does, of others it is what is usual.

    Raises as `open_map`.
    """
    return read_orders(Path(source)) if _is_project(source) else Orders()


def _is_project(source: Map) -> TypeGuard[str | os.PathLike[str]]:
    return isinstance(source, str | os.PathLike) and as_path(source, "map").suffix.lower() == PROJECT


def _open(
    source: Map,
    scale: int,
    seed: int,
    wander: bool,
    legend: Legend | str | os.PathLike[str] | None,
    size: int | None,
) -> LabelRows:
    if isinstance(source, str | os.PathLike) and as_path(source, "map").suffix.lower() in SUFFIXES:
        if legend is not None:
            raise ParameterError("`legend` is for painted maps, but an Azgaar export has no colours; leave it out")
        return _open_cells(Path(source), scale, seed, size)
    if size is not None:
        raise ParameterError("`size` is for Azgaar exports, which have no pixels; enlarge a painted map with `scale`")
    if _is_project(source):
        if legend is not None:
            raise ParameterError("`legend` is for painted maps, but a project knows its classes; leave it out")
        painted = _open_project(Path(source))
    else:
        painted = _open_painted(source, as_legend(legend))
    return painted if scale == 1 and not wander else _open_upscaled(painted, scale, seed)


def _open_painted(source: Map, legend: Legend) -> LabelRows:
    if not isinstance(source, str | os.PathLike):
        labels = label_array(source, legend)
        return LabelRows(_sides(labels), lambda: iter([labels]), lambda: sha256(labels.tobytes()).hexdigest())
    path = as_path(source, "map")
    check_input(path)

    def digest() -> str:
        return sha256(_digest(path).encode() + repr(legend.colours).encode()).hexdigest()

    large = open_large_png(path, legend)
    if large is not None:
        return LabelRows(large.shape, large.stripes, digest, read_georeference(path))
    labels = read_map(path, legend)
    place = read_georeference(path)
    if place:
        labels, place = north_up(labels, place)
    return LabelRows(_sides(labels), lambda: iter([labels]), digest, place)


def _open_project(path: Path) -> LabelRows:
    project = read_project(path)
    labels, gsd = project.labels, project.orders.gsd
    heights = project.heights(path.name)
    courses = project.orders.rivers()
    return LabelRows(_sides(labels), lambda: iter([labels]), lambda: _digest(path), None, gsd, heights, courses)


def _open_upscaled(painted: LabelRows, scale: int, seed: int) -> LabelRows:
    height, width = (scale * side for side in painted.shape)
    limits.check_size(width, height)

    def digest() -> str:
        # Of maps of one size, those whose borders wander are others than those whose borders don't.
        return sha256(f"{painted.digest()} x {scale}".encode()).hexdigest()

    place = painted.georeference and painted.georeference.finer(scale)
    rows = max(1, limits.STRIPE // width)
    return LabelRows(
        (height, width),
        lambda: upscale_stripes(painted.stripes(), painted.shape, scale, seed, (height, width), rows),
        digest,
        place,
        painted.gsd and painted.gsd / scale,
        painted.heights and painted.heights.enlarged(scale),
        painted.courses and [course._replace(points=course.points * scale) for course in painted.courses],
    )


def _open_cells(path: Path, scale: int, seed: int, size: int | None) -> LabelRows:
    cells = read_cells(path)
    height, width = (scale * side for side in cells.shape(size))
    limits.check_size(width, height)
    labels, metres, factor = cells.draw(width)
    rows = max(1, limits.STRIPE // width)
    shape = (height, width)
    return LabelRows(
        shape,
        lambda: upscale_stripes(iter([labels]), _sides(labels), factor, seed, shape, rows, CELL_WAVELENGTH),
        lambda: _digest(path),
        gsd=cells.gsd(width),
        heights=None if np.isnan(metres).all() else _rough(metres, factor, path.name, cells.exponent),
        courses=cells.rivers(width),
    )


def _rough(metres: NDArray[np.float32], factor: int, name: str, exponent: float | None) -> RoughHeights:
    range_m = float(np.nanmin(metres)), float(np.nanmax(metres))
    return RoughHeights(metres, (factor, factor), name, range_m, f"(h - 18)^{exponent:g} metres of its cells' heights")


def _sides(labels: Labels) -> tuple[int, int]:
    height, width = labels.shape
    return height, width


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
