"""Carving: from the network's heights to land that water has drained, coarse to fine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import by_rows
from spade_terrain.drainage.fields.resampling import Field, Rows, refine, smooth_noise
from spade_terrain.drainage.flow.channels import Channels, lay_channels
from spade_terrain.drainage.flow.routing import (
    LAKE,
    LAND,
    Flooded,
    Indices,
    flood,
    gather,
    steepest,
    upward_order,
)
from spade_terrain.drainage.land.erosion import creep, erode
from spade_terrain.drainage.land.ground import Ground
from spade_terrain.drainage.land.target import Target
from spade_terrain.drainage.waters import Waters, find_waters, sink_below_shores
from spade_terrain.errors import ParameterError
from spade_terrain.palette import Labels
from spade_terrain.storage.kept import Kept
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.storage.stored import StoredArray
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
class Surface:
    """Carved land and its water, on a grid `detail` times as fine as the map's: all `(H, W)`; row 0 is north.

    Attributes:
        height: float32, metres above the sea, which is 0; lakes at their levels.
        water: uint8, `routing.LAND`, `SEA`, `CLOSED_LAKE`, `LAKE` or `PAN`.
        spacing: metres a pixel.

    """

    height: Field
    water: NDArray[np.uint8]
    spacing: float


@dataclass(frozen=True)
class Drained(Surface):
    """The same, with where water runs.

    Attributes:
        receivers: int32 `(H W)`, the pixel that each flows to, counted row by row; itself at mouths.
        order: int32 `(H W)`, each pixel after its receiver.
        discharge: float64 `(H W)`, upstream area times run-off, and springs: cubic metres a year.
        channels: where the map's own rivers run.

    """

    receivers: Indices
    order: Indices
    discharge: NDArray[np.float64]
    channels: Channels


def carve(
    heights: Field,
    labels: Labels,
    seed: int,
    detail: int,
    gsd: float,
    lakes: NDArray[np.bool_] | None = None,
    told: Callable[[int, int], None] = lambda scale, step: None,
    scratch: Scratch = MEMORY,
    kept: Kept | None = None,
    courses: Sequence[Course] = (),
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
        told: is called with each grid's scale and step, before it.
        scratch: where arrays of the finer grids lie.
        kept: where each grid's heights are kept when it is finished; what is there already is gone on with.
        courses: where the map's own rivers run, those first that others flow into. They fall all the way to the sea, a
            lake, the border or another river, through whatever stands in their way.

    Raises `ParameterError` for what can't be carved.

    """
    _check(heights, labels, detail, lakes)
    waters = find_waters(heights, labels, lakes, courses, seed)
    heights = lay_channels(courses, waters.kinds(1, seed, (0, len(heights))), 1, seed).with_valleys(heights)
    target = Target(heights, waters.land)
    z, worn = heights, 0
    if kept and (last := kept.last()):
        worn, arrays = last
        z, target.uplift = _read(arrays["heights"], scratch), arrays["uplift"][:]
    for scale in [scale for scale in STEPS if worn <= scale <= detail]:
        grid = _Grid(waters, labels, courses, scale, gsd / scale, seed, scratch)
        if scale > worn:
            z = grid.wear(grid.start(z), target, told)
            if kept:
                kept.keep(scale, {"heights": z, "uplift": target.uplift})
    return grid.settle(z)


