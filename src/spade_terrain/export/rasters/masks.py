"""Where each class lies: a picture a class, or four classes in the channels of one."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import png
from spade_terrain.export.rows import Mapped
from spade_terrain.palette import NAMES, Labels
from spade_terrain.terrain import Rows

_CHANNELS = "RGBA"


def write_masks(job: ExportJob) -> Files:
    """Write `mask-NAME.png` for each class."""
    files: Files = {}
    for label, name in enumerate(NAMES):
        file = f"mask-{name}.png"
        png.write(job.folder / file, _mask(job.layers, label))
        files[file] = {"is": f"255 where the ground is {name}, 0 elsewhere, 8-bit grey"} | _size(job)
    return files


def write_splat(job: ExportJob) -> Files:
    """Write `splat-0.png` and on, each with the next four classes in its channels; a channel without a class is 0."""
    files: Files = {}
    for first in range(0, len(NAMES), len(_CHANNELS)):
        file = f"splat-{first // len(_CHANNELS)}.png"
        png.write(job.folder / file, _splat(job.layers, first))
        channels = dict(zip(_CHANNELS, NAMES[first:], strict=False))
        said = {"is": "255 in the channel of the pixel's class, 0 in others, RGBA", "channels": channels}
        files[file] = said | _size(job)
    return files


def _size(job: ExportJob) -> dict[str, int]:
    rows, columns = job.layers.shape
    return {"columns": columns, "rows": rows}


def _mask(labels: Rows, label: int) -> Rows:
    def mask(part: Labels) -> NDArray[np.uint8]:
        return np.where(part == label, np.uint8(255), np.uint8(0))

    return Mapped(labels, mask, np.uint8)


def _splat(labels: Rows, first: int) -> Rows:
    columns = np.arange(first, first + len(_CHANNELS), dtype=np.uint8)

    def weights(part: Labels) -> NDArray[np.uint8]:
        return np.where(part[..., None] == columns, np.uint8(255), np.uint8(0))

    return Mapped(labels, weights, np.uint8, (len(_CHANNELS),))
