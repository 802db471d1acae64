"""What a user may choose about the files. It imports nothing heavy, so that the command line can show it."""

from dataclasses import dataclass
from math import isfinite

from spade_terrain.errors import ParameterError

VERTICAL_SCALE = 5.0
"""How much taller meshes are than the truth.

At 2,000 m a pixel a real mountain range is as flat as a coin. Five times makes ranges read as ranges, and leaves 99 of
100 slopes of the Alps, the Andes and the Himalaya below 60 degrees; with ten times they are a forest of needles.
"""

PREVIEWS = ("png", "gif", "webp")
"""A picture, and two kinds of animation."""


@dataclass(frozen=True)
class ExportOptions:
    """How the files are made; every number is greater than 0.

    >>> options = ExportOptions(vertical_scale=8, triangles=100_000, presets=("unity:513",))
    >>> options.check()  # as everything does that takes options

    Attributes:
        relief: every height in every file is this many times what was generated: it changes the land.
        vertical_scale: how much taller than their width the heights are shown where something is shown in 3D: meshes,
            the preview, and the numbers to type into a tool. Heights in files stay as they are.
        playable_km: meshes in metres and the numbers to type into a tool are scaled, width and height alike, so that
            the map's longer side is this long. None leaves the true size.
        triangles: meshes are simplified to at most this many triangles. None keeps a vertex a pixel.
        presets: tools to write files and import settings for: names of `presets.PRESETS`, each perhaps with `:SIDE`.
        preview: what the preview is written as, of `PREVIEWS`; naming one asks for the preview, which is else a `png`.

    """

    relief: float = 1.0
    vertical_scale: float = VERTICAL_SCALE
    playable_km: float | None = None
    triangles: int | None = None
    presets: tuple[str, ...] = ()
    preview: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise `ParameterError` naming the attribute whose value makes no sense."""
        for name in ("relief", "vertical_scale", "playable_km"):
            number = getattr(self, name)
            if number is not None and not (isfinite(number) and number > 0):
                raise ParameterError(f"`{name}` is {number:g}; use a number greater than 0")
        for kind in self.preview:
            if kind not in PREVIEWS:
                raise ParameterError(f"`preview` {kind}: there are {', '.join(PREVIEWS)}")
        if self.triangles is not None and self.triangles < 2:
            raise ParameterError(f"`triangles` is {self.triangles}; use at least 2")