def _read(stored: StoredArray, scratch: Scratch) -> Field:
    """Heights that were kept."""
    heights: Field = scratch.empty(stored.shape, np.float32)

    def fill(first: int, last: int) -> None:
        heights[first:last] = stored[first:last]

    by_rows(fill, heights.shape)
    return heights


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
    """The land on one grid. What can be made again is made in stripes where it is asked for, and not kept."""

    def __init__(
        self, waters: Waters, labels: Labels, courses: Sequence[Course], scale: int, spacing: float, seed: int,
        scratch: Scratch,
    ) -> None:  # fmt: skip
        self._shape = labels.shape[0] * scale, labels.shape[1] * scale
        self._waters, self._ground = waters, Ground(labels, scale, spacing, seed)
        self._scale, self._spacing, self._seed, self._scratch = scale, spacing, seed, scratch
        self._water: NDArray[np.uint8] = scratch.empty(self._shape, np.uint8)

        def fill(first: int, last: int) -> None:
            self._water[first * scale : last * scale] = waters.kinds(scale, seed, (first, last))

        by_rows(fill, (labels.shape[0], labels.shape[1] * scale * scale))
        self._channels = lay_channels(courses, self._water, scale, seed)

    def start(self, heights: Field) -> Field:
        """Heights on this grid, from those on the one before: bent a little, and uneven."""

        def rows(first: int, last: int) -> Field:
            above, below = max(first - 1, 0), min(last + 1, self._shape[0])
            around = above, below
            if self._scale == 1:
                wide = heights[above:below].copy()
            else:
                wide = refine(heights, self._noise(_SOUTH, _BENDS, around), self._noise(_EAST, _BENDS, around), above)
            inner = slice(first - above, last - above)
            finer, slope = wide[inner], np.hypot(*np.gradient(wide))[inner]
            rough = self._noise(_ROUGH, ((2, 1.0), (1, 0.5)), (first, last))
            finer += rough * (np.float32(_UNEVEN) * slope + self._ground.roughness((first, last)))
            return self._where_land(first, last, np.maximum(finer, _LOWEST_LAND))

        uneven = self._filled(rows)
        self._channels.breach(uneven)
        return uneven

    def wear(self, heights: Field, target: Target, told: Callable[[int, int], None]) -> Field:
        """Heights after this grid's steps of time."""
        receivers = self._flood(heights).receivers
        erodibility = self._filled(lambda *rows: self._ground.erodibility(rows))
        steepest_slope = self._filled(lambda *rows: self._ground.steepest(rows))
        for step in range(STEPS[self._scale]):
            told(self._scale, step)
            if step > 0:
                self._fall(heights, receivers)
            order = upward_order(receivers, self._scratch)
            heights = self._raise(heights, receivers, target)
            self._channels.breach(heights)
            discharge = self._discharge(order, receivers)
            erode(heights, order, receivers, self._water, discharge, erodibility, steepest_slope, self._spacing)
            del order, discharge  # before the next are made
        return target.crown(heights) if self._scale == 1 else heights

    def settle(self, heights: Field) -> Drained:
        """What the land is in the end, all of it drained, lakes filled up to their outlets."""
        sink_below_shores(heights, self._water, self._scratch)
        self._channels.breach(heights)
        receivers, levels = self._flood(heights)
        self._fall(levels, receivers)
        order = upward_order(receivers, self._scratch)
        discharge = self._discharge(order, receivers)
        return Drained(levels, self._water, self._spacing, receivers, order, discharge, self._channels)

    def _flood(self, heights: Field) -> Flooded:
        wander = self._filled(lambda first, last: np.exp(self._noise(_WAY, _WANDER, (first, last))))
        return flood(heights, self._water, wander, self._scratch, self._channels.led)

    def _fall(self, heights: Field, receivers: Indices) -> None:
        """Let land flow to its steepest lower neighbour, but for the map's own rivers."""
        own = self._channels.led.pixels
        onward = receivers[own]
        steepest(heights, self._water, receivers, self._jitter)
        receivers[own] = onward

    def _jitter(self, first: int, last: int) -> Field:
        return self._noise(_FAVOUR, _FAVOURED, (first, last)).clip(0, 1)

    def _raise(self, heights: Field, receivers: Indices, target: Target) -> Field:
        """Heights after a step's uplift and creep; those of mouths stay."""
        change = target.change(heights, self._scale)

        def rows(first: int, last: int) -> Field:
            above, below = max(first - 1, 0), min(last + 1, self._shape[0])
            around = above, below
            lifted = target.lift(heights, change, self._scale, around)
            crept = creep(lifted, self._water[above:below], self._ground.creep(around))[first - above : last - above]
            pixels = np.arange(first * self._shape[1], last * self._shape[1], dtype=np.int32)
            mouths = (receivers[pixels[0] : pixels[-1] + 1] == pixels).reshape(crept.shape)
            return np.where(mouths, heights[first:last], crept)

        return self._filled(rows)

    def _discharge(self, order: Indices, receivers: Indices) -> NDArray[np.float64]:
        """Cubic metres a year, `(H W)`."""
        total: NDArray[np.float64] = self._scratch.empty(self._shape, np.float64)

        def fill(first: int, last: int) -> None:
            total[first:last] = self._ground.runoff((first, last)) * np.float32(self._spacing**2)

        by_rows(fill, self._shape)
        total = total.reshape(-1)
        total[self._channels.led.pixels] += self._channels.springs * SECONDS_A_YEAR
        gather(order, receivers, total)
        return total

    def _where_land(self, first: int, last: int, heights: Field) -> Field:
        """Some rows' heights, and where the sea and closed lakes are, their level."""
        kinds = self._water[first:last]
        levels = self._waters.levels(self._scale, self._water, (first, last))
        return np.where((kinds == LAND) | (kinds == LAKE), heights, levels)

    def _filled(self, rows: Callable[[int, int], Field]) -> Field:
        """A field of this grid, made in stripes."""
        field: Field = self._scratch.empty(self._shape, np.float32)

        def fill(first: int, last: int) -> None:
            field[first:last] = rows(first, last)

        by_rows(fill, self._shape)
        return field

    def _noise(self, salt: int, octaves: tuple[tuple[int, float], ...], rows: Rows) -> Field:
        """Noise of some rows of this grid, by wavelengths in pixels and amounts."""
        total = np.zeros((rows[1] - rows[0], self._shape[1]), np.float32)
        for i, (wavelength, amount) in enumerate(octaves):
            salt_here = salt + 16 * self._scale + i
            total += np.float32(amount) * smooth_noise(self._seed, salt_here, wavelength, self._shape, rows)
        return total
