"""One terrain on its way into files."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from spade_terrain.export import ground, presets
from spade_terrain.export.meshes.grid import Mesh, coarser, mesh
from spade_terrain.export.names import beside
from spade_terrain.export.options import COARSE_MESH, LARGEST_MESH, ExportOptions
from spade_terrain.export.rasters.resample import Nearest
from spade_terrain.export.rows import Drawn, Mapped
from spade_terrain.export.summary import MapSummary, summarise
from spade_terrain.terrain import PictureRows, Rows, TerrainRows

Files: TypeAlias = dict[str, dict[str, Any]]
"""What the sidecar says of each file, by its name: `is`, one line on what it is, and figures as JSON values."""


@dataclass(frozen=True)
class ExportJob:
    """What every writer of files is given.

    Attributes:
        terrain: what is written; its heights are read from `height` below.
        folder: where the files go.
        options: how they are made.
        store: the address of the folder that a Zarr hierarchy goes to; by default `folder`.

    """

    terrain: TerrainRows
    folder: Path
    options: ExportOptions
    store: str | None = None

    @cached_property
    def height(self) -> Rows:
        """float32 `(H, W)`, metres above the sea, with the relief asked for."""
        relief = np.float32(self.options.relief)
        return Mapped(self.terrain.height, lambda metres: metres * relief, np.float32)

    @cached_property
    def labels(self) -> Rows:
        """uint8 `(H, W)`, 0..6, with the coast as the terrain has it."""
        return Drawn(self.terrain.labels, self.terrain.height)

    @property
    def pictures(self) -> dict[str, PictureRows]:
        """The land in all its textures, by name, the main one first."""
        return {self.terrain.texture_name: self.terrain, **self.terrain.beside}

    def texture_file(self, file: str, texture: str) -> str:
        """What a file of a texture is called, which for the main one is `file`."""
        return file if texture == self.terrain.texture_name else beside(file, texture)

    @property
    def layers(self) -> Rows:
        """`labels` as masks show them: Unreal takes layers of its landscape's own vertices only."""
        side = presets.layers_side(self.options, *self.labels.shape)
        return self.labels if side is None else Nearest(self.labels, side, side, corners=True)

    @cached_property
    def summary(self) -> MapSummary:
        """What is true of the whole map."""
        return summarise(self.height, self.labels)

    @property
    def scale(self) -> float:
        """Metres in meshes and in tools for each metre of ground."""
        if self.options.playable_km is None:
            return 1.0
        return self.options.playable_km * 1000 / max(self.extent)

    @property
    def pixel(self) -> tuple[float, float]:
        """Metres of ground that a pixel is from west to east, and from north to south."""
        return ground.pixel(self.terrain)

    @property
    def extent(self) -> tuple[float, float]:
        """Metres of ground that the map is from west to east, and from north to south."""
        return ground.extent(self.terrain)

    @property
    def vertical_scale(self) -> float:
        """How many times as tall as they are heights are shown in 3D: of carved terrain, as of the map's own pixels."""
        if self.options.vertical_scale:
            return self.options.vertical_scale
        detail = self.terrain.hydrology.detail if self.terrain.hydrology else 1
        return ground.usual_vertical_scale(max(self.extent), detail * ground.gsd(self.terrain))

    def sized(self, playable_km: float | None) -> "ExportJob":
        """The same with another size in 3D."""
        job = replace(self, options=replace(self.options, playable_km=playable_km))
        vars(job)["summary"] = self.summary  # reading a large map once is enough
        return job

    @cached_property
    def mesh(self) -> Mesh:
        """The surface in metres, as the options scale it."""
        height = self.height
        if self.options.triangles is None and prod(height.shape) > LARGEST_MESH:
            height = coarser(height, COARSE_MESH)
        pixels = [whole / side for whole, side in zip(self.height.shape, height.shape, strict=True)]  # for a vertex
        spacing = (self.pixel[0] * pixels[1] * self.scale, self.pixel[1] * pixels[0] * self.scale)
        return mesh(height, spacing, self.scale * self.vertical_scale, self.options.triangles)


def describe_mesh(job: ExportJob, units_per_m: float) -> dict[str, Any]:
    """What the sidecar says of a file of `job.mesh`, in which a metre of `job.mesh` is `units_per_m`."""
    return {
        "axes": "X east, Y up, Z south; right-handed; the middle of the map at X = Z = 0, the sea at Y = 0",
        "units_per_m": units_per_m * job.scale,
        "vertical_scale": job.vertical_scale,
        "vertical_scale_reason": "true relief is too flat to see at this ground scale",
        "vertices": len(job.mesh.vertices),
        "triangles": len(job.mesh.faces),
        "triangles_unless_simplified": 2 * (job.height.shape[0] - 1) * (job.height.shape[1] - 1),
    }
