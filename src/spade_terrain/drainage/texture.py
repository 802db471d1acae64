"""The texture of carved land: the network's colours, and what its own colours say of heights, on the finer heights."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.carve import Surface
from spade_terrain.drainage.fields.kernels import by_rows
from spade_terrain.drainage.fields.resampling import Field, enlarge, smooth_over
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, LAND, SEA
from spade_terrain.storage.scratch import MEMORY, Scratch

_SIGMA = 4.0  # pixels of the map around one, whose colours say how they change with height
_FLAT = 40.0  # metres: where heights differ by less, they say little
_RIDGE = (16, 7, 14)  # of 255, by how much ridges are barer, and valleys greener, whatever the map's own colours say
_RELIEF = 80.0  # metres, where half of that is reached
_MOST = 40.0  # of 255, that a colour may change by
_DEEP = (38, 74, 104)  # colour of lakes on a map that has no sea
_SALT_PAN = 0.5  # how much paler than the land around a dried-up lake is


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


def carved_texture(
    texture: NDArray[np.uint8], heights: Field, land: Surface, scratch: Scratch = MEMORY
) -> NDArray[np.uint8]:
    """Texture of carved land: uint8 RGB `(H, W, 3)`, sRGB, as flat as the map's.

    In the map's texture the colours around each place go up and down with height: grass in valleys, rock above, snow
    on summits. A local linear regression finds by how much (the model of the guided filter: He, Sun and Tang, "Guided
    image filtering", IEEE TPAMI 35(6), 2013), and each fine pixel's colour changes by how much higher or lower it lies
    than the map's pixel. Besides, ridges are a little barer than valleys everywhere. Height says nothing of where light
    comes from, so no shadows come in.

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
    base = _filled(heights, above)
    water = water_colour(texture, heights)
    colours = [_Colour.of(texture[..., channel].astype(np.float32), heights, above) for channel in range(3)]
    carved: NDArray[np.uint8] = scratch.empty((*land.height.shape, 3), np.uint8)

    def fill(first: int, last: int) -> None:
        kinds = land.water[first:last]
        higher = land.height[first:last] - enlarge(base, scale, (first, last))
        higher[kinds != LAND] = 0
        ridge = higher / (np.abs(higher) + np.float32(_RELIEF))
        for channel, colour in enumerate(colours):
            fine = enlarge(colour.land, scale, (first, last))
            fine += (enlarge(colour.by_height, scale, (first, last)) * higher).clip(-_MOST, _MOST)
            fine += np.float32(_RIDGE[channel]) * ridge
            sea = kinds == SEA
            if sea.any():
                fine[sea] = enlarge(colour.sea, scale, (first, last))[sea]
            fine[kinds == LAKE] = water[channel]
            pan = kinds == CLOSED_LAKE
            fine[pan] += np.float32(_SALT_PAN) * (255 - fine[pan])
            carved[first:last, :, channel] = np.rint(fine.clip(0, 255))

    by_rows(fill, land.height.shape)
    return carved


def water_colour(texture: NDArray[np.uint8], heights: Field) -> Field:
    """The colour of water on a map, float32 `(3,)`, 0 to 255: what its sea has most, if there is one."""
    sea = heights <= 0
    colour = np.median(texture[sea], axis=0) if sea.any() else np.array(_DEEP)
    return colour.astype(np.float32)


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
