"""Painted land stays in one piece: a coast may move by some pixels, but no island goes and no isthmus is cut.

Where the network sinks painted land below the sea, bays and headlands come out of smooth strokes. It is free to do so
from the water inwards, but not where land would break apart or one water join another. So what it has sunk stays sunk
only as far as it can be taken away pixel by pixel without a change of topology: homotopic thinning by simple points
(Kong and Rosenfeld, "Digital Topology: Introduction and Survey", 1989), land being 8-connected and water 4-connected.
All else is given back to the land. It, and islets that the network leaves flat, get a low relief of their own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spade_terrain.generation.pixels import Pixels
from spade_terrain.maps.region_growing import dilated
from spade_terrain.noise import noise
from spade_terrain.palette import WATER, Labels
from spade_terrain.terrain import Picture
from spade_terrain.window import Window

MAX_RETREAT = 4
"""Pixels that an open coast may move inland; that of a lake, a strait, an islet or a spit only one."""
_FILL = 8
"""Pixels that colours are carried inland, and that relief rises from the coast."""
REACH = 4 * MAX_RETREAT + 3 + _FILL
"""Pixels around a place whose terrain can matter to it: each of a round's four passes looks one pixel further."""
SHARE_RADIUS = 20
"""Pixels around a place whose labels can matter to it, further than `REACH`."""
_ISLET, _OPEN, _LAKE = 0.26, 0.3, 0.75
"""Shares of land in the square of that radius: islets have less than the first, open coasts are between the others."""

_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))  # (row, column), clockwise
_FLAT_M = 100.0  # lower than this the network leaves islets, which it would rather sink
_SHORE_M = 3.0  # below this height colours may have some of the sea's in them
_LOWEST_M = 0.5  # lower than this no islet is that the network may not sink
_SLOPE_M = np.array([0, 60, 80, 130, 60, 200, 80], np.float32)
"""Metres that islets rise a pixel from their coast, by class."""
_SPIT = 0.1
"""How much of that the land rises that is given back to a larger one."""
_SHADING = 15.0 * 25.0  # brightness (0..255) of a slope toward the light, exaggerated as in the networks' shading
_ANOTHER_SEED = 0xC2B2AE3D27D4EB4F  # so that coasts know nothing of the terrain's own noise
_NOISE_STRIDE = 4


def keep_topology(
    pixels: Pixels,
    labels: Labels,
    share: NDArray[np.float32],
    window: Window,
    seed: int,
    gsd: float,
    colours: Sequence[NDArray[np.uint8]],
) -> None:
    """Give the terrain the painted land's islands, isthmuses and lakes; water as painted is left as it is.

    Args:
        pixels: the terrain of `window`; changed in place.
        labels: its segmentation map, uint8 `(H, W)`, 0..6.
        share: what `land_share` says of it.
        window: its place on the ground, by which passes alternate, so that every window comes out the same further
            than `REACH` from its sides.
        seed: the noise's.
        gsd: metres a pixel.
        colours: of each class's land, uint8 `(7, 3)`, for each of the terrain's textures: what land is given that lies
            far from any whose own is known.

    """
    land = labels != WATER
    sunk = land & (pixels.height <= 0)
    flat = land & ~sunk & (pixels.height < _FLAT_M)
    if not sunk.any() and not flat.any():
        return
    is_open = (share > _OPEN) & (share < _LAKE)
    kept = thin(land, sunk, is_open, window.x0, window.y0)
    restored = sunk & _grow(kept & sunk)  # a thread of a single pixel would be no isthmus
    known = land & ((pixels.height > _SHORE_M) | (flat & (share < _ISLET) & (pixels.height > _LOWEST_M)))
    restored |= land & ~sunk & ~known & _grow(_grow(restored))  # puddles between
    low = restored | (flat & (share < _ISLET))
    if not low.any():
        return
    above = (land & ~sunk) | restored
    places = np.flatnonzero(low)
    slope = _SLOPE_M[labels] * np.where(share < _ISLET, 1, np.float32(_SPIT))
    np.maximum(pixels.height, _rise(above, slope, window, seed), out=pixels.height, where=low)
    for picture, classes in zip(pixels.pictures, colours, strict=True):
        _colour(picture.texture, labels, restored, known, classes)
        _shade(picture, pixels.height, places, gsd)


def thin(
    land: NDArray[np.bool_], removable: NDArray[np.bool_], is_open: NDArray[np.bool_], x0: int = 0, y0: int = 0
) -> NDArray[np.bool_]:
    """Take pixels from `land`, bool `(H, W)`, from its borders inwards, without a change of topology.

    Pixels of one pass are no neighbours, so each may go whatever the others do. Those of the outermost rows and columns
    stay, since nobody knows what lies beyond.

    Args:
        land: bool `(H, W)`.
        removable: what may go, bool `(H, W)`.
        is_open: where land may go `MAX_RETREAT` pixels deep, and not only one, bool `(H, W)`.
        x0: the ground's column of the first pixel, which says to which passes pixels belong.
        y0: its row.

    """
    width = land.shape[1] + 2
    ground = np.pad(land, 1, mode="edge").reshape(-1)
    rows, columns = (places + 1 for places in np.nonzero(removable[1:-1, 1:-1]))
    indices, passes = (rows + 1) * width + columns + 1, (rows + y0) % 2 * 2 + (columns + x0) % 2
    offsets = [down * width + right for down, right in _AROUND]
    far = np.pad(is_open, 1).reshape(-1)
    for _ in range(MAX_RETREAT):
        # Only what borders water as a round begins: so that a round goes one pixel deep, in whatever order.
        border = ~np.all([ground[indices + offset] for offset in offsets], axis=0)
        gone = np.zeros(len(indices), bool)
        for number in range(4):
            chosen = np.flatnonzero(border & (passes == number))
            group = indices[chosen]
            pattern = np.zeros(len(group), np.uint8)
            for bit, offset in enumerate(offsets):
                pattern |= ground[group + offset].view(np.uint8) << np.uint8(bit)
            simple = _SIMPLE[pattern]
            ground[group[simple]] = False
            gone[chosen[simple]] = True
        left = ~gone & far[indices]
        indices, passes = indices[left], passes[left]
    return ground.reshape(land.shape[0] + 2, width)[1:-1, 1:-1]


