"""`bed.png`: the height map with the ground beneath lakes, for tools that lay water over it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import height, png
from spade_terrain.terrain import Rows


def write(job: ExportJob) -> Files:
    """Write the map, in the units of `height.png`; the terrain is one that water has carved."""
    png.write(job.folder / "bed.png", height.height_units(bed(job), job.summary.highest))
    said = {
        "is": "height.png with the beds of lakes in place of their surfaces, linear, 16-bit grey",
        "water": "use it as the height map, and lay level water over each lake of `lakes`, at its `level_m`",
    }
    return {"bed.png": said | height.describe(job)}


def bed(job: ExportJob) -> "Bed":
    """The ground of a terrain that water has carved, with the relief asked for."""
    water = job.terrain.hydrology
    assert water is not None  # `check_formats` sees to it
    return Bed(job.height, water.depths, job.options.relief)


@dataclass(frozen=True)
class Bed:
    """The ground, under water too, read some rows at a time: float32 `(H, W)`, metres above the sea.

    Attributes:
        surface: heights, those of lakes being their levels, float32 `(H, W)`, metres.
        depths: of lakes, float32 `(H, W)`, metres before `relief`.
        relief: how many times as high as it was generated `surface` is.

    """

    surface: Rows
    depths: Rows
    relief: float

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """float32."""
        return np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(H, W)`."""
        return self.surface.shape

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]:
        """The ground of these rows, made now."""
        ground: NDArray[np.float32] = self.surface[rows] - np.float32(self.relief) * self.depths[rows]
        return np.maximum(ground, np.float32(0))
