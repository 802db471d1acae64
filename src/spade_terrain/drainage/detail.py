"""A terrain in detail: what the network made, carved by water, with finer textures, its rivers and its lakes."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.carve import STEPS, Drained, Surface, carve, check_grid
from spade_terrain.drainage.drawing import blend_rivers, draw_rivers
from spade_terrain.drainage.fields.kernels import by_rows
from spade_terrain.drainage.fields.resampling import Field, enlarge
from spade_terrain.drainage.flow.basins import number_basins
from spade_terrain.drainage.flow.routing import LAND, PAN, Indices
from spade_terrain.drainage.lakes import lake_depths, list_lakes
from spade_terrain.drainage.rivers import trace_rivers, upstream_cells
from spade_terrain.drainage.shading import shaded_texture
from spade_terrain.drainage.texture import carved_texture, water_colour
from spade_terrain.errors import DeviceError, StorageError
from spade_terrain.palette import CLASSES, WATER, Labels
from spade_terrain.progress import progress
from spade_terrain.runtime.machine import free_memory
from spade_terrain.storage.files import free_space
from spade_terrain.storage.kept import Kept
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import Course, Hydrology, Picture, Terrain, TerrainRows

BYTES_A_PIXEL = 36
"""What carving takes at most for each pixel of the finer terrain: memory, or room on the disk."""
_KEPT_A_PIXEL = 4
"""What the finest grid's heights take besides, on the disk, so that a run can be gone on with."""

_LEAST_A_METRE = 0.01  # cubic metres a second that the smallest rivers carry, for each metre a pixel
_FLOODS = 2  # steps of time that finding ways over a grid takes as long as
_CARVED = 80.0  # percent of the time that this takes, about, until the land is carved; the rest draws it

Told = Callable[[str, float], None]
"""Is called with what is done next, in a word, and how many percent of the whole are done; what it raises ends it."""

_log = logging.getLogger(__name__)


def check_detail(shape: tuple[int, int], detail: int, folder: Path | None = None) -> bool:
    """Tell whether a map of `(H, W)` pixels has to be carved on the disk of `folder`, since memory is short.

    Raises `ParameterError` if there is no such detail, or that many pixels can't be counted; `DeviceError` if there is
    too little memory and no folder, and `StorageError` if there is too little of both.
    """
    check_grid(shape, detail)
    needed, free = shape[0] * shape[1] * detail * detail * BYTES_A_PIXEL, free_memory()
    if needed <= free:
        return False
    rows, columns = (detail * side for side in shape)
    short = (
        f"`detail` {detail} makes {columns} x {rows} pixels of this map, whose carving takes {needed / 1e9:.1f} GB"
        f" of memory, and {free / 1e9:.1f} GB are free"
    )
    if folder is None:
        raise DeviceError(
            f"{short}; choose less detail or a part of the map, or let `generate_to` carve it on the disk"
        )
    room, kept = free_space(folder), rows * columns * _KEPT_A_PIXEL
    if needed + kept > room:
        raise StorageError(
            f"{short}, and {room / 1e9:.1f} GB on the disk of {folder}, where it takes"
            f" {(needed + kept) / 1e9:.1f} GB; choose less detail, a part of the map or another folder"
        )
    _log.warning("%s: it is carved on the disk, which takes longer", short)
    return True


def detailed_terrain(
    coarse: TerrainRows,
    lakes: NDArray[np.bool_] | None,
    detail: int,
    *,
    draw: bool,
    told: Told | None = None,
    scratch: Scratch = MEMORY,
    kept: Kept | None = None,
    courses: Sequence[Course] = (),
) -> Terrain:
    """Carve a terrain: `detail` times as fine.

    Args:
        coarse: the terrain; where lakes and rivers are it has land.
        lakes: painted lakes, bool `(H, W)`, as `carve` takes them.
        detail: 1, 2, 4, 8 or 16.
        draw: draw rivers into the textures.
        told: is told of progress; by default a bar shows it on stderr.
        scratch: where the finer maps lie.
        kept: where finished grids are kept, as `carve` takes it.
        courses: where the map's own rivers run, as `carve` takes them.

    Raises `ParameterError` for what can't be carved.

    """
    percent = _percent(detail)
    last = kept.last() if kept else None
    begun = percent[last[0], STEPS[last[0]]] if last else 0.0
    with progress("% carved", 100, begun, shown=told is None) as shown:

        def tell(doing: str, done: float) -> None:
            shown.describe(doing)
            shown.reach(done)
            if told:
                told(doing, done)

        whole = slice(0, coarse.height.shape[0])
        heights, labels = coarse.height[whole], coarse.labels[whole]
        drained = carve(
            heights, labels, coarse.seed, detail, coarse.gsd, lakes,
            lambda scale, step: tell("carving", percent[scale, step]), scratch, kept, courses,
        )  # fmt: skip
        tell("rivers", _CARVED)
        land = Surface(drained.height, drained.water, drained.spacing)
        hydrology = _hydrology(drained, detail, scratch)
        del drained  # where water runs is half of it
        tell("texture", _CARVED + 5)
        return _terrain(coarse, heights, labels, land, hydrology, scratch, draw=draw)


