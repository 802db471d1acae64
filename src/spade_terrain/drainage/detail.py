"""A terrain in detail: what the network made, carved by water, with finer textures, its rivers and its lakes."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.carve import STEPS, Drained, Surface, carve, check_grid
from spade_terrain.drainage.drawing import blend_rivers, draw_rivers
from spade_terrain.drainage.fields.kernels import by_rows
from spade_terrain.drainage.fields.resampling import Field, enlarge
from spade_terrain.drainage.flow.routing import LAKE, LAND, SEA, Indices
from spade_terrain.drainage.lakes import list_lakes
from spade_terrain.drainage.rivers import trace_rivers, upstream_cells
from spade_terrain.drainage.shading import shaded_texture
from spade_terrain.drainage.texture import carved_texture, water_colour
from spade_terrain.errors import DeviceError
from spade_terrain.palette import CLASSES, WATER, Labels
from spade_terrain.progress import progress
from spade_terrain.runtime.machine import free_memory
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import Course, Hydrology, Picture, Terrain, TerrainRows

BYTES_A_PIXEL = 90
"""Memory that carving takes at most, for each pixel of the finer terrain."""

_CARVED = 85.0  # percent of the time that this takes, about, until the land is carved; the rest draws it

_LEAST_A_METRE = 0.01  # cubic metres a second that the smallest rivers carry, for each metre a pixel


def check_detail(shape: tuple[int, int], detail: int) -> None:
    """Refuse detail that can't be had of a map of `(H, W)` pixels.

    Raises `ParameterError` if there is no such detail, or that many pixels can't be counted, and `DeviceError` if there
    is too little memory.
    """
    check_grid(shape, detail)
    needed, free = shape[0] * shape[1] * detail * detail * BYTES_A_PIXEL, free_memory()
    if needed > free:
        rows, columns = (detail * side for side in shape)
        raise DeviceError(
            f"`detail` {detail} makes {columns} x {rows} pixels of this map, whose carving takes {needed / 1e9:.1f} GB"
            f" of memory, and {free / 1e9:.1f} GB are free; choose less detail or a part of the map"
        )


Told = Callable[[str, float], None]
"""Is called with what is done next, in a word, and how many percent of the whole are done; what it raises ends it."""


def detailed_terrain(
    coarse: TerrainRows,
    lakes: NDArray[np.bool_] | None,
    detail: int,
    *,
    draw: bool,
    told: Told | None = None,
    scratch: Scratch = MEMORY,
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
        courses: where the map's own rivers run, as `carve` takes them.

    Raises `ParameterError` for what can't be carved.

    """
    whole = slice(0, coarse.height.shape[0])
    heights, labels = coarse.height[whole], coarse.labels[whole]
    drained = _carve(heights, labels, coarse.seed, detail, coarse.gsd, lakes, told, scratch, courses)
    land = Surface(drained.height, drained.water, drained.spacing)
    if told:
        told("rivers", _CARVED)
    hydrology = _hydrology(drained, detail, scratch)
    del drained  # where water runs is half of it

    def picture(texture: NDArray[np.uint8]) -> Picture:
        finer = carved_texture(texture, heights, land, scratch)
        if draw:
            blend_rivers(finer, hydrology.mask, water_colour(texture, heights))
        return Picture(finer, shaded_texture(finer, land.height, land.spacing, detail, scratch))

    if told:
        told("texture", _CARVED + 3)
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
    cells = upstream_cells(drained, scratch)
    reaches = trace_rivers(drained, least, cells)
    upstream = _square_km(cells, drained, scratch)
    del cells
    mask = draw_rivers(reaches, least, drained.spacing, drained.height.shape, scratch)
    mask[drained.water != LAND] = 0
    return Hydrology(detail, reaches, list_lakes(drained, scratch), mask, upstream)


def _square_km(cells: Indices, land: Surface, scratch: Scratch) -> Field:
    """Pixels that were counted, `(H W)`, as square kilometres, `(H, W)`."""
    areas: Field = scratch.empty(land.height.shape, np.float32)

    def fill(first: int, last: int) -> None:
        areas[first:last] = cells.reshape(areas.shape)[first:last] * (land.spacing**2 / 1e6)

    by_rows(fill, areas.shape)
    return areas


def _carve(
    heights: Field,
    labels: Labels,
    seed: int,
    detail: int,
    gsd: float,
    lakes: NDArray[np.bool_] | None,
    told: Told | None,
    scratch: Scratch,
    courses: Sequence[Course],
) -> Drained:
    """Carve, and tell how far that is."""
    work = [scale * scale for scale, steps in STEPS.items() if scale <= detail for _ in range(steps)]
    done = np.cumsum([0, *work]) / sum(work)
    steps = iter(done)
    with progress("% carved", 100, shown=told is None) as shown:

        def reach(*_: int) -> None:
            share = float(next(steps))
            shown.reach(100 * share)
            if told:
                told("carving", _CARVED * share)

        return carve(heights, labels, seed, detail, gsd, lakes, reach, scratch, courses)


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
        part[(kinds == SEA) | (kinds == LAKE)] = WATER

    by_rows(fill, finer.shape)
    return finer
