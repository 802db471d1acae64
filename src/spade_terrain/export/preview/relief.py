"""The map as it will be looked at: resampled to what the picture can show, coloured and lit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.export.ground import extent
from spade_terrain.export.meshes.grid import Plane
from spade_terrain.export.preview.light import light
from spade_terrain.export.rasters.resample import Resampled
from spade_terrain.export.rows import Mapped
from spade_terrain.terrain import TerrainRows

_SIDE = 1280  # pixels of the longer side: about one for each pixel of the picture
_LARGEST_ENLARGEMENT = 4.0  # beyond that smooth interpolation has nothing to add

_GAMMA = 2.2
_SATURATION = 1.2
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)

_SHALLOWS = np.array([0.20, 0.56, 0.62], np.float32)  # the water's colour at the beach, linear RGB
_SHELF = np.array([0.80, 0.98, 0.95], np.float32)  # how coastal waters tint the texture...
_DEEP = np.array([0.40, 0.56, 0.62], np.float32)  # ...and how the open sea does
_SEA_DEPTH = 0.022  # of the longer side


@dataclass(frozen=True)
class Relief:
    """A terrain on the picture's grid; heights and depths are in pixels of this grid.

    Attributes:
        height: float32 `(H, W)`, above the sea, as exaggerated as asked for.
        seabed: float32 `(H, W)`, how deep the sea is, 0 on land; an invention to give the block's sides something.
        land: float32 `(H, W)`, 1 on land, 0 at sea, between them at the coast.
        ground: float32 `(H, W, 3)`, the land's colour, linear RGB.
        water: float32 `(H, W, 3)`, the sea's.

    """

    height: Plane
    seabed: Plane
    land: Plane
    ground: Plane
    water: Plane

    def lit(self, azimuth: float) -> NDArray[np.uint8]:
        """The colours, uint8 RGB `(H, W, 3)`, sRGB, with the sun at `azimuth`, degrees from north over east."""
        light_on_land = self.ground * light(self.height, azimuth)
        return _developed(self.water + self.land[..., None] * (light_on_land - self.water))


def relief(terrain: TerrainRows, exaggeration: float) -> Relief:
    """Resample and colour `terrain`, its heights times `exaggeration`."""
    rows, columns = terrain.height.shape
    side = min(_SIDE, max(rows, columns) * _LARGEST_ENLARGEMENT)
    east_west, north_south = extent(terrain)
    scale = side / max(east_west, north_south)
    size = (max(round(north_south * scale), 2), max(round(east_west * scale), 2))
    above = Mapped(terrain.height, lambda metres: (metres > 0).astype(np.float32), np.float32)
    # Steeper than linear, because the enlarged coast would be a beach of several pixels' width.
    land = np.clip(3 * Resampled(above, *size)[0 : size[0]] - 1, 0, 1)
    exaggerated = np.float32(exaggeration * scale)
    height = np.maximum(Resampled(terrain.height, *size)[0 : size[0]], 0) * exaggerated * land
    ground = _linear(Resampled(terrain.texture, *size, resampling=Image.Resampling.LANCZOS)[0 : size[0]])

    beach = (_blurred(land, 10) + _blurred(land, 32)) / 2
    shelf = _blurred(land, 120)
    seabed = (1 - land) * (1 - beach) * (1 - 0.6 * shelf) * np.float32(_SEA_DEPTH * max(size))
    return Relief(height, seabed, land, ground, _water(ground, beach, shelf))


def _water(ground: Plane, beach: Plane, shelf: Plane) -> Plane:
    """The sea's colour, linear RGB; `beach` and `shelf` are the shares of land near by and far around."""
    tint = _DEEP + np.clip(1.6 * shelf, 0, 1)[..., None] * (_SHELF - _DEEP)
    sea = ground * tint
    shallows: Plane = sea + (0.8 * np.clip(1.5 * beach, 0, 1) ** 1.5)[..., None] * (_SHALLOWS - sea)
    return shallows


def _linear(srgb: NDArray[np.uint8]) -> Plane:
    table: Plane = (np.arange(256, dtype=np.float32) / 255) ** _GAMMA
    return table[srgb]


def _developed(linear: Plane) -> NDArray[np.uint8]:
    """Linear RGB to sRGB bytes like film: colours a little fuller, highlights that fade to white, not cut off."""
    grey = (linear @ _LUMINANCE)[..., None]
    full = np.maximum(grey + _SATURATION * (linear - grey), 0)
    soft = full / np.sqrt(np.sqrt(1 + np.square(np.square(full))))
    developed: Plane = np.rint(255 * soft ** (1 / _GAMMA))
    return developed.astype(np.uint8)


def _resized(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC))


def _blurred(plane: Plane, radius: int) -> Plane:
    """`plane` smoothed over about `radius` pixels, by way of a small picture, which is fast at any radius."""
    rows, columns = plane.shape
    small = (max(columns // radius, 1), max(rows // radius, 1))
    return _resized(np.asarray(Image.fromarray(plane).resize(small, Image.Resampling.HAMMING)), (columns, rows))
