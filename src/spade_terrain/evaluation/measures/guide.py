"""How well heights follow their guide, where it is looked at: in means over cells of 64 km."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.rounding import FigureRow, rounded
from spade_terrain.generation.height_guide import cell_sums
from spade_terrain.palette import WATER, Labels

Floats = NDArray[np.float64]

_CELL_M = 64_000.0  # a side
_FEWEST = 8  # cells of a terrain: the correlation of fewer says little


def cell_means(height: NDArray[np.float32], labels: Labels, gsd: float) -> Floats:
    """Mean height in metres of the painted land in each whole cell of 64 km of `(H, W)`, `(h, w)`; NaN without land.

    Args:
        height: metres.
        labels: 0..6.
        gsd: metres a pixel.

    """
    side = max(round(_CELL_M / gsd), 1)
    whole = tuple(slice(length // side * side) for length in height.shape)
    land = labels != WATER
    total, pixels = (cell_sums(values[whole], side) for values in (np.where(land, height, np.float32(0)), land))
    means: Floats = np.divide(total, pixels, out=np.full(total.shape, np.nan), where=pixels > 0)
    return means


def guide_figures(made: Floats, guide: Floats) -> dict[str, FigureRow]:
    """Figures of `cell_means` `(N, h, w)` of N terrains and of their guides.

    Returns:
        Of the `cells`, Pearson's `correlation` over all; `correlation_within`, the mean of each terrain's own (of those
        with 8 cells or more): what lies high within a map; the median error in metres, and as a share of the guide.

    """
    known = np.isfinite(made) & np.isfinite(guide)
    pairs = [(m[k], g[k]) for m, g, k in zip(made, guide, known, strict=True)]
    within = [np.corrcoef(m, g)[0, 1] for m, g in pairs if len(m) >= _FEWEST and m.std() and g.std()]
    error, wanted = np.abs(made[known] - guide[known]), guide[known]
    high = wanted > 0
    return {
        "cells": {
            "correlation": rounded(np.corrcoef(made[known], wanted)[0, 1] if known.sum() > 1 else np.nan),
            "correlation_within": rounded(np.mean(within) if within else np.nan),
            "median_error_m": rounded(np.median(error) if error.size else np.nan),
            "median_error": rounded(np.median(error[high] / wanted[high]) if high.any() else np.nan),
        }
    }
