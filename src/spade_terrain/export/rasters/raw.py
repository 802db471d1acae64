"""`height.r16` and `height.raw`: the units of `height.png` as bare numbers, for tools that read nothing else."""

from pathlib import Path

import numpy as np

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rasters import height
from spade_terrain.export.rows import stripes
from spade_terrain.terrain import Rows


def write_r16(job: ExportJob) -> Files:
    """Write `height.r16`."""
    return _write(job, "height.r16")


def write_raw(job: ExportJob) -> Files:
    """Write `height.raw`: the same bytes, under the name that other tools look for."""
    return _write(job, "height.raw")


def write_units(path: Path, units: Rows) -> None:
    """Write uint16 `(H, W)` as little-endian numbers, row by row, without a header."""
    with path.open("wb") as f:
        f.writelines(np.ascontiguousarray(part, "<u2").data for part in stripes(units))


def _write(job: ExportJob, name: str) -> Files:
    write_units(job.folder / name, height.height_units(job.height, job.summary.highest))
    rows, columns = job.height.shape
    layout = {
        "is": "height above the sea, linear, bare 16-bit numbers from the north-west",
        "byte_order": "little-endian",
        "header_bytes": 0,
        "columns": columns,
        "rows": rows,
    }
    return {name: layout | height.describe(job)}
