"""Carving: from the network's heights to land that water has drained, coarse to fine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field, refine, smooth_noise
from spade_terrain.drainage.flow.channels import Channels, lay_channels
from spade_terrain.drainage.flow.routing import (
    CLOSED_LAKE,
    LAKE,
    LAND,
    Indices,
    add_downstream,
    flood,
    steepest,
    upward_order,
)
from spade_terrain.drainage.land.erosion import creep, erode
from spade_terrain.drainage.land.ground import Ground, ground
from spade_terrain.drainage.land.target import Target
from spade_terrain.drainage.waters import Waters, find_waters, surface_below_shores
from spade_terrain.errors import ParameterError
from spade_terrain.palette import Labels
from spade_terrain.terrain import Course

SECONDS_A_YEAR = 31_557_600.0
STEPS = {1: 24, 2: 12, 4: 8, 8: 6, 16: 5}
"""Steps of time on each grid, by how much finer than the map it is: large valleys first, small ones need few."""

_MOST_PIXELS = 2**31 - 1  # that can be counted
_LOWEST_LAND = 0.5  # metres, before water has run over it
_BENDS = ((4, 0.35), (8, 0.7))  # wavelengths in pixels, and by how many of the grid before, about, valleys bend
_UNEVEN = 0.3  # noise of each finer grid, by the slope of a pixel
_WANDER = ((8, 1.6), (4, 1.4), (1, 0.6))  # wavelengths in pixels, and by how much log weights differ
_FAVOURED = ((4, 0.3), (1, 0.3))  # wavelengths, and by how much more slopes toward favoured pixels count
_ROUGH, _SOUTH, _EAST, _WAY, _FAVOUR = 1000, 2000, 3000, 4000, 5000  # salts of noise


@dataclass(frozen=True)
class Drained:
    """Land that water has drained, on a grid `detail` times as fine as the map's: all `(H, W)`; row 0 is north.

    Attributes:
        height: float32, metres above the sea, which is 0; lakes at their levels.
        water: uint8, `routing.LAND`, `SEA`, `CLOSED_LAKE` or `LAKE`.
        receivers: int32 `(H W)`, the pixel that each flows to, counted row by row; itself at mouths.
        order: int32 `(H W)`, each pixel after its receiver.
        discharge: float64 `(H W)`, upstream area times run-off, and springs: cubic metres a year.
        channels: where the map's own rivers run.
        spacing: metres a pixel.

    """

    height: Field
    water: NDArray[np.uint8]
    receivers: Indices
    order: Indices
    discharge: NDArray[np.float64]
    channels: Channels
    spacing: float


def carve(
    heights: Field,
    labels: Labels,
    seed: int,
    detail: int,
    gsd: float,
    lakes: NDArray[np.bool_] | None = None,
    courses: Sequence[Course] = (),
    told: Callable[[int, int], None] = lambda scale, step: None,
) -> Drained:
    """Carve valleys into land.

    On each grid, every one twice as fine as that before, land is routed from scratch, then wears for some steps of
    time, while uplift holds it.

    Args:
        heights: float32 `(H, W)`, metres above the sea, which is 0 and stays.
        labels: uint8 `(H, W)`, 0..6.
        seed: another seed, other valleys.
        detail: how much finer the result is: 1, 2, 4, 8 or 16.
        gsd: metres a pixel of the map.
        lakes: painted lakes, bool `(H, W)`; their heights are those of the land around.
        courses: where the map's own rivers run, those first that others flow into. They fall all the way to the sea, a
            lake, the border or another river, through whatever stands in their way.
        told: is called with each grid's scale and step, before it.

    Raises `ParameterError` for what can't be carved.

    """
    _check(heights, labels, detail, lakes)
    waters = find_waters(heights, labels, lakes, courses, seed)
    heights = lay_channels(courses, waters.on(1, seed)[0], 1, seed).with_valleys(heights)
    target = Target(heights, waters.land)
    z = heights
    for scale in [scale for scale in STEPS if scale <= detail]:
        grid = _Grid(waters, labels, courses, scale, gsd / scale, seed)
        z = grid.start(z)
        z = grid.wear(z, target, told)
    return grid.settle(z)


def check_grid(shape: tuple[int, int], detail: int) -> None:
    """Raise `ParameterError` if there is no such detail, or a map of `(H, W)` pixels would have too many then."""
    if detail not in STEPS:
        raise ParameterError(f"`detail` is {detail}; choose one of {', '.join(map(str, STEPS))}")
    pixels = shape[0] * shape[1] * detail * detail
    if pixels > _MOST_PIXELS:
        raise ParameterError(
            f"`detail` {detail} makes {pixels:,} pixels of this map, more than the {_MOST_PIXELS:,} that can be carved;"
            " choose less detail or a part of the map"
        )


def _check(heights: Field, labels: Labels, detail: int, lakes: NDArray[np.bool_] | None) -> None:
    if heights.ndim != 2 or labels.shape != heights.shape or (lakes is not None and lakes.shape != heights.shape):
        raise ParameterError("`heights`, `labels` and `lakes` have different shapes; they must be of the same map")
    if not np.isfinite(heights).all():
        raise ParameterError("`heights` have values that are no numbers; fill them before")
    check_grid((heights.shape[0], heights.shape[1]), detail)
    if lakes is not None and (lakes[[0, -1]].any() or lakes[:, [0, -1]].any()):
        raise ParameterError("`lakes` reach the border of the map; water there must be sea, of height 0")


class _Grid:
    """The land on one grid."""

    def __init__(
        self, waters: Waters, labels: Labels, courses: Sequence[Course], scale: int, spacing: float, seed: int
    ) -> None:
        self._water, self._surface = waters.on(scale, seed)
        self._ground: Ground = ground(labels, scale, spacing, seed)
        self._scale, self._spacing, self._seed = scale, spacing, seed
        self._wander = np.exp(self._noise(_WAY, _WANDER))
        self._jitter: Field = self._noise(_FAVOUR, _FAVOURED).clip(0, 1)
        self._runoff = self._ground.runoff * np.float32(spacing * spacing)
        self._channels = lay_channels(courses, self._water, scale, seed)
        self._channels.add_springs(self._runoff, [SECONDS_A_YEAR * course.discharge for course in courses])

    def start(self, heights: Field) -> Field:
        """Heights on this grid, from those on the one before: bent a little, and uneven."""
        if self._scale == 1:
            finer = heights.copy()
        else:
            finer = refine(heights, self._noise(_SOUTH, _BENDS), self._noise(_EAST, _BENDS))
        slope = np.hypot(*np.gradient(finer))
        finer += self._noise(_ROUGH, ((2, 1.0), (1, 0.5))) * (np.float32(_UNEVEN) * slope + self._ground.roughness)
        uneven = np.where((self._water == LAND) | (self._water == LAKE), np.maximum(finer, _LOWEST_LAND), self._surface)
        self._channels.breach(uneven)
        return uneven

    def wear(self, heights: Field, target: Target, told: Callable[[int, int], None]) -> Field:
        """Heights after this grid's steps of time."""
        summits = target.summits(self._scale)
        receivers = flood(heights, self._water, self._wander, self._channels.led).receivers
        for step in range(STEPS[self._scale]):
            told(self._scale, step)
            if step > 0:
                receivers = self._fall(heights, receivers)
            order = upward_order(receivers)
            discharge = add_downstream(order, receivers, self._runoff)
            before = creep(target.lift(heights, summits, self._scale), self._water, self._ground.creep)
            self._channels.breach(before)
            erode(
                heights, before, order, receivers, self._water, discharge,
                self._ground.erodibility, self._ground.steepest, self._spacing,
            )  # fmt: skip
        return heights

    def settle(self, heights: Field) -> Drained:
        """What the land is in the end, all of it drained, lakes filled up to their outlets."""
        self._surface = surface_below_shores(heights, self._water, self._surface)
        heights = np.where(self._water == CLOSED_LAKE, self._surface, heights)
        self._channels.breach(heights)
        receivers, levels = flood(heights, self._water, self._wander, self._channels.led)
        levels = np.where((self._water == LAND) | (self._water == LAKE), levels, self._surface)
        receivers = self._fall(levels, receivers)
        order = upward_order(receivers)
        discharge = add_downstream(order, receivers, self._runoff)
        return Drained(levels, self._water, receivers, order, discharge, self._channels, self._spacing)

    def _fall(self, heights: Field, receivers: Indices) -> Indices:
        """Let land flow to its steepest lower neighbour, but for the map's own rivers."""
        fallen = steepest(heights, self._water, receivers, self._jitter)
        led = self._channels.led.pixels
        fallen[led] = receivers[led]
        return fallen

    def _noise(self, salt: int, octaves: tuple[tuple[int, float], ...]) -> Field:
        """Noise of this grid, by wavelengths in pixels and amounts."""
        height, width = self._water.shape
        total = np.zeros((height, width), np.float32)
        for i, (wavelength, amount) in enumerate(octaves):
            salt_here = salt + 16 * self._scale + i
            total += np.float32(amount) * smooth_noise(self._seed, salt_here, wavelength, (height, width))
        return total
