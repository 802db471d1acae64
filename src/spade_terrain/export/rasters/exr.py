"""`height.exr`: heights in metres as 32-bit floats."""

from pathlib import Path

import numpy as np

from spade_terrain.export.job import ExportJob, Files
from spade_terrain.export.rows import stripes
from spade_terrain.terrain import Rows


def write(job: ExportJob) -> Files:
    """Write `height.exr`."""
    write_rows(job.folder / "height.exr", job.height)
    return {"height.exr": {"is": "height above the sea in metres, 32-bit float", "channel": "Y"}}


def write_rows(path: Path, values: Rows) -> None:
    """Write float32 `(H, W)` as the EXR file `path`: one channel, `Y`, scan lines from north to south."""
    import Imath
    import OpenEXR

    rows, columns = values.shape
    header = OpenEXR.Header(columns, rows)
    header["channels"] = {"Y": Imath.Channel(Imath.PixelType(Imath.PixelType.FLOAT))}
    # The newer `OpenEXR.File` wants the whole image in memory.
    file = OpenEXR.OutputFile(str(path), header)
    try:
        for part in stripes(values):
            file.writePixels({"Y": np.ascontiguousarray(part, np.float32).tobytes()}, len(part))
    finally:
        file.close()
