"""Rivers as smooth lines, from their sources to the sea, joined where they meet."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.carve import SECONDS_A_YEAR, Drained
from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.flow.routing import LAND, Indices, gather
from spade_terrain.drainage.flow.streams import strahler_orders
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import Reach

_WIDTH = 5.0  # metres that a river is wide where it carries a cubic metre a second
_SMOOTHINGS = 6  # of lines: a step to the side of one pixel spreads over about four
_MOST_MOVED = 0.49  # pixels to each side


class _Channels(NamedTuple):
    """The pixels of rivers, and those that they end in, numbered row by row.

    Attributes:
        pixels: which they are, int32 `(N,)`, rising.
        receivers: the number of that which each flows to, int32 `(N,)`; of those that rivers end in, its own.
        order: numbers, each after its receiver's, int32 `(N,)`.
        channels: which are of rivers, bool `(N,)`.

    """

    pixels: Indices
    receivers: Indices
    order: Indices
    channels: NDArray[np.bool_]


def trace_rivers(drained: Drained, least: float, cells: Indices | None = None) -> list[Reach]:
    """Find rivers that carry `least` cubic metres a second or more, as a mean over the year, and the map's own.

    In lakes there are no lines: a river ends at a lake's shore, and begins at its outlet. Those that meet in the
    border's pixel itself end there, each for itself. `cells` are what `upstream_cells` counts, if somebody has.
    """
    if cells is None:
        cells = upstream_cells(drained)
    found = _channels(drained, least * SECONDS_A_YEAR)
    receivers, order, channels = found.receivers, found.order, found.channels
    discharges = drained.discharge[found.pixels]
    main = _main_donors(order, receivers, channels, discharges)
    points = _smooth(found, main, drained.height.shape[1])
    pixels, starts = _reaches(receivers, channels, _inflows(receivers, channels))
    rivers = _numbers(order, receivers, channels, main)
    orders = strahler_orders(order, receivers, channels)
    heights = drained.height.ravel()[found.pixels]
    own = drained.channels
    names = {i: own.names[course] for i, course in zip(own.led.pixels.tolist(), own.course.tolist(), strict=True)}
    begins = {int(pixels[start]): reach for reach, start in enumerate(starts[:-1])}
    reaches = []
    for first, last in pairwise(starts):
        way = pixels[first:last]
        end = int(way[-2])  # the last pixel of this reach alone
        discharge = float(discharges[end]) / SECONDS_A_YEAR
        reaches.append(
            Reach(
                points=points[way],
                heights=heights[way],
                river=int(rivers[end]),
                into=begins.get(int(way[-1])),
                order=int(orders[end]),
                area=float(cells[found.pixels[end]] * drained.spacing**2 / 1e6),
                discharge=discharge,
                width=_WIDTH * discharge**0.5,
                name=names.get(int(found.pixels[end])),
            )
        )
    return reaches


def upstream_cells(drained: Drained, scratch: Scratch = MEMORY) -> Indices:
    """Count the pixels whose water comes through each pixel, itself among them: int32 `(H W)`."""
    cells = scratch.empty(drained.height.size, np.int32)
    cells[:] = 1
    gather(drained.order, drained.receivers, cells)
    return cells


def _channels(drained: Drained, least: float) -> _Channels:
    """Rivers that carry so many cubic metres a year, and the map's own."""
    order = _carrying(
        drained.order, drained.discharge, drained.water.ravel(), least, np.sort(drained.channels.led.pixels)
    )
    pixels = np.unique(np.concatenate([order, drained.receivers[order]]))
    order = np.searchsorted(pixels, order).astype(np.int32)
    channels = np.zeros(len(pixels), bool)
    channels[order] = True
    receivers = np.arange(len(pixels), dtype=np.int32)
    receivers[order] = np.searchsorted(pixels, drained.receivers[pixels[order]])
    return _Channels(pixels, receivers, np.concatenate([np.flatnonzero(~channels).astype(np.int32), order]), channels)