def _percent(detail: int) -> dict[tuple[int, int], float]:
    """How many percent of the whole are done before each grid's steps, and after the last one, by scale and step."""
    done, before = 0.0, {}
    for scale, steps in STEPS.items():
        if scale <= detail:
            done += _FLOODS * scale**2
            for step in range(steps + 1):
                before[scale, step] = done + step * scale**2
            done = before[scale, steps]
    return {place: _CARVED * work / (done + _FLOODS * detail**2) for place, work in before.items()}


def _terrain(
    coarse: TerrainRows,
    heights: Field,
    labels: Labels,
    land: Surface,
    hydrology: Hydrology,
    scratch: Scratch,
    *,
    draw: bool,
) -> Terrain:
    """Carved land with its textures and labels; `heights` and `labels` are the whole of those of `coarse`."""
    whole, detail = slice(0, heights.shape[0]), hydrology.detail

    def picture(texture: NDArray[np.uint8]) -> Picture:
        finer = carved_texture(texture, heights, land, scratch)
        if draw:
            blend_rivers(finer, hydrology.mask, water_colour(texture, heights))
        return Picture(finer, shaded_texture(finer, land.height, land.spacing, detail, scratch))

    main = picture(coarse.texture[whole])
    return Terrain(
        texture=main.texture,
        height=land.height,
        shaded=main.shaded,
        labels=_finer_labels(labels, land, detail, scratch),
        seed=coarse.seed,
        model=coarse.model,
        style=coarse.style,
        gsd=coarse.gsd / detail,
        georeference=coarse.georeference and coarse.georeference.finer(detail),
        texture_name=coarse.texture_name,
        beside={name: picture(other.texture[whole]) for name, other in coarse.beside.items()},
        guide=coarse.guide,
        hydrology=hydrology,
    )


def _hydrology(drained: Drained, detail: int, scratch: Scratch) -> Hydrology:
    """What is to be said of carved land's water."""
    least = _LEAST_A_METRE * drained.spacing
    depths = lake_depths(drained, detail, scratch)
    lakes = list_lakes(drained, depths, scratch)
    cells = upstream_cells(drained, scratch)
    reaches = trace_rivers(drained, least, cells)
    upstream = _square_km(cells, drained, scratch)
    del cells
    mask = draw_rivers(reaches, least, drained.spacing, drained.height.shape, scratch)
    mask[drained.water != LAND] = 0
    basins = number_basins(drained.order, drained.receivers, drained.water, scratch)
    return Hydrology(detail, reaches, lakes, mask, upstream, basins, depths)


def _square_km(cells: Indices, land: Surface, scratch: Scratch) -> Field:
    """Pixels that were counted, `(H W)`, as square kilometres, `(H, W)`."""
    areas: Field = scratch.empty(land.height.shape, np.float32)

    def fill(first: int, last: int) -> None:
        areas[first:last] = cells.reshape(areas.shape)[first:last] * (land.spacing**2 / 1e6)

    by_rows(fill, areas.shape)
    return areas


def _finer_labels(labels: Labels, land: Surface, scale: int, scratch: Scratch) -> Labels:
    """Labels on the carved grid, uint8 `(H, W)`: water where it is, else the class of land that is strongest there."""
    finer: Labels = scratch.empty(land.height.shape, np.uint8)
    classes = {label: (labels == label).astype(np.float32) for label in range(len(CLASSES)) if label != WATER}

    def fill(first: int, last: int) -> None:
        part, kinds = finer[first:last], land.water[first:last]
        strongest = np.full(part.shape, -1, np.float32)
        for label, there in classes.items():
            strength = enlarge(there, scale, (first, last))
            stronger = strength > strongest
            strongest[stronger] = strength[stronger]
            part[stronger] = label
        part[(kinds != LAND) & (kinds != PAN)] = WATER

    by_rows(fill, finer.shape)
    return finer
