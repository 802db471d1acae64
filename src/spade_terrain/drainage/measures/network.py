"""How water runs over land, in figures: hollows, the laws of streams, straight lines."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import LAND, SEA, Indices, add_downstream, flood, steepest, upward_order
from spade_terrain.drainage.flow.streams import longest_upstream, step_length, strahler_orders

_LEAST_FILL = 0.05  # metres that a hollow must be deep
_LEAST_CELLS = 8  # upstream of what the laws are fitted to
_RUN = 8  # pixels
_HORTON_LENGTHS = 3  # streams of an order, at least, for its length to count


class Network(NamedTuple):
    """How water runs over heights: as `Drained` has it, but by area."""

    heights: Field
    water: NDArray[np.uint8]
    receivers: Indices
    order: Indices
    cells: NDArray[np.float64]
    spacing: float


class Figures(NamedTuple):
    """Figures of one piece of land.

    Attributes:
        hollow_share: of the land, that lies in closed hollows which are no lakes, 0..1.
        fill: metres that would fill them, as a mean over the land.
        slope_area: theta of slope ~ area^-theta, by regression of logarithms.
        hack: h of length ~ area^h, by regression of logarithms, at confluences and mouths of streams.
        bifurcation: how many streams there are of an order for one of the next.
        length_ratio: how much longer streams of the next order are.
        density: kilometres of streams a square kilometre.
        straight: share of the length of streams in runs of one of the eight directions over 8 pixels.

    """

    hollow_share: float
    fill: float
    slope_area: float
    hack: float
    bifurcation: float
    length_ratio: float
    density: float
    straight: float


def route(heights: Field, water: NDArray[np.uint8], spacing: float) -> Network:
    """Route any land: hollows are filled first. Heights float32 `(H, W)`, metres; water uint8 `(H, W)`."""
    receivers, levels = flood(heights, water, np.ones_like(heights))
    steepest(levels, water, receivers, lambda first, last: np.zeros((last - first, heights.shape[1]), np.float32))
    order = upward_order(receivers)
    cells = add_downstream(order, receivers, (water != SEA).astype(np.float32))
    return Network(heights, water, receivers, order, cells, spacing)


def measure(network: Network, channel_km2: float) -> Figures:
    """Measure land whose streams begin where `channel_km2` square kilometres gather."""
    heights, water, receivers, order, cells, spacing = network
    land = (water == LAND).ravel()
    width = heights.shape[1]
    depth = flood(heights, water, np.zeros_like(heights)).levels - heights
    depth = np.where((water == LAND) & (depth > _LEAST_FILL), depth, 0)
    channels = (water.ravel() != SEA) & (cells * spacing**2 >= channel_km2 * 1e6)
    orders = strahler_orders(order, receivers, channels)
    counts, lengths, total, straight = _streams(order, receivers, orders, width, int(orders.max(initial=0)) + 1)
    mean_lengths = (lengths / np.maximum(counts, 1))[counts >= _HORTON_LENGTHS]
    return Figures(
        hollow_share=float((depth > 0).sum() / max(land.sum(), 1)),
        fill=float(depth.sum(dtype=np.float64) / max(land.sum(), 1)),
        slope_area=-_exponent(*_slopes(network, land)),
        hack=_hack(network, land, channels),
        bifurcation=_ratio(1 / counts[counts >= _HORTON_LENGTHS]),
        length_ratio=_ratio(mean_lengths),
        density=total * spacing / 1e3 / max(land.sum() * spacing**2 / 1e6, 1e-9),
        straight=straight / max(total, 1e-9),
    )


def streams_by_class(
    network: Network, labels: NDArray[np.uint8], classes: int, channel_km2: float
) -> NDArray[np.float64]:
    """Kilometres of streams, and square kilometres of land, by class: float64 `(classes, 2)`.

    `labels` are uint8 `(H, W)`; streams begin where `channel_km2` square kilometres gather.
    """
    land = (network.water == LAND).ravel()
    lengths = _steps(network.receivers, labels.shape[1])
    channels = land & (network.cells * network.spacing**2 >= channel_km2 * 1e6) & (lengths > 0)
    label = labels.ravel()
    km = np.bincount(label[channels], lengths[channels], classes) * network.spacing / 1e3
    return np.stack([km, np.bincount(label[land], minlength=classes) * network.spacing**2 / 1e6], 1)


def _steps(receivers: Indices, width: int) -> NDArray[np.float64]:
    """How far each pixel's receiver is, in pixels: float64 `(H W)`, 0 at mouths."""
    step = np.abs(receivers - np.arange(len(receivers)))
    return np.where(step == 0, 0.0, np.where((step == 1) | (step == width), 1.0, np.sqrt(2)))


def _slopes(network: Network, land: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    heights, _, receivers, _, cells, _ = network
    z = heights.ravel().astype(np.float64)
    slope = (z - z[receivers]) / _steps(receivers, heights.shape[1]).clip(1)
    chosen = land & (cells >= _LEAST_CELLS) & (slope > 0)
    return cells[chosen], slope[chosen]


def _hack(network: Network, land: NDArray[np.bool_], channels: NDArray[np.bool_]) -> float:
    longest = longest_upstream(network.order, network.receivers, network.heights.shape[1])
    chosen = land & channels & (network.cells >= 10 * _LEAST_CELLS)
    return _exponent(network.cells[chosen], longest[chosen].astype(np.float64))


def _exponent(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if len(x) < _LEAST_CELLS:
        return float("nan")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def _ratio(by_order: NDArray[np.float64]) -> float:
    """By how much more each order has than the one before: Horton's law, by regression."""
    if len(by_order) < 2:
        return float("nan")
    return float(np.exp(np.polyfit(np.arange(len(by_order)), np.log(by_order), 1)[0]))


@kernel
def _streams(
    order: Indices, receivers: Indices, orders: NDArray[np.uint8], width: int, sizes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
    """Count streams of each order from 1 on and add up their lengths, in pixels, all lengths and those of long runs."""
    counts, lengths = np.zeros(sizes - 1), np.zeros(sizes - 1)
    run = np.zeros(len(receivers), np.int32)  # pixels that the way to a pixel has gone in its last direction
    total, straight = 0.0, 0.0
    for k in range(len(order) - 1, -1, -1):
        i = order[k]
        stream, receiver = orders[i], receivers[i]
        if stream == 0:
            continue
        ends = receiver == i or orders[receiver] != stream
        if ends:
            counts[stream - 1] += 1
        if receiver == i:
            continue
        length = step_length(i, receiver, width)
        lengths[stream - 1] += length
        total += length
        run[i] += 1
        below = receivers[receiver]
        goes_on = orders[receiver] != 0 and below != receiver and below - receiver == receiver - i
        if goes_on:
            run[receiver] = max(run[receiver], run[i])
        elif run[i] > _RUN:
            straight += run[i] * length
    return counts, lengths, total, straight
