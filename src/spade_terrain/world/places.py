"""Where patches lie: places uniform on the sphere, the ground a patch covers, and the split of each place."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spade_terrain.terrain import GSD

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees; east is above 180 where the box crosses the antimeridian."""

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

CELL_DEG = 15.0
"""Height of a cell of the split, degrees; a cell is about as wide, so cells have about the same area."""

_EARTH_RADIUS_M = 6_371_000.0

# Rows from the south pole, columns from 180 W. Chosen by simulated annealing over the real world: val and test each
# hold a tenth of the land, every class in about the whole land's share, and places in a dozen cells far apart; their
# cells lie together and by coasts, so that train keeps most of the places where a patch of 1,024 km fits.
_VAL_CELLS = (
    *((2, 5), (2, 13), (3, 7), (3, 10), (3, 15), (3, 17), (4, 9), (4, 11), (4, 12), (5, 10), (5, 11)),
    *((5, 12), (5, 15), (5, 18), (5, 19), (5, 22), (6, 18), (6, 22), (8, 2), (8, 3), (9, 4), (9, 5)),
)
_TEST_CELLS = (
    *((2, 4), (3, 6), (3, 11), (3, 16), (4, 5), (4, 13), (4, 14), (4, 17), (4, 20), (5, 9), (5, 20)),
    *((5, 21), (6, 5), (6, 15), (6, 16), (6, 17), (7, 14), (8, 5), (9, 6), (9, 7), (10, 3)),
)


def _cell_splits() -> NDArray[np.uint8]:
    table = np.zeros((int(180 / CELL_DEG), int(360 / CELL_DEG)), np.uint8)
    for split, cells in ((1, _VAL_CELLS), (2, _TEST_CELLS)):
        for cell in cells:
            table[cell] = split
    return table


_CELL_SPLITS = _cell_splits()


def candidates(seed: int, number: int, bounds: Bounds) -> Iterator[tuple[float, float]]:
    """Endless places for patch `number`, uniform on the part of the sphere within `bounds`.

    Latitudes and longitudes in degrees; longitudes are -180 to 180 also where `bounds` cross the antimeridian.
    """
    rng = np.random.default_rng((seed, number))
    west, south, east, north = bounds
    low, high = np.sin(np.deg2rad((south, north)))
    while True:
        u, v = rng.random(2)
        lat, lon = np.rad2deg(np.arcsin(low + u * (high - low))), west + v * (east - west)
        yield float(lat), float((lon + 180) % 360 - 180)


def fibonacci_lattice(bounds: Bounds, count: int) -> Iterator[tuple[float, float]]:
    """Of `count` places spread evenly on the sphere, those within `bounds`: latitudes and longitudes in degrees.

    The Fibonacci lattice (Gonzalez, "Measurement of Areas on a Sphere Using Fibonacci and Latitude-Longitude Lattices",
    2010).
    """
    west, south, east, north = bounds
    numbers = np.arange(count)
    lats = np.rad2deg(np.arcsin((2 * numbers + 1) / count - 1))
    lons = numbers * 180 * (3 - np.sqrt(5)) % 360 - 180  # the golden angle
    # Bounds that cross the antimeridian end east of 180.
    within = (lats > south) & (lats < north) & ((lons - west) % 360 < east - west)
    for lat, lon in zip(lats[within], lons[within], strict=True):
        yield round(float(lat), 5), round(float(lon), 5)


def split_of(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The split of each place (degrees, any shape) as an index into `SPLITS`, uint8 of the same shape.

    A pure function of the place: rows of cells of `CELL_DEG` latitude, each row with as many cells as keep them about
    square on the ground.
    """
    row = np.clip(((np.asarray(lat) + 90) // CELL_DEG).astype(np.int64), 0, len(_CELL_SPLITS) - 1)
    middle = np.deg2rad((row + 0.5) * CELL_DEG - 90)
    in_row = np.maximum(np.rint(360 / CELL_DEG * np.cos(middle)), 1)
    column = ((np.asarray(lon) + 180) % 360 / 360 * in_row).astype(np.int64)
    splits: NDArray[np.uint8] = _CELL_SPLITS[row, column]
    return splits


def only_split(lat: float, lon: float, size: int) -> Split | None:
    """The split that holds every pixel of the patch around (lat, lon), or None if it touches two."""
    # Cells are wider than a patch, so a grid of points, the border included, sees any other cell. The margin is more
    # than what the sphere differs from the ellipsoid that patches are warped on.
    splits = split_of(*patch_grid(lat, lon, int(np.ceil(size * 1.01))))
    return SPLITS[splits.flat[0]] if (splits == splits.flat[0]).all() else None


def patch_grid(lat: float, lon: float, size: int, points: int = 65) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes (degrees, float64 `(points, points)`) of a grid over the patch, its corners included.

    On a sphere, to a fraction of a percent of the patch's size: fast enough to ask for every candidate.
    """
    line = (np.linspace(0, 1, points) - 0.5) * size * GSD / _EARTH_RADIUS_M
    east, north = np.meshgrid(line, -line)
    distance = np.hypot(east, north)
    ratio = np.sinc(distance / np.pi)  # sin(distance) / distance
    sin0, cos0 = np.sin(np.deg2rad(lat)), np.cos(np.deg2rad(lat))
    lats = np.arcsin(np.clip(np.cos(distance) * sin0 + north * ratio * cos0, -1, 1))
    turn = np.arctan2(east * ratio, np.cos(distance) * cos0 - north * ratio * sin0)
    return np.rad2deg(lats), (lon + np.rad2deg(turn) + 180) % 360 - 180
