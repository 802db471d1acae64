"""`basins.png`: which land drains to the same mouth, a colour a basin."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import png
from spade_terrain.export.rows import Mapped

_SPREAD = 0x9E3779
"""Numbers times this, in 24 bits, are colours: as it is odd no two are the same, and neighbours differ."""
_BITS = 24


def write(job: ExportJob) -> Files:
    """Write the picture; the terrain is one that water has carved."""
    water = job.terrain.hydrology
    assert water is not None  # `check_formats` sees to it
    png.write(job.folder / "basins.png", Mapped(water.basins, _coloured, np.uint8, (3,)))
    said = {
        "is": "drainage basins, 8-bit RGB, a colour a basin; black is the sea",
        "basin": f"(65536 red + 256 green + blue) * {pow(_SPREAD, -1, 2**_BITS)} mod {2**_BITS}; 1 is the largest",
    }
    return {"basins.png": said}


def _coloured(basins: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Numbers below 2^24 as colours: uint8 `(h, W, 3)`."""
    spread = basins.astype(np.uint32) * np.uint32(_SPREAD)
    return np.stack([spread >> 16, spread >> 8, spread], axis=-1).astype(np.uint8)
