"""`wetness.png`: where the ground is wet, as far as its shape says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.meshes.grid import Spacing
from spade_terrain.export.rasters import png
from spade_terrain.export.rows import Mapped
from spade_terrain.palette import WATER
from spade_terrain.terrain import Rows

_STEPS = 2048
"""Of `wetness.png` for 1: up to 32 go into 16 bits, more than there is."""
_LEAST_SLOPE = 1e-3
"""What is flatter counts as that: a floodplain's slope, a metre a kilometre."""


def write(job: ExportJob) -> Files:
    """Write the index; the terrain is one that water has carved."""
    png.write(job.folder / "wetness.png", Mapped(wetness(job), _coded, np.uint16))
    said = {
        "is": "topographic wetness index, ln(a / tan b), 16-bit grey; 0 where there is water",
        "wetness": f"value / {_STEPS}",
        "least_slope": _LEAST_SLOPE,
    }
    return {"wetness.png": said}


def wetness(job: ExportJob) -> "Wetness":
    """The index of a terrain that water has carved."""
    water = job.terrain.hydrology
    assert water is not None  # `check_formats` sees to it
    return Wetness(job.height, water.upstream, job.labels, job.pixel)


@dataclass(frozen=True)
class Wetness:
    """The topographic wetness index, ln(a / tan b), read some rows at a time: float32 `(H, W)`, 0 where water is.

    a is the area upstream for each metre across, in metres, tan b the slope (Beven and Kirkby, "A physically based,
    variable contributing area model of basin hydrology", Hydrological Sciences Bulletin 24(1), 1979).

    Attributes:
        height: float32 `(H, W)`, metres.
        upstream: square kilometres upstream, float32 `(H, W)`.
        labels: uint8 `(H, W)`, 0..6.
        pixel: metres that one is from west to east, and from north to south.

    """

    height: Rows
    upstream: Rows
    labels: Rows
    pixel: Spacing

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """float32."""
        return np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(H, W)`."""
        return self.height.shape

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]:
        """The index of these rows, made now."""
        start, stop, _ = rows.indices(self.shape[0])
        first = max(start - 1, 0)  # a slope takes the rows on both sides
        east_west, north_south = (np.float32(metres) for metres in self.pixel)
        south, east = np.gradient(self.height[first : stop + 1], north_south, east_west)
        slope = np.maximum(np.hypot(south, east)[start - first : stop - first], np.float32(_LEAST_SLOPE))
        across = self.upstream[start:stop] * (np.float32(1e6) / np.sqrt(east_west * north_south))
        index: NDArray[np.float32] = np.log(across / slope)
        return np.where(self.labels[start:stop] == WATER, np.float32(0), index)


def _coded(index: NDArray[np.float32]) -> NDArray[np.uint16]:
    steps: NDArray[np.float32] = np.rint(_STEPS * index)
    return steps.clip(0, np.iinfo(np.uint16).max).astype(np.uint16)
