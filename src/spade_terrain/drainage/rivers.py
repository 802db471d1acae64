"""Rivers as smooth lines, from their sources to the sea, joined where they meet."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.carve import SECONDS_A_YEAR, Drained
from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.flow.routing import LAND, Indices, add_downstream
from spade_terrain.drainage.flow.streams import strahler_orders
from spade_terrain.terrain import Reach

_WIDTH = 5.0  # metres that a river is wide where it carries a cubic metre a second
_SMOOTHINGS = 6  # of lines: a step to the side of one pixel spreads over about four


def trace_rivers(drained: Drained, least: float) -> list[Reach]:
    """Find rivers that carry `least` cubic metres a second or more, as a mean over the year, and the map's own.

    In lakes there are no lines: a river ends at a lake's shore, and begins at its outlet.
    """
    receivers, order = drained.receivers, drained.order
    channels = drained.discharge >= least * SECONDS_A_YEAR
    channels[drained.channels.led.pixels] = True
    channels &= drained.water.ravel() == LAND
    main = _main_donors(order, receivers, channels, drained.discharge)
    points = _smooth(channels, receivers, main, drained.height.shape)
    pixels, starts = _reaches(receivers, channels, _inflows(receivers, channels))
    rivers = _numbers(order, receivers, channels, main)
    orders = strahler_orders(order, receivers, channels)
    areas = upstream_areas(drained)
    heights = drained.height.ravel()
    own = drained.channels
    names = {i: own.names[course] for i, course in zip(own.led.pixels.tolist(), own.course.tolist(), strict=True)}
    begins = {int(pixels[start]): reach for reach, start in enumerate(starts[:-1])}
    reaches = []
    for first, last in pairwise(starts):
        way = pixels[first:last]
        end = int(way[-2] if len(way) > 1 else way[-1])  # the last pixel of this reach alone
        discharge = float(drained.discharge[end]) / SECONDS_A_YEAR
        reaches.append(
            Reach(
                points=points[way],
                heights=heights[way],
                river=int(rivers[end]),
                into=begins.get(int(way[-1])) if len(way) > 1 else None,
                order=int(orders[end]),
                area=float(areas[end]),
                discharge=discharge,
                width=_WIDTH * discharge**0.5,
                name=names.get(end),
            )
        )
    return reaches


def upstream_areas(drained: Drained) -> NDArray[np.float64]:
    """Square kilometres whose water comes through each pixel, its own among them: float64 `(H W)`."""
    own = np.full(drained.height.shape, drained.spacing**2 / 1e6, np.float32)
    return add_downstream(drained.order, drained.receivers, own)


def _smooth(
    channels: NDArray[np.bool_], receivers: Indices, main: Indices, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Points of all pixels, float64 `(H W, 2)`: their middles, but those of rivers moved towards their neighbours.

    All lines move together, so those that meet go on meeting; sources and mouths stay.
    """
    rows, columns = np.indices(shape)
    points = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], 1)
    inner = np.flatnonzero(channels & (main >= 0) & (receivers != np.arange(len(receivers))))
    for _ in range(_SMOOTHINGS):
        points[inner] = 0.5 * points[inner] + 0.25 * (points[main[inner]] + points[receivers[inner]])
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
    """Pixels of all reaches, one after the other, and where in them each begins, and the last ends."""
    total, count = 0, 0
    for i in range(len(receivers)):
        if channels[i]:
            total += 1
            if inflows[i] != 1:
                count += 1
    pixels, starts = np.empty(total + count, np.int32), np.empty(count + 1, np.int32)
    at, reach = 0, 0
    for source in range(len(receivers)):
        if not channels[source] or inflows[source] == 1:
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
