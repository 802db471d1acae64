"""`Terrain`: what travels from generation to export, with the water that carved it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from spade_terrain.inputs import as_path
from spade_terrain.palette import Labels
from spade_terrain.textures import ATLAS

if TYPE_CHECKING:
    from spade_terrain.export import ExportOptions

GSD = 2000.0
"""Ground sample distance of the method, metres a pixel."""
SPRINGS = 0.05
"""Cubic metres a second that a river which the map shows carries at its mouth, rain or no rain, for each metre that a
pixel of the map is, and each pixel that it is painted wide."""
_ROUGHNESS = 2 / 3


def height_scale(gsd: float, made_for: float = GSD) -> float:
    """How many times as high as a model makes it land is, if its pixels are `gsd` metres: 1 from `made_for` on.

    Over a distance d heights of continents differ by about d^(2/3) (J.-S. Gagnon, S. Lovejoy and D. Schertzer 2006,
    Multifractal earth topography, Nonlinear Processes in Geophysics 13, 541): so ground that is seen more closely is
    lower and steeper, at 30 m 0.061 times as high and 4 times as steep as at 2,000 m. Larger pixels don't raise
    mountains, which are no higher on a map of more ground.
    """
    return float(min(gsd / made_for, 1.0) ** _ROUGHNESS)


@dataclass(frozen=True)
class Georeference:
    """Where on a planet a terrain lies.

    Attributes:
        crs: the coordinate reference system, as WKT or `EPSG:...`.
        transform: `(a, b, c, d, e, f)`: pixel corner (column, row) lies at `x = a column + b row + c`,
            `y = d column + e row + f`, in the units of `crs`.
        metres_per_unit: metres on the ground that one unit of `crs` is, along x and along y: (1, 1) for metres; for
            degrees, what they are in the middle of the map.

    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    metres_per_unit: tuple[float, float] = (1.0, 1.0)

    @property
    def steps(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where a step of one pixel along a row leads, and one down a column: metres on the ground along x and y."""
        a, b, _, d, e, _ = self.transform
        x, y = self.metres_per_unit
        return (a * x, d * y), (b * x, e * y)

    @property
    def pixel(self) -> tuple[float, float]:
        """How wide (along a row) and how long (along a column) a pixel is, metres on the ground."""
        along, down = self.steps
        return hypot(*along), hypot(*down)

    @property
    def gsd(self) -> float:
        """Ground sample distance, metres a pixel: the side of a square as large as a pixel."""
        (a, d), (b, e) = self.steps
        return sqrt(abs(a * e - b * d))

    def finer(self, scale: int) -> "Georeference":
        """The same place when each pixel has become `scale` x `scale`."""
        a, b, c, d, e, f = self.transform
        return replace(self, transform=(a / scale, b / scale, c, d / scale, e / scale, f))


@dataclass(frozen=True)
class Guide:
    """The rough heights that a terrain was made after.

    Attributes:
        source: what they were read from, the name of a file for instance.
        range_m: metres above the sea of the lowest and of the highest of them, as they were read.

    """

    source: str
    range_m: tuple[float, float]


class Rows(Protocol):
    """An array `(H, W)` or `(H, W, C)` that is read some rows at a time: a numpy array is one, and so is a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and, for colour, channels."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        ...

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """These rows, in memory."""
        ...


class Course(NamedTuple):
    """Where a river of the map is to run.

    Attributes:
        points: x and y, in pixels of the map from its upper left corner, float64 `(N, 2)`, N being 2 or more,
            downstream.
        discharge: cubic metres a second that its springs give, all along it, besides what rain does.
        name: what the map calls it, if it does.

    """

    points: NDArray[np.float64]
    discharge: float
    name: str | None = None


@dataclass(frozen=True)
class Reach:
    """A piece of a river between two confluences, its source or its mouth.

    Attributes:
        points: x and y, in pixels of the carved grid from its upper left corner, float64 `(N, 2)`, downstream. The last
            one is also the first of the reach that it flows into, or lies in the sea, in a lake, or at the border.
        heights: metres above the sea at the points, float32 `(N,)`, falling.
        river: the river that it is a piece of, a number; where two meet, the larger one goes on.
        into: the place in the list of the reach that it flows into; None at mouths.
        order: Strahler's.
        area: square kilometres upstream of its end.
        discharge: cubic metres a second at its end, as a mean over the year.
        width: metres; as the square root of discharge (Leopold and Maddock, "The hydraulic geometry of stream
            channels", USGS Professional Paper 252, 1953).
        name: what the map calls it, if it does.

    """

    points: NDArray[np.float64]
    heights: NDArray[np.float32]
    river: int
    into: int | None
    order: int
    area: float
    discharge: float
    width: float
    name: str | None = None


class Lake(NamedTuple):
    """A lake.

    Attributes:
        level: metres above the sea.
        area: square kilometres.
        outlet: row and column of the first pixel of land that water leaves it to, or None: it is a salt lake.
        place: row and column of a pixel of it.
        deepest: metres of water at its deepest place.
        mean_depth: metres of water on average.

    """

    level: float
    area: float
    outlet: tuple[int, int] | None
    place: tuple[int, int]
    deepest: float
    mean_depth: float


@dataclass(frozen=True)
class Hydrology:
    """The water of a terrain of `(H, W)` pixels that was carved.

    Attributes:
        detail: how much finer than the map the terrain is.
        reaches: its rivers.
        lakes: its lakes, from the north on.
        mask: how much of each pixel its rivers cover as they are drawn, 0 to 255: uint8 `(H, W)`.
        upstream: square kilometres whose water comes through each pixel, its own among them: float32 `(H, W)`.
        basins: the number of the basin that each pixel lies in, 1 for the largest, 0 in the sea: int32 `(H, W)`. All
            water of a basin leaves it at one place, or stays in a lake without an outlet.
        depths: metres of water over the beds of lakes: float32 `(H, W)`, 0 elsewhere. No bed lies below the sea.

    """

    detail: int
    reaches: Sequence[Reach]
    lakes: Sequence[Lake]
    mask: NDArray[np.uint8]
    upstream: NDArray[np.float32]
    basins: NDArray[np.int32]
    depths: NDArray[np.float32]


class PictureRows(Protocol):
    """A texture, as it is and shaded, as `Picture` has it, read some rows at a time."""

    @property
    def texture(self) -> Rows: ...  # noqa: D102
    @property
    def shaded(self) -> Rows: ...  # noqa: D102


class TerrainRows(PictureRows, Protocol):
    """What writers of files ask of a terrain: the attributes of `Terrain`, its maps read some rows at a time."""

    @property
    def height(self) -> Rows: ...  # noqa: D102
    @property
    def texture_name(self) -> str: ...  # noqa: D102
    @property
    def beside(self) -> Mapping[str, PictureRows]: ...  # noqa: D102
    @property
    def guide(self) -> Guide | None: ...  # noqa: D102
    @property
    def labels(self) -> Rows: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def style(self) -> Mapping[str, float]: ...  # noqa: D102
    @property
    def gsd(self) -> float: ...  # noqa: D102
    @property
    def georeference(self) -> Georeference | None: ...  # noqa: D102
    @property
    def hydrology(self) -> Hydrology | None: ...  # noqa: D102


@dataclass(frozen=True)
class Picture:
    """The land in one of the model's textures.

    Attributes:
        texture: uint8 RGB `(H, W, 3)`, sRGB: the ground's colour, with no shadows in it.
        shaded: uint8 RGB `(H, W, 3)`, sRGB: the texture with shading lit from the north-west, as on a printed map.

    """

    texture: NDArray[np.uint8]
    shaded: NDArray[np.uint8]


@dataclass(frozen=True)
class Terrain:
    """A generated terrain on one grid of `(H, W)` pixels; row 0 is north.

    >>> from spade_terrain import generate
    >>> terrain = generate("examples/valley.png", seed=7)
    >>> terrain.texture.shape, float(terrain.height.min())
    ((512, 512, 3), 0.0)
    >>> [path.name for path in terrain.save("out/valley", ["height"])]
    ['terrain.json', 'height.png']

    Attributes:
        texture: uint8 RGB `(H, W, 3)`, sRGB: the ground's colour, with no shadows in it.
        height: float32 `(H, W)`, metres above the sea; the sea is exactly 0.
        shaded: uint8 RGB `(H, W, 3)`, sRGB: the texture with shading lit from the north-west, as on a printed map.
        labels: uint8 `(H, W)`, 0..6: the segmentation map it was made from.
        seed: the noise's seed.
        model: the name of the model that made it.
        style: the numbers of the model's style that it was made with, by name; 0 is usual.
        gsd: ground sample distance, metres a pixel, which heights go with.
        georeference: where it lies, if the painted map said so. It says how large pixels are, then, to all files.
        texture_name: which of the model's textures `texture` is: "atlas", "satellite".
        beside: the same land in other textures, by name, if they were asked for.
        guide: the rough heights that it was made after, if there were any.
        hydrology: its rivers and lakes, if water has carved it, and how much finer than the map it is then.

    """

    texture: NDArray[np.uint8]
    height: NDArray[np.float32]
    shaded: NDArray[np.uint8]
    labels: Labels
    seed: int
    model: str
    style: Mapping[str, float] = field(default_factory=dict)
    gsd: float = GSD
    georeference: Georeference | None = None
    texture_name: str = ATLAS
    beside: Mapping[str, Picture] = field(default_factory=dict)
    guide: Guide | None = None
    hydrology: Hydrology | None = None

    @property
    def pictures(self) -> dict[str, Picture]:
        """The land in all textures that it was made in, by name."""
        return {self.texture_name: Picture(self.texture, self.shaded), **self.beside}

    def save(
        self, folder: str | Path, formats: Sequence[str] | None = None, options: "ExportOptions | None" = None
    ) -> Sequence[Path]:
        """Write the terrain into `folder` (made if missing) in some formats; returns the files' paths.

        See `spade_terrain.export.save`. Raises `ParameterError` if there is no such format, the folder has no name, or
        the terrain is too large for it, `FileInTheWayError` if another run is writing there, and `StorageError` if the
        folder can't be written; nothing half-written is left behind.
        """
        # Late, because export stands above this module: this is a call for the user's convenience.
        from spade_terrain.export import save

        return save(self, as_path(folder, "folder"), formats, options)