@kernel
def _carrying(
    order: Indices, discharge: NDArray[np.float64], water: NDArray[np.uint8], least: float, own: Indices
) -> Indices:
    """Those pixels of land that carry so much, or are among `own`, which rise, in the same order."""
    carrying = np.empty(1024, np.int32)
    count = 0
    for i in order:
        if water[i] == LAND and (discharge[i] >= least or _among(i, own)):
            if count == len(carrying):
                carrying = np.append(carrying, carrying)
            carrying[count] = i
            count += 1
    return carrying[:count]


@kernel
def _among(i: int, rising: Indices) -> bool:
    at = np.searchsorted(rising, i)
    return bool(at < len(rising) and rising[at] == i)


def _smooth(found: _Channels, main: Indices, width: int) -> NDArray[np.float64]:
    """Points of all pixels, float64 `(N, 2)`: their middles, but those of rivers moved towards their neighbours.

    All lines move together, so those that meet go on meeting; sources and mouths stay. Each point stays in its pixel,
    whose height it has: a line that cut a corner would run through the bank.
    """
    receivers = found.receivers
    points = np.stack([found.pixels % width + 0.5, found.pixels // width + 0.5], 1)
    least, most = points - _MOST_MOVED, points + _MOST_MOVED
    inner = np.flatnonzero(found.channels & (main >= 0) & (receivers != np.arange(len(receivers))))
    for _ in range(_SMOOTHINGS):
        moved = 0.5 * points[inner] + 0.25 * (points[main[inner]] + points[receivers[inner]])
        points[inner] = moved.clip(least[inner], most[inner])
    return points


@kernel
def _inflows(receivers: Indices, channels: NDArray[np.bool_]) -> NDArray[np.uint8]:
    inflows = np.zeros(len(receivers), np.uint8)
    for i in range(len(receivers)):
        if channels[i] and receivers[i] != i:
            inflows[receivers[i]] += 1
    return inflows


@kernel
def _main_donors(
    order: Indices, receivers: Indices, channels: NDArray[np.bool_], discharge: NDArray[np.float64]
) -> Indices:
    """The largest river that flows into each pixel: int32 `(H W)`, -1 where there is none."""
    main = np.full(len(receivers), -1, np.int32)
    for i in order:
        receiver = receivers[i]
        if channels[i] and receiver != i and (main[receiver] < 0 or discharge[i] > discharge[main[receiver]]):
            main[receiver] = i
    return main


@kernel
def _numbers(order: Indices, receivers: Indices, channels: NDArray[np.bool_], main: Indices) -> Indices:
    """Number rivers from their mouths up: int32 `(H W)`, from 1 on, 0 off rivers."""
    numbers = np.zeros(len(receivers), np.int32)
    count = 0
    for i in order:
        if not channels[i]:
            continue
        receiver = receivers[i]
        if receiver != i and channels[receiver] and main[receiver] == i:
            numbers[i] = numbers[receiver]
        else:
            count += 1
            numbers[i] = count
    return numbers


@kernel
def _reaches(receivers: Indices, channels: NDArray[np.bool_], inflows: NDArray[np.uint8]) -> tuple[Indices, Indices]:
    """Pixels of all reaches, two or more each, one after the other; where in them each begins, and the last ends."""
    total, count = 0, 0
    for i in range(len(receivers)):
        if channels[i]:
            total += 1
            if inflows[i] != 1 and receivers[i] != i:
                count += 1
    pixels, starts = np.empty(total + count, np.int32), np.empty(count + 1, np.int32)
    at, reach = 0, 0
    for source in range(len(receivers)):
        if not channels[source] or inflows[source] == 1 or receivers[source] == source:
            continue
        starts[reach] = at
        reach += 1
        i = source
        while True:
            pixels[at] = i
            at += 1
            receiver = receivers[i]
            if receiver == i:
                break
            i = receiver
            if not channels[i] or inflows[i] != 1:
                pixels[at] = i
                at += 1
                break
    starts[reach] = at
    return pixels[:at], starts
