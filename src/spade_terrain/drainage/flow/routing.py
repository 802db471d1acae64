"""Where water goes: each pixel's receiver among its eight neighbours, an order from the mouths up, sums downstream.

Pixels are counted row by row: pixel (row, column) is `row * width + column`. A pixel that is its own receiver is a
mouth: water leaves the land there, into the sea, into a lake without an outlet or over the map's border.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import by_rows, kernel
from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.storage.scratch import MEMORY, Scratch

Indices = NDArray[np.int32]
LAND, SEA, CLOSED_LAKE, LAKE, PAN = range(5)
"""What a pixel of `water` is, uint8 `(H, W)`: land, the sea, a salt lake that nothing leaves, a lake that has an
outlet, the flat floor of a lake that has dried up."""

_DOWN = np.array([-1, -1, -1, 0, 0, 1, 1, 1])
_RIGHT = np.array([-1, 0, 1, -1, 1, -1, 0, 1])
_LENGTH = np.sqrt(_DOWN**2 + _RIGHT**2).astype(np.float32)
_RISE = 1e-3  # metres a pixel that filled hollows rise from their outlets, where `wander` is 1
_LED_RISE = 1e-6  # likewise along led pixels, so that a lake stays below its other shores
_HEAP = 2**16  # pixels that the heap has room for at first
_ULP = 2.4e-7  # of a height, so that pixels differ from their receivers in float32 too
_FREE, _LED = -1, -2  # receivers that are not known yet; -2 - i, if it has to be i


class Flooded(NamedTuple):
    """What rising water tells: receivers int32 `(H W)`, and levels float32 `(H, W)` up to which hollows fill."""

    receivers: Indices
    levels: Field


class Led(NamedTuple):
    """Pixels of land that are to flow to a certain neighbour: int32 `(N,)` each, no pixel twice.

    Attributes:
        pixels: which.
        onward: where each flows. None comes back to itself.

    """

    pixels: Indices
    onward: Indices


NOT_LED = Led(np.empty(0, np.int32), np.empty(0, np.int32))


def flood(
    heights: Field, water: NDArray[np.uint8], wander: Field, scratch: Scratch = MEMORY, led: Led = NOT_LED
) -> Flooded:
    """Find for every pixel a way out that climbs least: over the lowest pass of each hollow.

    Water rises from the sea, closed lakes and the border, and reaches pixels in order of height: the priority flood of
    Barnes, Lehman and Mulla, "Priority-flood", Computers & Geosciences 62, 2014. Inside of a hollow, where all ways are
    level, those come first whose `wander` is least in sum: they wander and join as rivers do (first-passage
    percolation), where the plain flood would go straight.

    Args:
        heights: float32 `(H, W)`, metres; those of lakes are not looked at.
        water: uint8 `(H, W)`, `LAND`, `SEA`, `CLOSED_LAKE`, `LAKE` or `PAN`.
        wander: float32 `(H, W)`, above 0, around 1.
        scratch: where what is returned lies.
        led: pixels whose receivers are given. If these would lead all water of a place round and round, or into a lake
            that has no other way out, water leaves it over one of them all the same.

    """
    levels = scratch.empty(heights.shape, np.float32)
    receivers = scratch.empty(heights.size, np.int32)
    receivers[:] = _FREE
    receivers[led.pixels] = _LED - led.onward
    _flood(heights, water, wander, levels, receivers, scratch.zeros(heights.size, np.bool_))
    return Flooded(receivers, levels)


def steepest(heights: Field, water: NDArray[np.uint8], receivers: Indices, jitter: Callable[[int, int], Field]) -> None:
    """Let land flow to its steepest lower neighbour: changes `receivers`.

    Mouths and lakes keep their receivers, and so does what has no lower neighbour. On even slopes eight directions
    would make straight parallel streams; slopes that differ by chance make them meet (after the Rho8 of Fairfield and
    Leymarie, "Drainage networks from grid digital elevation models", Water Resources Research 27(5), 1991).

    Args:
        heights: float32 `(H, W)`, metres.
        water: as `flood` takes it.
        receivers: int32 `(H W)`, those until now.
        jitter: gives rows, from the first to before the last, of a float32 `(H, W)`, 0..1: the share by which the slope
            to a pixel counts more.

    """

    def rows(first: int, last: int) -> None:
        above, below = max(first - 1, 0), min(last + 1, len(heights))
        _steepest_rows(first, last, heights, water, jitter(above, below), above, receivers)

    by_rows(rows, heights.shape)


def upward_order(receivers: Indices, scratch: Scratch = MEMORY) -> Indices:
    """Put pixels in an order in which each comes after its receiver: int32 `(H W)`.

    Streams stand one after the other, each from its mouth or confluence up, so that sweeps read near memory (as does
    the stack of Braun and Willett, "A very efficient O(n), implicit and parallel method to solve the stream power
    equation", Geomorphology 180-181, 2013). It lies where `scratch` says.
    """
    order = scratch.empty(len(receivers), np.int32)
    _upward_order(receivers, scratch.zeros(len(receivers), np.uint8), order)
    return order


def add_downstream(order: Indices, receivers: Indices, own: Field) -> NDArray[np.float64]:
    """Sum over all that flows through each pixel, itself included: float64 `(H W)`; `own` is float32 `(H, W)`."""
    total = own.ravel().astype(np.float64)
    gather(order, receivers, total)
    return total


@kernel
def gather(order: Indices, receivers: Indices, total: NDArray[Any]) -> None:
    """Add to what each pixel has, `(H W)`, all that flows through it."""
    for k in range(len(order) - 1, -1, -1):
        i = order[k]
        if receivers[i] != i:
            total[receivers[i]] += total[i]


@kernel
def _upward_order(receivers: Indices, donors: NDArray[np.uint8], order: Indices) -> None:
    for i in range(len(receivers)):
        if receivers[i] != i:
            donors[receivers[i]] += 1
    left = len(receivers)
    for source in range(len(receivers)):
        if donors[source] != 0:
            continue
        i = source
        while True:  # downstream as far as all that flows in has been placed
            left -= 1
            order[left] = i
            donors[i] = 255
            receiver = receivers[i]
            if receiver == i:
                break
            donors[receiver] -= 1
            if donors[receiver] > 0:
                break
            i = receiver


@kernel
def _flood(
    heights: Field, water: NDArray[np.uint8], wander: Field, levels: Field, receivers: Indices, done: NDArray[np.bool_]
) -> None:
    height, width = heights.shape
    z, kind, weight, level = heights.ravel(), water.ravel(), wander.ravel(), levels.ravel()
    keys, pixels, size = _begin(z, kind, height, width, level, receivers, done)
    while True:
        if size == 0:
            beside = _release(receivers, done, height, width)
            if beside < 0:
                break
            size = _push(keys, pixels, size, np.float64(level[beside]), beside)
        key, i = keys[0], pixels[0]
        size = _pop(keys, pixels, size)
        done[i] = True
        y, x = i // width, i % width
        for k in range(8):
            row, column = y + _DOWN[k], x + _RIGHT[k]
            if row < 0 or column < 0 or row >= height or column >= width:
                continue
            j = row * width + column
            if done[j] or (receivers[j] <= _LED and receivers[j] != _LED - i):
                continue
            rise = max((_RISE if receivers[j] > _LED else _LED_RISE) * weight[j], key * _ULP)
            reached = key if kind[j] == LAKE else max(np.float64(z[j]), key + rise)
            if receivers[j] < 0:
                receivers[j] = i
                level[j] = reached
                keys, pixels = _room(keys, pixels, size)
                size = _push(keys, pixels, size, reached, j)
            elif receivers[j] == j and reached <= z[j]:  # a border's pixel that has a lower neighbour is no mouth
                receivers[j] = i


@kernel
def _begin(
    z: Field,
    kind: NDArray[np.uint8],
    height: int,
    width: int,
    level: Field,
    receivers: Indices,
    done: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], Indices, int]:
    """A heap, which each pixel enters once, of mouths: water that is beside land, and the border; and its size."""
    keys, pixels = np.empty(_HEAP, np.float64), np.empty(_HEAP, np.int32)
    size = 0
    for i in range(z.size):
        y, x = i // width, i % width
        mouth = kind[i] == SEA or kind[i] == CLOSED_LAKE or kind[i] == PAN
        edge = y == 0 or x == 0 or y == height - 1 or x == width - 1
        if mouth or (edge and kind[i] == LAND and receivers[i] == _FREE):
            receivers[i] = i
            level[i] = z[i]
            done[i] = mouth
            if not mouth or _ashore(kind, y, x, height, width):
                keys, pixels = _room(keys, pixels, size)
                size = _push(keys, pixels, size, np.float64(z[i]), i)
    return keys, pixels, size


@kernel
def _release(receivers: Indices, done: NDArray[np.bool_], height: int, width: int) -> int:
    """Let the first led pixel that water hasn't reached flow where it will: returns a reached one beside it, or -1."""
    for j in range(len(receivers)):
        if receivers[j] > _LED:
            continue
        y, x = j // width, j % width
        for k in range(8):
            row, column = y + _DOWN[k], x + _RIGHT[k]
            if 0 <= row < height and 0 <= column < width and done[row * width + column]:
                receivers[j] = _FREE
                beside: int = row * width + column
                return beside
    return -1


@kernel
def _room(keys: NDArray[np.float64], pixels: Indices, size: int) -> tuple[NDArray[np.float64], Indices]:
    """A heap in which there is room for one more."""
    if size < len(keys):
        return keys, pixels
    more_keys, more_pixels = np.empty(2 * size, np.float64), np.empty(2 * size, np.int32)
    more_keys[:size], more_pixels[:size] = keys, pixels
    return more_keys, more_pixels


@kernel
def _ashore(kind: NDArray[np.uint8], y: int, x: int, height: int, width: int) -> bool:
    for k in range(8):
        row, column = y + _DOWN[k], x + _RIGHT[k]
        if 0 <= row < height and 0 <= column < width:
            beside = kind[row * width + column]
            if beside in (LAND, LAKE):
                return True
    return False


@kernel
def _push(keys: NDArray[np.float64], pixels: Indices, size: int, key: float, pixel: int) -> int:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] <= key:
            break
        keys[at], pixels[at] = keys[above], pixels[above]
        at = above
    keys[at], pixels[at] = key, pixel
    return size + 1


@kernel
def _pop(keys: NDArray[np.float64], pixels: Indices, size: int) -> int:
    size -= 1
    key, pixel = keys[size], pixels[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[at], pixels[at] = keys[below], pixels[below]
        at = below
    keys[at], pixels[at] = key, pixel
    return size


@kernel
def _steepest_rows(
    first: int, last: int, heights: Field, water: NDArray[np.uint8], jitter: Field, above: int, receivers: Indices
) -> None:
    """`jitter` begins with the row `above`."""
    height, width = heights.shape
    for y in range(first, last):
        for x in range(width):
            i = y * width + x
            if receivers[i] == i or water[y, x] != LAND:
                continue
            best = np.float32(0)
            for k in range(8):
                row, column = y + _DOWN[k], x + _RIGHT[k]
                if row < 0 or column < 0 or row >= height or column >= width:
                    continue
                slope = (heights[y, x] - heights[row, column]) / _LENGTH[k] * (1 + jitter[row - above, column])
                if slope > best:
                    best = slope
                    receivers[i] = row * width + column
