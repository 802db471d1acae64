"""The terrain of a window of the ground, as the network has made it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from spade_terrain.storage.stored import StoredTerrain
from spade_terrain.terrain import Picture

_T = TypeVar("_T", np.uint8, np.float32)


class Pixels(NamedTuple):
    """The terrain of a window of the ground.

    Attributes:
        texture: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; the sea is 0.
        shaded: the shaded texture, uint8 RGB `(H, W, 3)`.
        beside: the same land in other textures, by name.

    """

    texture: NDArray[np.uint8]
    height: NDArray[np.float32]
    shaded: NDArray[np.uint8]
    beside: Mapping[str, Picture] = MappingProxyType({})

    @classmethod
    def empty(cls, shape: tuple[int, int], beside: Iterable[str] = ()) -> "Pixels":
        """Arrays for a window of `(H, W)` pixels, not filled yet, with textures of these names beside the first."""

        def colours() -> NDArray[np.uint8]:
            return np.empty((*shape, 3), np.uint8)

        others = {name: Picture(colours(), colours()) for name in beside}
        return cls(colours(), np.empty(shape, np.float32), colours(), others)

    def repeated(self, shape: tuple[int, int]) -> "Pixels":
        """A window of `(H, W)` pixels that are all as the one of this."""

        def filled(pixel: NDArray[_T]) -> NDArray[_T]:
            return np.tile(pixel, (*shape, *[1] * (pixel.ndim - 2)))

        others = {name: Picture(filled(p.texture), filled(p.shaded)) for name, p in self.beside.items()}
        return Pixels(filled(self.texture), filled(self.height), filled(self.shaded), others)

    @property
    def is_even(self) -> bool:
        """Whether all pixels are as the first one."""
        colours = [plane for picture in self.pictures for plane in (picture.texture, picture.shaded)]
        return bool((self.height == self.height[0, 0]).all()) and all((c == c[0, 0]).all() for c in colours)

    @property
    def pictures(self) -> list[Picture]:
        """The land in all textures."""
        return [Picture(self.texture, self.shaded), *self.beside.values()]

    def crop(self, place: tuple[slice, slice]) -> "Pixels":
        """Some rows and columns of it."""
        others = {name: Picture(p.texture[place], p.shaded[place]) for name, p in self.beside.items()}
        return Pixels(self.texture[place], self.height[place], self.shaded[place], others)

    def scaled(self, times: float) -> "Pixels":
        """The same, so many times as high."""
        return self if times == 1 else self._replace(height=self.height * np.float32(times))

    def write_to(self, target: "Pixels | StoredTerrain", place: tuple[slice, slice]) -> None:
        """Copy it to some rows and columns of a larger terrain, in memory or on disk, of the same textures."""
        target.texture[place] = self.texture
        target.height[place] = self.height
        target.shaded[place] = self.shaded
        for name, picture in self.beside.items():
            target.beside[name].texture[place] = picture.texture
            target.beside[name].shaded[place] = picture.shaded
