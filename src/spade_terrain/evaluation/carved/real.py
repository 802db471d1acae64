"""Real land as fine as carved land, to compare it with."""

from pathlib import Path

import numpy as np

from spade_terrain.drainage.fields.resampling import shrink
from spade_terrain.drainage.flow.routing import LAND, SEA
from spade_terrain.errors import DataError, MissingFileError, ParameterError
from spade_terrain.evaluation.carved.land import Land, measure_land
from spade_terrain.world.pictures import read_image

SPACING = 125.0
"""Metres a pixel of the files."""
_METRES = np.float32(0.1)  # that a step of their heights is
_LEAST = 32  # pixels a side that say something


def real_pieces(folder: Path, spacing: float) -> list[Path]:
    """The files of real land in a folder, and whether they can be measured at `spacing` metres a pixel.

    Raises `MissingFileError` if the folder is not there, `DataError` if it holds no PNG, and `ParameterError` if pixels
    of that many metres are not made of whole ones of the files.
    """
    if not folder.is_dir():
        raise MissingFileError(f"no such folder: {folder}")
    pieces = sorted(folder.glob("*.png"))
    if not pieces:
        raise DataError(f"{folder} holds no PNG of land at {SPACING:.0f} m a pixel")
    if spacing < SPACING or spacing % SPACING:
        raise ParameterError(
            f"with this `detail` pixels are {spacing:g} m, and those of `fine` {SPACING:.0f} m, whose means can't give"
            " such; choose another `detail`"
        )
    return pieces


def measure_real(path: Path, spacing: float) -> Land:
    """Measure a piece: a 16-bit grey PNG of decimetres above the sea, which is 0, at 125 m a pixel.

    Raises `DataError` if it is damaged, of another kind, or too small at `spacing` metres a pixel.
    """
    heights = read_image(path, np.uint16, 1) * _METRES
    scale = round(spacing / SPACING)
    rows, columns = (side // scale * scale for side in heights.shape)
    if min(rows, columns) < _LEAST * scale:
        raise DataError(f"{path} is too small: {rows // scale} x {columns // scale} pixels of {spacing:g} m")
    coarse = shrink(np.ascontiguousarray(heights[:rows, :columns]), scale)
    return measure_land(coarse, np.where(coarse > 0, LAND, SEA).astype(np.uint8), spacing)
