"""Detail: the map as the network is to see it, and what water makes of the network's land then.

The room `drainage`, which takes numba, is imported only when there is something to carve.
"""

from collections.abc import Callable
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
from spade_terrain.terrain import Terrain, TerrainRows


@dataclass(frozen=True)
class Carving:
    """What was asked for; `as_carving` makes one.

    Attributes:
        detail: how much finer than the map the terrain is.
        sea_lakes: water that is painted inside of the land is at 0 m.
        draw_rivers: rivers are drawn into the textures.

    """

    detail: int
    sea_lakes: bool
    draw_rivers: bool

    def begin(self, rows: LabelRows, out: Path | None = None) -> "CarvedMap":
        """Make ready to carve a map's terrain: lakes become land for the network.

        Where memory is short it is to be carved on the disk of `out`, if that is given; a line says so.

        Raises `ParameterError` if the map is too large to be counted, `DeviceError` or `StorageError` if there is too
        little memory or room for it, and `MapError` if there is no land.
        """
        from spade_terrain.drainage.detail import check_detail
        from spade_terrain.drainage.painted import drained_lakes, painted_lakes

        on_disk = check_detail(rows.shape, self.detail, out)
        labels = rows.in_memory()
        if (labels == WATER).all():
            raise MapError("the map is all water, so there is no land for `detail` to carve; paint some")
        lakes = painted_lakes(labels)
        if self.sea_lakes or not lakes.any():
            return CarvedMap(self, rows, None, on_disk)
        land = drained_lakes(labels, lakes)
        # Of maps of one size, those whose lakes are land are others than those whose lakes are sea.
        digest = sha256(f"{rows.digest()} without lakes".encode()).hexdigest()
        return CarvedMap(self, replace(rows, stripes=lambda: iter([land]), digest=lambda: digest), lakes, on_disk)


@dataclass(frozen=True)
class CarvedMap:
    """A map whose terrain is carved.

    Attributes:
        carving: how.
        land: its labels for the network to see.
        lakes: painted lakes, bool `(H, W)`, if there are any.
        on_disk: memory is too short to carve it there.

    """

    carving: Carving
    land: LabelRows
    lakes: NDArray[np.bool_] | None
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

        kept = Kept(folder, {"detail": self.carving.detail}) if folder else None
        scratch = Scratch(folder) if self.on_disk else MEMORY
        draw = self.carving.draw_rivers
        return detailed_terrain(
            coarse, self.lakes, self.carving.detail, draw=draw, told=told, scratch=scratch, kept=kept
        )


def as_carving(detail: int | None, *, sea_lakes: bool = False, draw_rivers: bool | None = None) -> Carving | None:
    """What arguments of `generate` ask for, `None` if the terrain is to be as the network makes it.

    Raises `ParameterError` if they make no sense, and `MissingLibraryError` if numba is not installed.
    """
    sea_lakes = as_flag(sea_lakes, "sea_lakes")
    draw_rivers = None if draw_rivers is None else as_flag(draw_rivers, "draw_rivers")
    if detail is None:
        for name, given in (("sea_lakes", sea_lakes), ("draw_rivers", draw_rivers is not None)):
            if given:
                raise ParameterError(f"`{name}` is of terrain that water carves; give `detail`, too, or leave it out")
        return None
    detail = as_whole(detail, "detail")
    require("numba", "`detail`", "drainage")
    from spade_terrain.drainage.carve import check_grid

    check_grid((0, 0), detail)
    return Carving(detail, sea_lakes, detail >= 2 if draw_rivers is None else draw_rivers)
