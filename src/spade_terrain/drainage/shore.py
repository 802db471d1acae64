"""The line between water and land, finer than the map: smooth, and never further out than what was painted."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Rows, enlarge, smooth_noise

_MIDDLE = 0.5  # of the B-spline of the land's indicator: the line between a half-plane's pixels
_BITE = 0.22  # by how much more or less the line asks for, where noise is at its most
_ISLET = 0.8  # the line never asks for more than this share of what a pixel's inside has
_WAVELENGTHS = (2.0, 0.75, 0.25)  # pixels of the map
_SALT = 100


def fine_land(
    land: NDArray[np.bool_], scale: int, seed: int, rows: Rows | None = None, *, free: bool = False
) -> NDArray[np.bool_]:
    """Land on a grid `scale` times as fine: bool `(scale H, scale W)`.

    All of it lies in land pixels of the map, so that no water turns into land; corners are rounded off and lines
    wander, but each land pixel keeps some land. A line that is free also leaves those pixels, and so has fewer corners.

    Args:
        land: bool `(H, W)`.
        scale: 1 gives the same land.
        seed: another seed, another line.
        free: whether some land may lie in other pixels.
        rows: of the map, to have those rows of the finer grid alone that lie in them.

    """
    first, last = rows or (0, len(land))
    known = land[first:last]
    if scale == 1:
        return known.copy()
    fine_rows = first * scale, last * scale
    shape = land.shape[0] * scale, land.shape[1] * scale
    strength = enlarge(land.astype(np.float32), scale, fine_rows)
    noise = np.zeros(strength.shape, np.float32)
    for i, wavelength in enumerate(_WAVELENGTHS):
        pixels = int(wavelength * scale)
        if pixels >= 2:
            noise += np.float32(wavelength / _WAVELENGTHS[0]) * smooth_noise(seed, _SALT + i, pixels, shape, fine_rows)
    noise.clip(-1, 1, out=noise)
    line = _MIDDLE + np.float32(_BITE) * (noise if free else np.abs(noise))
    blocks = strength.reshape(len(known), scale, land.shape[1], scale)
    inside = np.repeat(np.repeat(blocks.max((1, 3)), scale, 0), scale, 1)
    painted = np.repeat(np.repeat(known, scale, 0), scale, 1)
    fine: NDArray[np.bool_] = strength >= np.where(painted, np.minimum(line, _ISLET * inside), line if free else np.inf)
    return fine
