"""Shades of grey without a range, to metres: by the land that is painted where they are brightest."""

import logging
from dataclasses import replace

import numpy as np

from spade_terrain.errors import MapError
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.palette import NAMES, WATER, Labels
from spade_terrain.storage.stored import Stored

_LOW_M = 20.0
"""The height of the darkest land: near the sea."""
_PEAKS_M = np.array([0, 1000, 800, 2000, 1500, 4000, 2000], np.float32)
"""Heights of usual peaks, by class: round numbers by the median and the upper quartile, over training patches, of the
99th percentile of a class's heights in each (tools/measure_peaks.py)."""
_BRIGHTEST = 99.0
"""The percentile of shades on land from which on the class counts."""

_log = logging.getLogger(__name__)


def in_metres(heights: RoughHeights, labels: Labels | Stored) -> RoughHeights:
    """Heights as they are if they are metres; of shades of grey, metres, and one line says which range was taken.

    Raises `MapError` if the shades are one and the same all over the painted land, or unknown.

    Args:
        heights: of the map.
        labels: the map, uint8 `(H, W)`, 0..6.

    """
    if heights.range_m is not None:
        return heights
    rows, columns = (
        np.minimum(((np.arange(count) + 0.5) * pixel).astype(np.int64), side - 1)
        for count, pixel, side in zip(heights.grid.shape, heights.pixel, labels.shape, strict=True)
    )
    painted = np.stack([labels[row : row + 1][0, columns] for row in rows.tolist()])  # (h, w)
    land = (painted != WATER) & ~np.isnan(heights.grid)
    shades = heights.grid[land]
    if not len(shades) or shades.min() == shades.max():
        found = "one shade on all" if len(shades) else "no"
        raise MapError(f"{heights.source} has {found} land of the map; give a picture with heights, or a `guide_range`")
    brightest = painted[land][shades >= np.percentile(shades, _BRIGHTEST)]
    label = int(np.bincount(brightest).argmax())
    dark, bright, peak = shades.min(), shades.max(), _PEAKS_M[label]
    metres = _LOW_M + (heights.grid - dark) / (bright - dark) * (peak - _LOW_M)
    _log.warning(
        "%s is taken as heights from %g m, its darkest land, to %s m, as %s rises where it is brightest; "
        "a `guide_range` says otherwise",
        heights.source,
        _LOW_M,
        f"{peak:,.0f}",
        NAMES[label],
    )
    return replace(heights, grid=np.maximum(metres, 0), range_m=(_LOW_M, float(peak)))