def _simple_points() -> NDArray[np.bool_]:
    """Whether a pixel is simple, by which of its neighbours are land (a bit each): where its crossing number is 1."""
    water = ~((np.arange(256)[:, None] >> np.arange(8)) & 1).astype(bool)  # (256, 8)
    crossings = sum((water[:, i] & ~(water[:, i + 1] & water[:, (i + 2) % 8])).astype(int) for i in range(0, 8, 2))
    simple: NDArray[np.bool_] = np.equal(crossings, 1)
    return simple


_SIMPLE = _simple_points()


def _grow(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask and the pixels around it, `(H, W)`."""
    return dilated(np.pad(mask, 1))


def land_share(labels: Labels) -> NDArray[np.float32]:
    """The share of land, 0..1, in the square of `SHARE_RADIUS` around each pixel of labels, uint8 `(H, W)`.

    Beyond the sides labels go on as at them.
    """
    sums = np.pad(labels != WATER, SHARE_RADIUS, mode="edge").astype(np.int32)
    side = 2 * SHARE_RADIUS + 1
    for axis in (0, 1):
        sums = np.cumsum(np.insert(sums, 0, 0, axis), axis)
        count = sums.shape[axis]
        sums = sums.take(range(side, count), axis) - sums.take(range(count - side), axis)
    return sums.astype(np.float32) / np.float32(side * side)


def _rise(above: NDArray[np.bool_], slope: NDArray[np.float32], window: Window, seed: int) -> NDArray[np.float32]:
    """Metres of the land that is `above` the sea, `(H, W)`: the more, the farther from its coast, and uneven."""
    depth = np.zeros(above.shape, np.float32)
    inner = above
    for _ in range(_FILL):
        depth += inner
        inner = ~_grow(~inner)
    metres: NDArray[np.float32] = slope * depth * np.clip(0.5 + 0.5 * _smooth_noise(window, seed), 0.1, 1.5)
    return np.maximum(metres, 1)


def _smooth_noise(window: Window, seed: int) -> NDArray[np.float32]:
    """Noise of the ground at every fourth pixel, and between them linearly, `(H, W)`."""
    x, y = (np.arange(*ends) / _NOISE_STRIDE for ends in (window[0::2], window[1::2]))
    rows, columns = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    down, right = (y - rows)[:, None].astype(np.float32), (x - columns).astype(np.float32)
    rows, columns, y0, x0 = rows - rows[0], columns - columns[0], int(rows[0]), int(columns[0])
    grid = noise(seed ^ _ANOTHER_SEED, _NOISE_STRIDE, 1, x0, y0, int(columns[-1]) + 2, int(rows[-1]) + 2)[0]
    along = grid[:, columns] * (1 - right) + grid[:, columns + 1] * right
    between: NDArray[np.float32] = along[rows] * (1 - down) + along[rows + 1] * down
    return between


def _colour(
    texture: NDArray[np.uint8],
    labels: Labels,
    restored: NDArray[np.bool_],
    known: NDArray[np.bool_],
    classes: NDArray[np.uint8],
) -> None:
    """Carry the texture of the land that is `known` into what was `restored`; then its class's colour."""
    width = labels.shape[1] + 2
    colours = np.pad(texture, ((1, 1), (1, 1), (0, 0)), mode="edge").reshape(-1, 3).astype(np.float32)
    given = np.pad(known, 1).reshape(-1)
    rows, columns = np.nonzero(restored)
    left = (rows + 1) * width + columns + 1
    colours[left] = classes[labels[rows, columns]]
    offsets = np.array([down * width + right for down, right in _AROUND])
    for _ in range(_FILL):
        around = left[:, None] + offsets  # (N, 8)
        weights = given[around].astype(np.float32)
        reached = weights.any(1)
        sums = (colours[around[reached]] * weights[reached, :, None]).sum(1)
        colours[left[reached]] = sums / weights[reached].sum(1, keepdims=True)
        given[left[reached]] = True
        left = left[~reached]
    texture[rows, columns] = np.rint(colours[(rows + 1) * width + columns + 1]).astype(np.uint8)


def _shade(picture: Picture, metres: NDArray[np.float32], places: NDArray[np.intp], gsd: float) -> None:
    """Shade the texture at `places` by a light from the north-west."""
    height = np.pad(metres, 1, mode="edge")
    rows, columns = np.divmod(places, metres.shape[1])
    east = height[rows + 1, columns + 2] - height[rows + 1, columns]
    south = height[rows + 2, columns + 1] - height[rows, columns + 1]
    light = (east + south) * np.float32(_SHADING / (2 * gsd))
    shaded = picture.texture[rows, columns] + light[:, None]
    picture.shaded[rows, columns] = np.rint(shaded).clip(0, 255).astype(np.uint8)
