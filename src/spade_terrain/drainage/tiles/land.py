"""The land of a tile, and the order in which water rises over its pixels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE, PAN, SEA
from spade_terrain.errors import ParameterError
from spade_terrain.noise import noise_words
from spade_terrain.window import Window

_TIES = 7000  # salt of noise
_NEGATIVE = np.uint32(0x80000000)


class Land(NamedTuple):
    """The land of a tile and of the pixels that touch it, `around`.

    Attributes:
        window: the tile.
        shape: rows and columns of the map.
        heights: float32, metres, of `around`; those of lakes are not looked at, but by the land that falls to them.
        water: uint8, of `around`: what each pixel is, as `flood` takes it. Lakes touch no border of the map.
        jitter: float32, 0..1, of `around`: the share by which the slope to a pixel counts more, as in `steepest`.
        seed: of the noise that decides between pixels of one height.

    """

    window: Window
    shape: tuple[int, int]
    heights: Field
    water: NDArray[np.uint8]
    jitter: Field
    seed: int

    @property
    def around(self) -> Window:
        """The tile and the pixels that touch it, as far as the map has them."""
        return around(self.window, self.shape)

    @property
    def inner(self) -> tuple[slice, slice]:
        """Where in arrays of `around` the tile is."""
        return self.window.place(self.around)

    def check(self) -> None:
        """Raise `ParameterError` if it can't be drained."""
        if any(part.shape != self.around.shape for part in (self.heights, self.water, self.jitter)):
            raise ParameterError(f"`heights`, `water` and `jitter` must be of all of {self.around}")
        if not np.isfinite(self.heights).all():
            raise ParameterError("`heights` have values that are no numbers; fill them before")
        if (self.water[self.on_border()] == LAKE).any():
            raise ParameterError("`water` has lakes at the border of the map; they must be land or closed there")

    def on_border(self) -> NDArray[np.bool_]:
        """Which pixels of `around` are at the border of the map: bool."""
        at = self.around
        border = np.zeros(at.shape, np.bool_)
        border[0] |= at.y0 == 0
        border[-1] |= at.y1 == self.shape[0]
        border[:, 0] |= at.x0 == 0
        border[:, -1] |= at.x1 == self.shape[1]
        return border

    def mouths(self) -> NDArray[np.bool_]:
        """Which pixels of `around` are water that nothing leaves: bool."""
        found: NDArray[np.bool_] = (self.water == SEA) | (self.water == CLOSED_LAKE) | (self.water == PAN)
        return found

    def ranks(self) -> NDArray[np.uint64]:
        """When water that rises everywhere alike reaches each pixel of `around`: uint64, less for what is lower.

        Pixels of a lake come before all others, as if it were empty. Among pixels of one height noise of the place
        decides, so that water finds its way over a plain as it does through rock (invasion percolation: Stark, "An
        invasion percolation model of drainage network evolution", Nature 352, 1991). Among those of one rank the
        one that comes first in the map is first.
        """
        at = self.around
        bits = (self.heights + np.float32(0)).view(np.uint32)  # one zero
        levels = np.where(bits & _NEGATIVE, ~bits, bits | _NEGATIVE)
        levels[self.water == LAKE] = 0
        height, width = at.shape
        ties = noise_words(self.seed, _TIES, 1, at.x0, at.y0, width, height)[0]
        ranks: NDArray[np.uint64] = levels.astype(np.uint64) << np.uint64(32) | ties
        return ranks


def around(window: Window, shape: tuple[int, int]) -> Window:
    """A tile and the pixels that touch it, as far as a map of `(H, W)` pixels has them."""
    return window.grown(1, Window(0, 0, shape[1], shape[0]))


def levels_of(ranks: NDArray[np.uint64]) -> Field:
    """Metres of ranks: float32, minus infinity for lakes."""
    levels = (ranks >> np.uint64(32)).astype(np.uint32)
    bits = np.where(levels & _NEGATIVE, levels & ~_NEGATIVE, ~levels)
    return np.where(levels == 0, np.float32(-np.inf), bits.view(np.float32))
