"""A rectangle of the ground, in pixels."""

from collections.abc import Iterator
from typing import NamedTuple


class Window(NamedTuple):
    """A rectangle of the ground: columns `x0` up to, not including, `x1`, and rows `y0` up to `y1`."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y1 - self.y0, self.x1 - self.x0

    def grown(self, by: int, within: "Window | None") -> "Window":
        """`by` pixels larger on each side, but not past the ends of `within`."""
        large = Window(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)
        return large if within is None else large.clipped(within)

    def clipped(self, to: "Window") -> "Window":
        """What of it lies in `to`."""
        return Window(max(self.x0, to.x0), max(self.y0, to.y0), min(self.x1, to.x1), min(self.y1, to.y1))

    def whole(self, stride: int) -> "Window":
        """The smallest window around it with all sides at multiples of `stride`."""
        return Window(
            self.x0 // stride * stride,
            self.y0 // stride * stride,
            -(-self.x1 // stride) * stride,
            -(-self.y1 // stride) * stride,
        )

    def tiles(self, side: int) -> Iterator["Window"]:
        """It in squares of `side` from its first corner, row by row; the last ones end where it ends."""
        for y in range(self.y0, self.y1, side):
            for x in range(self.x0, self.x1, side):
                yield Window(x, y, x + side, y + side).clipped(self)

    def place(self, within: "Window", scale: int = 1) -> tuple[slice, slice]:
        """Rows and columns of an array of `within`, `scale` pixels of the ground each, that it covers."""
        rows = slice((self.y0 - within.y0) // scale, (self.y1 - within.y0) // scale)
        return rows, slice((self.x0 - within.x0) // scale, (self.x1 - within.x0) // scale)
