"""A small synthetic planet: fractal height, colour by height and moisture, light from the north-west, as GeoTIFFs."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SEA_RGB = (109, 169, 206)
SATELLITE_SEA_RGB = (25, 66, 128)
NODATA = -32768
NORTH = 75.0
"""The planet's rasters reach from this latitude to its opposite, degrees, and round the whole world."""

_COLOURS = np.array([[240, 230, 210], [225, 222, 180], [160, 198, 160], [214, 214, 206]], np.float32)


def make_planet(seed: int = 0, width: int = 2880) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Terrain uint8 RGB `(H, W, 3)` and height float32 metres `(H, W)` on an equirectangular grid, sea at 0."""
    rng = np.random.default_rng(seed)
    rows = int(width * 2 * NORTH / 360)
    continents = _fractal(rng, (rows, width), 5, 9)
    ridges = 1 - 2 * np.abs(_fractal(rng, (rows, width), 40, 4))
    belts = np.clip(_fractal(rng, (rows, width), 7, 3) * 3, 0, 1)
    land = continents + 0.12
    height = np.where(land > 0, land * 900 + belts * np.clip(ridges, 0, 1) * np.minimum(land * 4, 1) * 4500 + 2, 0)
    latitude = np.abs(np.linspace(NORTH, -NORTH, rows))[:, None]
    moisture = np.clip(_fractal(rng, (rows, width), 8, 4) * 1.5 + 0.5, 0, 1) * 2
    kind = np.maximum(moisture, np.clip((latitude - 48) / 5, 0, 3))
    colour = np.stack([np.interp(kind, range(4), _COLOURS[:, c]) for c in range(3)], -1)
    slope_x, slope_y = (cv2.Sobel(height, cv2.CV_64F, *d) for d in ((1, 0), (0, 1)))
    shade = 1 + np.clip((slope_x + slope_y) / 12000, -0.3, 0.06)
    terrain = np.clip(colour * shade[..., None], 0, 255).astype(np.uint8)
    terrain[height == 0] = SEA_RGB
    return terrain, height.astype(np.float32)


def as_seen(terrain: NDArray[np.uint8], height: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What a satellite sees of a planet: dark and greenish, its sea another blue."""
    seen: NDArray[np.uint8] = (terrain * np.array([0.3, 0.35, 0.2])).astype(np.uint8)
    seen[height <= 0] = SATELLITE_SEA_RGB
    return seen


def write_planet(
    folder: Path, terrain: NDArray[np.uint8], height: NDArray[np.float32], bounds: tuple[float, ...] | None = None
) -> tuple[Path, Path]:
    """Write `terrain.tif` and `height.tif` (EPSG:4326); NaN height becomes nodata. Returns their paths."""
    bounds = bounds or (-180, -NORTH, 180, NORTH)
    return (
        write_raster(folder / "terrain.tif", terrain.transpose(2, 0, 1), bounds),
        write_raster(folder / "height.tif", np.where(np.isnan(height), NODATA, height)[None], bounds, nodata=NODATA),
    )


def write_raster(
    path: Path, bands: NDArray[Any], bounds: tuple[float, ...], *, crs: str = "EPSG:4326", **options: Any
) -> Path:
    """Write `bands` `(C, H, W)` as the kind of raster that `path` ends in over `bounds` (west, south, east, north)."""
    import rasterio
    from rasterio.transform import from_bounds

    bands = bands.astype(np.float32) if bands.dtype == np.float64 else bands
    grid = {"count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2], "dtype": bands.dtype.name}
    transform = from_bounds(*bounds, bands.shape[2], bands.shape[1])
    with rasterio.open(path, "w", crs=crs, transform=transform, tiled=True, **grid, **options) as f:
        f.write(bands)
    return path


def _fractal(rng: np.random.Generator, shape: tuple[int, int], waves: int, octaves: int) -> NDArray[np.float64]:
    """Noise of about -1..1 with `waves` waves down the first octave."""
    total = np.zeros(shape)
    for octave in range(octaves):
        n = waves * 2**octave
        coarse = rng.uniform(-1, 1, (n, 2 * n)).astype(np.float32)
        total += cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC) / 2**octave
    return total / 1.5
