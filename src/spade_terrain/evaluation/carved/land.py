"""The figures of one piece of land, carved or real."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAND
from spade_terrain.drainage.measures.network import Network, measure, route, streams_by_class
from spade_terrain.drainage.measures.relief import hypsometry, slopes, spectrum
from spade_terrain.palette import NAMES, WATER, Labels

CHANNEL_CELLS = 16
"""Pixels that gather upstream of where streams begin, in all land alike, so that spacings compare."""


@dataclass(frozen=True)
class Land:
    """A piece of land, measured.

    Attributes:
        figures: by name; NaN for what it is too small to tell.
        classes: of each class kilometres of streams, square kilometres, and these times their slope, float64 `(7, 3)`.
            All land counts as grassland where classes are not known.

    """

    figures: dict[str, float]
    classes: NDArray[np.float64]


def measure_land(heights: Field, water: NDArray[np.uint8], spacing: float, labels: Labels | None = None) -> Land:
    """Lead water over any land in the same way, and measure both.

    Args:
        heights: float32 `(H, W)`, metres above the sea.
        water: what each pixel is, uint8 `(H, W)`, as `flood` takes it.
        spacing: metres a pixel.
        labels: uint8 `(H, W)`, 0..6, where they are known.

    """
    network = route(heights, water, spacing)
    classes = np.full(water.shape, WATER + 1, np.uint8) if labels is None else labels
    channel_km2, land = CHANNEL_CELLS * spacing**2 / 1e6, water == LAND
    slope = np.hypot(*np.gradient(heights, spacing))[land] * np.float32(spacing**2 / 1e6)
    streams = streams_by_class(network, classes, len(NAMES), channel_km2)
    steepness = np.bincount(classes[land], slope, len(NAMES))
    return Land(_figures(network, channel_km2), np.column_stack([streams, steepness]))


def _figures(network: Network, channel_km2: float) -> dict[str, float]:
    heights, spacing, land = network.heights, network.spacing, network.water == LAND
    drained = measure(network, channel_km2)
    mean_slope, steep = slopes(heights, land, spacing)
    mean, lower, median, upper = hypsometry(heights, land)
    return {
        "hollow_share": drained.hollow_share,
        "mean_fill_m": drained.fill,
        "slope_area_exponent": drained.slope_area,
        "hack_exponent": drained.hack,
        "bifurcation_ratio": drained.bifurcation,
        "length_ratio": drained.length_ratio,
        "stream_density_times_spacing": drained.density * spacing / 1e3,
        "ruled_share_of_streams": drained.straight,
        "mean_slope": mean_slope,
        "slope_of_the_steepest_hundredth": steep,
        "mean_height_by_the_highest": mean,
        "height_that_three_quarters_exceed": lower,
        "height_that_half_exceeds": median,
        "height_that_a_quarter_exceeds": upper,
        **{
            f"relief_over_{shortest / 1e3:g}_to_{shortest / 500:g}_km_m": metres
            for shortest, metres in spectrum(heights, land, spacing).items()
        },
    }
