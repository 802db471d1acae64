"""The texture of carved land: the network's colours, and what its own colours say of heights, on the finer heights."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.carve import Surface
from spade_terrain.drainage.fields.kernels import by_rows
from spade_terrain.drainage.fields.resampling import Field, Rows, enlarge, shrink, smooth, smooth_over
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, PAN, SEA
from spade_terrain.storage.scratch import MEMORY, Scratch

_SIGMA = 4.0  # pixels of the map around one, whose colours say how they change with height
_FLAT = 40.0  # metres: where heights differ by less, they say little
_RIDGE = (16, 7, 14)  # of 255, by how much ridges are barer, and valleys greener, whatever the map's own colours say
_RELIEF = 60.0  # metres that land differs by around, where that is half of the most
_LEAST_RELIEF = 4.0  # metres that say nothing
_PLAIN = 0.4  # of it in the plains
_MOST = 40.0  # of 255, that a colour may change by
_DEEP = (38, 74, 104)  # colour of lakes on a map that has no sea
_SALT = 0.5  # how much paler than the land around a dried-up lake is, and the shore of a salt lake
_SHALLOW, _SHALLOWS = (165, 215, 220), 0.4  # colour of water over its bed, and how much of it there is at the shore
_BLUER = 16  # of 255, that water has to differ by from the land around to be found in its colours
_WIDE = 8.0  # pixels of the map around one, whose colours say what it has without water


_LAKES = (LAKE, CLOSED_LAKE)


class _Colour(NamedTuple):
    """One channel of the map's texture, ready to be enlarged: each float32 `(h, w)`, 0 to 255.

    Attributes:
        land: its land's colour.
        by_height: by how much that changes a metre up.
        sea: its sea's colour.

    """

    land: Field
    by_height: Field
    sea: Field

    @classmethod
    def of(cls, colour: Field, heights: Field, land: NDArray[np.bool_]) -> Self:
        """Of a channel of the map's texture, its heights, and where those are land."""
        kept = _sharpened(_filled(colour, land))
        return cls(kept, _by_height(colour, heights, land), _sharpened(_filled(colour, ~land)))


class _Relief(NamedTuple):
    """What is high and low around each place, on the map's grid: each float32 `(h, w)`, metres.

    Attributes:
        mean: the height of the land.
        deviation: by how much it differs from that, on average.
        scale: how much finer the land is.

    """

    mean: Field
    deviation: Field
    scale: int

    @classmethod
    def of(cls, land: Surface, scale: int) -> Self:
        """Of carved land."""
        coarse = shrink(land.height, scale)
        mean = smooth(coarse, 1.0)
        apart = np.empty_like(mean)

        def fill(first: int, last: int) -> None:
            rows = (first * scale, last * scale)
            apart[first:last] = shrink(np.abs(land.height[slice(*rows)] - enlarge(mean, scale, rows)), scale)

        by_rows(fill, (len(apart), land.height.shape[1] * scale))
        return cls(mean, smooth(apart, 1.0), scale)

    def prominence(self, heights: Field, rows: Rows) -> Field:
        """How high land stands in its relief, -1 to 1, less in plains: float32 of the shape of `heights`, its rows."""
        deviation = enlarge(self.deviation, self.scale, rows) + np.float32(_LEAST_RELIEF)
        higher = (heights - enlarge(self.mean, self.scale, rows)) / deviation
        strength = _PLAIN + (1 - _PLAIN) * deviation / (deviation + np.float32(_RELIEF))
        prominence: Field = strength * higher / np.sqrt(1 + higher * higher)
        return prominence


def carved_texture(
    texture: NDArray[np.uint8], heights: Field, land: Surface, scratch: Scratch = MEMORY
) -> NDArray[np.uint8]:
    """Texture of carved land: uint8 RGB `(H, W, 3)`, sRGB, as flat as the map's.

    In the map's texture the colours around each place go up and down with height: grass in valleys, rock above, snow
    on summits. A local linear regression finds by how much (the model of the guided filter: He, Sun and Tang, "Guided
    image filtering", IEEE TPAMI 35(6), 2013), and each fine pixel's colour changes by how much higher or lower it lies
    than the map's pixel. Besides, ridges are a little barer than valleys everywhere, by how high they stand in the
    relief around. Height says nothing of where light comes from, so no shadows come in. What the network paints of
    rivers goes, since they run elsewhere. Shores are smooth, and the sea is paler there, over its bed; lakes are as
    dark as rivers, since most are no wider than a sea's shallows.

    Args:
        texture: that of the map, uint8 RGB `(h, w, 3)`.
        heights: float32 `(h, w)`, metres, that `land` was carved from.
        land: the carved land.
        scratch: where the texture lies.

    """
    scale = land.height.shape[0] // heights.shape[0]
    if scale == 1 and (land.water <= SEA).all():
        return texture.copy()
    above = heights > 0
    base, relief = _filled(heights, above), _Relief.of(land, scale)
    water = water_colour(texture, heights)
    dry = _without_rivers(texture.astype(np.float32), above, water)
    colours = [_Colour.of(dry[..., channel], heights, above) for channel in range(3)]
    ashore, salty = _near(land.water, (LAND, PAN), scale), _near(land.water, (CLOSED_LAKE, PAN), scale)
    carved: NDArray[np.uint8] = scratch.empty((*land.height.shape, 3), np.uint8)

    def fill(first: int, last: int) -> None:
        kinds = land.water[first:last]
        higher = land.height[first:last] - enlarge(base, scale, (first, last))
        higher[kinds != LAND] = 0
        ridge = relief.prominence(land.height[first:last], (first, last))
        sea, lakes = (_share(land.water, those, scale, (first, last)) for those in ((SEA,), _LAKES))
        salt = np.float32(_SALT) * enlarge(salty, scale, (first, last))  # it lies beyond the shore, too
        shallow = np.float32(_SHALLOWS) * (2 * enlarge(ashore, scale, (first, last))).clip(0, 1)
        for channel, colour in enumerate(colours):
            fine = enlarge(colour.land, scale, (first, last))
            fine += (enlarge(colour.by_height, scale, (first, last)) * higher).clip(-_MOST, _MOST)
            fine += np.float32(_RIDGE[channel]) * ridge
            fine += salt * (255 - fine)
            wet = enlarge(colour.sea, scale, (first, last))
            wet += shallow * (np.float32(_SHALLOW[channel]) - wet)
            fine = (1 - sea - lakes) * fine + sea * wet + lakes * water[channel]
            carved[first:last, :, channel] = np.rint(fine.clip(0, 255))

    by_rows(fill, land.height.shape)
    return carved


