"""Terrain that water has carved, as one container: what the page shows of it."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import ParameterError
from spade_terrain.export.sidecar import describe_lakes
from spade_terrain.generation.carving import Carving
from spade_terrain.palette import WATER
from spade_terrain.studio.container import pack
from spade_terrain.studio.engine import Engine
from spade_terrain.studio.messages.answers import DetailHeader, LakeEntry, River
from spade_terrain.studio.requests import MapRequest
from spade_terrain.studio.work.jobs import Job
from spade_terrain.terrain import Reach, Terrain

LARGEST_DETAIL = 4096
"""Pixels of the longer side of a carved terrain, at most: more is not shown, but written to files."""
MOST_RIVERS = 3 << 19
"""Bytes of all rivers in a header."""
_SEA, _LAKE = 1, 2


def ready_carving(engine: Engine, request: MapRequest, carving: Carving) -> Callable[[Job], Path]:
    """The work of a job that carves a map's terrain, of which there is 100 to do.

    Raises `TerrainError` if the request makes no sense, or the machine has too little memory for it.
    """
    height, width = (side * carving.detail for side in request.bounds.shape)
    if max(height, width) > LARGEST_DETAIL:
        raise ParameterError(
            f"`detail` {carving.detail} makes {width} x {height} pixels of this map, and {LARGEST_DETAIL} a side are"
            " the most that can be shown; choose less detail, or export it"
        )
    engine.check(request, carving)

    def work(job: Job) -> Path:
        terrain = engine.terrain(request, job.stop, carving, job.reach)
        file = job.folder / "terrain"
        with file.open("wb") as opened:
            for part in pack(_header(terrain).model_dump(), _arrays(terrain)):
                job.stop.check()
                opened.write(part)
        return file

    return work


def _header(terrain: Terrain) -> DetailHeader:
    water = terrain.hydrology
    assert water is not None  # it was carved
    height, width = terrain.height.shape
    lakes = [LakeEntry.model_validate(lake) for lake in describe_lakes(water.lakes)]
    rivers = describe_rivers(water.reaches, water.detail)
    return DetailHeader(width=width, height=height, detail=water.detail, gsd=terrain.gsd, lakes=lakes, rivers=rivers)


def _arrays(terrain: Terrain) -> Mapping[str, NDArray[Any]]:
    assert terrain.hydrology is not None
    water = np.where(terrain.labels == WATER, np.where(terrain.height > 0, _LAKE, _SEA), 0).astype(np.uint8)
    return {
        "texture": terrain.texture,
        "height": terrain.height,
        "shaded": terrain.shaded,
        "labels": terrain.labels,
        "water": water,
        "rivers": terrain.hydrology.mask,
    }


def describe_rivers(reaches: Iterable[Reach], detail: int, most: int = MOST_RIVERS) -> list[River]:
    """Reaches for a header, the largest first, as many as have `most` bytes in all.

    Lines are in pixels of the map, with a point for every half of one.
    """
    rivers: list[River] = []
    for reach in sorted(reaches, key=lambda reach: -reach.discharge):
        river = River(
            line=_thinned(reach.points, max(detail // 2, 1), detail),
            order=reach.order,
            area=round(reach.area, 2),
            discharge=round(reach.discharge, 3),
            width=round(reach.width, 2),
            name=reach.name,
        )
        most -= len(river.model_dump_json())
        if most < 0:
            break
        rivers.append(river)
    return rivers


def _thinned(points: NDArray[np.float64], step: int, detail: int) -> list[tuple[float, float]]:
    """Every so many of a line's points, and its last."""
    kept = np.concatenate([points[:-1:step], points[-1:]])
    return [(x, y) for x, y in np.round(kept / detail, 2).tolist()]
