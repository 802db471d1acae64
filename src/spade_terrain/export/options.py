"""What a user may choose about the files. It imports nothing heavy, so that the command line can show it."""

from dataclasses import dataclass
from math import isfinite

from spade_terrain.errors import ParameterError

VERTICAL_SCALE = 5.0
"""How much taller meshes of a map of the usual size are than the truth; `ground.usual_vertical_scale` says of others.

At 2,000 m a pixel a real mountain range is as flat as a coin. Five times makes ranges read as ranges, and leaves 99 of
100 slopes of the Alps, the Andes and the Himalaya below 60 degrees; with ten times they are a forest of needles.
"""

PREVIEWS = ("png", "gif", "webp")
"""A picture, and two kinds of animation."""

LIMITS = {"relief": (1e-4, 1e3), "vertical_scale": (0.01, 1e3), "playable_km": (0.01, 1e5)}
"""The least and the most that these may be: beyond, files hold zeros or infinities."""

LARGEST_MESH = 2048 * 2048
"""Pixels of the largest map whose meshes have a vertex a pixel; those of larger maps have `COARSE_MESH` at most."""

COARSE_MESH = 1024 * 1024
"""Vertices of the meshes of larger maps, at most, unless `triangles` says otherwise."""

MOST_TRIANGLES = 2 * LARGEST_MESH
"""As many as the largest mesh with a vertex a pixel has."""


@dataclass(frozen=True)
class ExportOptions:
    """How the files are made; every number is greater than 0, within `LIMITS`.

    >>> options = ExportOptions(vertical_scale=8, triangles=100_000, presets=("unity:513",))
    >>> options.check()  # as everything does that takes options

    Attributes:
        relief: every height in every file is this many times what was generated: it changes the land.
        vertical_scale: how much taller than their width the heights are shown where something is shown in 3D: meshes,
            the preview, and the numbers to type into a tool. Heights in files stay as they are. None follows the map's
            extent, from 1 to 20: 5 for maps of 1,024 km and less, more for wider ones, less for pixels of under 2 km.
        playable_km: meshes in metres and the numbers to type into a tool are scaled, width and height alike, so that
            the map's longer side is this long. None leaves the true size, but for tools that don't take it.
        triangles: meshes are simplified to at most this many triangles. None keeps a vertex a pixel, or, of maps of
            more than `LARGEST_MESH` pixels, a coarser grid.
        presets: tools to write files and import settings for: names of `presets.PRESETS`, each perhaps with `:SIDE`.
        preview: what the preview is written as, of `PREVIEWS`; naming one asks for the preview, which is else a `png`.

    """

    relief: float = 1.0
    vertical_scale: float | None = None
    playable_km: float | None = None
    triangles: int | None = None
    presets: tuple[str, ...] = ()
    preview: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise `ParameterError` naming the attribute whose value makes no sense."""
        for name, (least, most) in LIMITS.items():
            number = getattr(self, name)
            if number is not None and not (isfinite(number) and least <= number <= most):
                raise ParameterError(f"`{name}` is {number:g}; use a number from {least:g} to {most:,.0f}")
        for kind in self.preview:
            if kind not in PREVIEWS:
                raise ParameterError(f"`preview` {kind}: there are {', '.join(PREVIEWS)}")
        if self.triangles is not None and not 2 <= self.triangles <= MOST_TRIANGLES:
            raise ParameterError(f"`triangles` is {self.triangles}; use a number from 2 to {MOST_TRIANGLES:,}")
