"""A terrain in detail: what the network made, carved by water, with finer textures, its rivers and its lakes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.carve import STEPS, Drained, carve, check_grid
from spade_terrain.drainage.drawing import blend_rivers, draw_rivers
from spade_terrain.drainage.fields.resampling import Field, enlarge
from spade_terrain.drainage.flow.routing import LAKE, LAND, SEA
from spade_terrain.drainage.lakes import list_lakes
from spade_terrain.drainage.rivers import trace_rivers, upstream_areas
from spade_terrain.drainage.shading import shaded_texture
from spade_terrain.drainage.texture import carved_texture, water_colour
from spade_terrain.errors import DeviceError
from spade_terrain.palette import CLASSES, WATER, Labels
from spade_terrain.progress import progress
from spade_terrain.runtime.machine import free_memory
from spade_terrain.terrain import Course, Hydrology, Picture, Terrain, TerrainRows

BYTES_A_PIXEL = 90
"""Memory that carving takes at most, for each pixel of the finer terrain."""

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


def detailed_terrain(
    coarse: TerrainRows, lakes: NDArray[np.bool_] | None, detail: int, *, draw: bool, courses: Sequence[Course] = ()
) -> Terrain:
    """Carve a terrain: `detail` times as fine, all of it in memory.

    Args:
        coarse: the terrain; where lakes and rivers are it has land.
        lakes: painted lakes, bool `(H, W)`, as `carve` takes them.
        detail: 1, 2, 4, 8 or 16.
        draw: draw rivers into the textures.
        courses: where the map's own rivers run, as `carve` takes them.

    Raises `ParameterError` for what can't be carved.

    """
    whole = slice(0, coarse.height.shape[0])
    heights, labels = coarse.height[whole], coarse.labels[whole]
    drained = _carve(heights, labels, coarse.seed, detail, coarse.gsd, lakes, courses)
    least = _LEAST_A_METRE * drained.spacing
    reaches = trace_rivers(drained, least)
    mask = draw_rivers(reaches, least, drained.spacing, drained.height.shape)
    mask[drained.water != LAND] = 0
    upstream = upstream_areas(drained).astype(np.float32).reshape(drained.height.shape)

    def picture(texture: NDArray[np.uint8]) -> Picture:
        finer = carved_texture(texture, heights, drained)
        if draw:
            blend_rivers(finer, mask, water_colour(texture, heights))
        return Picture(finer, shaded_texture(finer, drained.height, drained.spacing, detail))

    main = picture(coarse.texture[whole])
    return Terrain(
        texture=main.texture,
        height=drained.height,
        shaded=main.shaded,
        labels=_finer_labels(labels, drained, detail),
        seed=coarse.seed,
        model=coarse.model,
        style=coarse.style,
        gsd=coarse.gsd / detail,
        georeference=coarse.georeference and coarse.georeference.finer(detail),
        texture_name=coarse.texture_name,
        beside={name: picture(other.texture[whole]) for name, other in coarse.beside.items()},
        guide=coarse.guide,
        hydrology=Hydrology(detail, reaches, list_lakes(drained), mask, upstream),
    )


def _carve(
    heights: Field,
    labels: Labels,
    seed: int,
    detail: int,
    gsd: float,
    lakes: NDArray[np.bool_] | None,
    courses: Sequence[Course],
) -> Drained:
    """Carve, and show on stderr how far that is."""
    work = [scale * scale for scale, steps in STEPS.items() if scale <= detail for _ in range(steps)]
    done = np.cumsum([0, *work]) / sum(work)
    with progress("% carved", 100) as shown:
        step = iter(done)
        told = lambda *_: shown.reach(100 * float(next(step)))  # noqa: E731
        return carve(heights, labels, seed, detail, gsd, lakes, courses, told)


def _finer_labels(labels: Labels, drained: Drained, scale: int) -> Labels:
    """Labels on the carved grid, uint8 `(H, W)`: water where it is, else the class of land that is strongest there."""
    finer = np.zeros(drained.height.shape, np.uint8)
    strongest = np.full(drained.height.shape, -1, np.float32)
    for label in range(len(CLASSES)):
        if label != WATER:
            strength = enlarge((labels == label).astype(np.float32), scale)
            stronger = strength > strongest
            strongest[stronger] = strength[stronger]
            finer[stronger] = label
    finer[(drained.water == SEA) | (drained.water == LAKE)] = WATER
    return finer