def water_colour(texture: NDArray[np.uint8], heights: Field) -> Field:
    """The colour of water on a map, float32 `(3,)`, 0 to 255: what its sea has most, if there is one."""
    sea = heights <= 0
    colour = np.median(texture[sea], axis=0) if sea.any() else np.array(_DEEP)
    return colour.astype(np.float32)


def _share(water: NDArray[np.uint8], kinds: Sequence[int], scale: int, rows: Rows) -> Field:
    """How much of each pixel in some rows is water of these kinds, 0 to 1, smooth over two pixels: float32 `(h, W)`."""
    first, last = rows
    if scale == 1:
        return np.isin(water[first:last], kinds).astype(np.float32)
    top = max(first - 2, 0)
    inside = np.isin(water[top : last + 2], kinds).astype(np.float32)
    inside = np.pad(inside, ((2 - (first - top), max(last + 2 - len(water), 0)), (2, 2)), mode="edge")
    for axis in (0, 1):
        for _ in range(2):
            before, here, after = (inside.take(range(i, inside.shape[axis] - 2 + i), axis) for i in range(3))
            inside = np.float32(0.25) * (before + here + here + after)
    return inside


def _near(water: NDArray[np.uint8], kinds: Sequence[int], scale: int) -> Field:
    """How near pixels of these kinds are, 0 to 1, half at their edges: float32 `(h, w)` on the map's grid."""
    share = np.empty((len(water) // scale, water.shape[1] // scale), np.float32)

    def fill(first: int, last: int) -> None:
        share[first:last] = shrink(np.isin(water[first * scale : last * scale], kinds).astype(np.float32), scale)

    by_rows(fill, (len(share), water.shape[1] * scale))
    return smooth(share, 1.0)


def _without_rivers(texture: Field, land: NDArray[np.bool_], water: Field) -> Field:
    """Land's colours without the water that the network mixes into them: float32 `(h, w, 3)`.

    A pixel that is less red and bluer than those around, both in the direction of water, has that much water in it.
    """
    around = np.stack([smooth_over(texture[..., channel], land, _WIDE) for channel in range(3)], -1)
    toward, differs = water - around, texture - around
    share = np.ones(land.shape, np.float32)
    for channel in (0, 2):
        known = np.abs(toward[..., channel]) >= _BLUER
        ratio = differs[..., channel] / np.where(known, toward[..., channel], np.float32(1))
        share = np.where(known, np.minimum(share, ratio), np.float32(0))
    dry: Field = texture - np.where(land, share.clip(0, 1), np.float32(0))[..., None] * toward
    return dry


def _by_height(colour: Field, heights: Field, land: NDArray[np.bool_]) -> Field:
    """By how much a colour changes a metre up, around each place: float32 `(h, w)`."""
    mean_height, mean_colour = smooth_over(heights, land, _SIGMA), smooth_over(colour, land, _SIGMA)
    up = heights - mean_height
    together = smooth_over(up * (colour - mean_colour), land, _SIGMA)
    return together / (smooth_over(up * up, land, _SIGMA) + np.float32(_FLAT**2))


def _filled(field: Field, where: NDArray[np.bool_]) -> Field:
    """The field, and beyond `where` what it is around, so that nothing of the other side of a shore mixes in."""
    filled: Field = np.where(where, field, smooth_over(field, where, 1.0)).astype(np.float32)
    return filled


def _sharpened(field: Field) -> Field:
    """Undo in advance most of what `enlarge`, which is a B-spline, smooths."""
    padded = np.pad(field, 1, mode="edge")
    along = (padded[:-2] + 4 * padded[1:-1] + padded[2:]) / 6
    smoothed = (along[:, :-2] + 4 * along[:, 1:-1] + along[:, 2:]) / 6
    sharpened: Field = (2 * field - smoothed).astype(np.float32)
    return sharpened
