"""`height.png`: heights in 16 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import png
from spade_terrain.export.rows import Mapped
from spade_terrain.terrain import Rows

HEIGHT_BITS = 16
_TOP = 2**HEIGHT_BITS - 1


def write(job: ExportJob) -> Files:
    """Write the height map."""
    png.write(job.folder / "height.png", height_units(job.height, job.summary.highest))
    return {"height.png": {"is": "height above the sea, linear, 16-bit grey"} | describe(job)}


def describe(job: ExportJob) -> dict[str, Any]:
    """How to read `height_units` of the job's heights, for the sidecar."""
    return {
        "bits": HEIGHT_BITS,
        "metres_per_unit": metres_per_unit(job.summary.highest),
        "sea_level_value": 0,
    }


def height_units(height: Rows, highest: float) -> Rows:
    """`height` (float32 `(H, W)`, metres, 0..`highest`) as uint16: the sea is 0, `highest` is 65535, linear."""
    unit = np.float32(metres_per_unit(highest))

    def units(metres: NDArray[np.float32]) -> NDArray[np.uint16]:
        rounded: NDArray[np.float32] = np.minimum(np.rint(metres / unit), _TOP)
        return rounded.astype(np.uint16)

    return Mapped(height, units, np.uint16)


def metres_per_unit(highest: float) -> float:
    """Metres that one unit of `height_units` stands for; 1 if all is sea."""
    return highest / _TOP or 1.0
