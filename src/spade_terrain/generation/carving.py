"""Detail: the map as the network is to see it, and what water makes of the network's land then.

The room `drainage`, which takes numba, is imported only when there is something to carve.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError, ParameterError
from spade_terrain.inputs import as_flag, as_whole
from spade_terrain.maps.read import LabelRows
from spade_terrain.palette import WATER
from spade_terrain.runtime.libraries import require
from spade_terrain.storage.kept import Kept
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import GSD, Course, Terrain, TerrainRows

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Carving:
    """What was asked for; `as_carving` makes one.

    Attributes:
        detail: how much finer than the map the terrain is.
        sea_lakes: water that is painted inside of the land is at 0 m.
        sea_rivers: so are painted rivers, and an Azgaar map has none.
        draw_rivers: rivers are drawn into the textures.

    """

    detail: int
    sea_lakes: bool
    sea_rivers: bool
    draw_rivers: bool

    def begin(self, rows: LabelRows, out: Path | None = None) -> "CarvedMap":
        """Make ready to carve a map's terrain: lakes and rivers become land for the network.

        Where memory is short it is to be carved on the disk of `out`, if that is given; a line says so, and another
        tells of water that may have been meant for something else.

        Raises `ParameterError` if the map is too large to be counted, `DeviceError` or `StorageError` if there is too
        little memory or room for it, and `MapError` if there is no land.
        """
        from spade_terrain.drainage.detail import check_detail
        from spade_terrain.drainage.painted.land import drained_labels
        from spade_terrain.drainage.painted.water import painted_water

        on_disk = check_detail(rows.shape, self.detail, out)
        labels = rows.in_memory()
        if (labels == WATER).all():
            raise MapError("the map is all water, so there is no land for `detail` to carve; paint some")
        known = rows.courses is not None  # thin water is what it is, then
        water = painted_water(labels, rows.gsd or GSD, sea_lakes=self.sea_lakes, sea_rivers=self.sea_rivers or known)
        _log_doubts(water.stray, water.cut)
        courses = () if self.sea_rivers else (rows.courses or water.courses)
        drained = water.lakes | water.rivers
        if not drained.any():
            return CarvedMap(self, rows, None, courses, on_disk)
        land = drained_labels(labels, drained)
        # Of maps of one size, those whose lakes and rivers are land are others than those where they are sea.
        digest = sha256(f"{rows.digest()} drained".encode() + np.packbits(drained).tobytes()).hexdigest()
        land_rows = replace(rows, stripes=lambda: iter([land]), digest=lambda: digest)
        return CarvedMap(self, land_rows, water.lakes if water.lakes.any() else None, courses, on_disk)


@dataclass(frozen=True)
class CarvedMap:
    """A map whose terrain is carved.

    Attributes:
        carving: how.
        land: its labels for the network to see.
        lakes: painted lakes, bool `(H, W)`, if there are any.
        courses: where its own rivers run.
        on_disk: memory is too short to carve it there.

    """

    carving: Carving
    land: LabelRows
    lakes: NDArray[np.bool_] | None
    courses: Sequence[Course]
    on_disk: bool = False

    @property
    def pixels(self) -> int:
        """How many the carved terrain has."""
        return prod(self.land.shape) * self.carving.detail**2

    def carve(
        self, coarse: TerrainRows, told: Callable[[str, float], None] | None = None, folder: Path | None = None
    ) -> Terrain:
        """Carve the terrain that the network made of `land`; `told` is as `detailed_terrain` takes it.

        With `folder`, which is made if missing, what is finished is kept there, and gone on with by the next call.

        Raises `FileInTheWayError` if what is there is of another detail or damaged, and `OSError` if the disk is full.
        """
        from spade_terrain.drainage.detail import detailed_terrain

        # Of an Azgaar map the labels say nothing of where the rivers run.
        digest = sha256(b"".join(course.points.tobytes() for course in self.courses)).hexdigest()
        kept = Kept(folder, {"detail": self.carving.detail, "courses": digest}) if folder else None
        scratch = Scratch(folder) if self.on_disk else MEMORY
        return detailed_terrain(
            coarse, self.lakes, self.carving.detail, draw=self.carving.draw_rivers, told=told, scratch=scratch,
            kept=kept, courses=self.courses,
        )  # fmt: skip


def as_carving(
    detail: int | None, *, sea_lakes: bool = False, sea_rivers: bool = False, draw_rivers: bool | None = None
) -> Carving | None:
    """What arguments of `generate` ask for, `None` if the terrain is to be as the network makes it.

    Raises `ParameterError` if they make no sense, and `MissingLibraryError` if numba is not installed.
    """
    sea_lakes, sea_rivers = as_flag(sea_lakes, "sea_lakes"), as_flag(sea_rivers, "sea_rivers")
    draw_rivers = None if draw_rivers is None else as_flag(draw_rivers, "draw_rivers")
    if detail is None:
        asked = {"sea_lakes": sea_lakes, "sea_rivers": sea_rivers, "draw_rivers": draw_rivers is not None}
        for name, given in asked.items():
            if given:
                raise ParameterError(f"`{name}` is of terrain that water carves; give `detail`, too, or leave it out")
        return None
    detail = as_whole(detail, "detail")
    require("numba", "`detail`", "drainage")
    from spade_terrain.drainage.carve import check_grid

    check_grid((0, 0), detail)
    return Carving(detail, sea_lakes, sea_rivers, detail >= 2 if draw_rivers is None else draw_rivers)


def _log_doubts(stray: Sequence[tuple[int, int]], cut: Sequence[tuple[int, int]]) -> None:
    for places, text in (
        (
            stray,
            "water as thin as a river leads to no other water and no border, so it is a lake; paint it on for a river",
        ),
        (cut, "a little water at the border is sea, at 0 m; leave some land between it and the border for a lake"),
    ):
        if places:
            row, column = places[0]
            more = f" and at {len(places) - 1} more place{'s' * (len(places) > 2)}" if len(places) > 1 else ""
            _log.warning("at row %d, column %d%s: %s", row, column, more, text)
