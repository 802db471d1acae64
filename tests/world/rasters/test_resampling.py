from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.world.rasters.antimeridian import View, project
from spade_terrain.world.rasters.pair import RasterPair, read_patch
from spade_terrain.world.rasters.resampling import control_grid, footprint, sample
from tests.world.planet import write_raster

SIZE, GSD, LON = 128, 2000.0, 20.0
MAPS = [("EPSG:4326", 0.02), ("EPSG:3857", 2446.0)]
LATITUDES = [0.0, 45.0, 70.0]

Grid = tuple[float, float, int, int]
"""Left, top, columns, rows of a raster around a patch."""


def local(lat: float) -> str:
    return f"+proj=aeqd +lat_0={lat} +lon_0={LON} +datum=WGS84"


def centres(lat: float, crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of the middle of each pixel of the patch at (lat, LON), each worked out by PROJ, `(SIZE, SIZE)`."""
    line = (np.arange(SIZE) + 0.5 - SIZE / 2) * GSD
    east, south = np.meshgrid(line, line)
    x, y = project(local(lat), crs, east.ravel(), -south.ravel())
    return x.reshape(east.shape), y.reshape(east.shape)


def around(lat: float, crs: str, pixel: float) -> Grid:
    x, y = centres(lat, crs)
    margin = 8 * pixel
    left, top = x.min() - margin, y.max() + margin
    return left, top, int((x.max() + margin - left) / pixel), int((top - y.min() + margin) / pixel)


def sampled(
    path: Path, band: NDArray[np.float64], grid: Grid, lat: float, crs: str, pixel: float
) -> NDArray[np.float32]:
    """`band` written as a raster, and sampled at the patch."""
    import rasterio

    left, top, columns, rows = grid
    write_raster(path, band[None], (left, top - rows * pixel, left + columns * pixel, top), crs=crs)
    with rasterio.open(path) as f:
        at = footprint(View(f, 0.0), control_grid(lat, LON, SIZE, GSD))
        assert at is not None
        pixels, valid = sample(at, (1,), "float32")
    assert valid.all()
    return np.asarray(pixels[..., 0])


@pytest.mark.parametrize("lat", LATITUDES)
@pytest.mark.parametrize(("crs", "pixel"), MAPS)
def test_every_pixel_lies_where_proj_puts_it(tmp_path: Path, crs: str, pixel: float, lat: float) -> None:
    grid = around(lat, crs, pixel)
    x, y = centres(lat, crs)
    by_column = np.broadcast_to(np.arange(grid[2]) + 0.5, grid[:1:-1])
    by_row = np.broadcast_to(np.arange(grid[3])[:, None] + 0.5, grid[:1:-1])
    off_x = sampled(tmp_path / "x.tif", by_column, grid, lat, crs, pixel) - (x - grid[0]) / pixel
    off_y = sampled(tmp_path / "y.tif", by_row, grid, lat, crs, pixel) - (grid[1] - y) / pixel
    for off in (off_x, off_y):
        assert abs(off.mean()) < 0.01
        # OpenCV's cubic kernel follows a ramp to a twentieth of a pixel, and a wider one lacks samples at the border.
        assert np.abs(off).max() < 0.08


@pytest.mark.parametrize(("crs", "pixel"), [("EPSG:4326", 0.01), ("EPSG:3857", 1200.0)])
def test_what_is_finer_than_the_patch_does_not_alias(tmp_path: Path, crs: str, pixel: float) -> None:
    grid = around(65, crs, pixel)
    stripes = np.where(np.arange(grid[2]) % 2, 200.0, 0.0)
    flat = sampled(tmp_path / "s.tif", np.broadcast_to(stripes, grid[:1:-1]), grid, 65, crs, pixel)
    assert flat.mean() == pytest.approx(100, abs=1)
    assert flat.std() < 12


@pytest.mark.parametrize("lat", LATITUDES)
@pytest.mark.parametrize(("crs", "pixel"), MAPS)
def test_rough_ground_comes_out_better_than_from_gdals_warper(
    tmp_path: Path, crs: str, pixel: float, lat: float
) -> None:
    """Waves of every length the raster can hold, against those of them that the patch can hold."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    rng = np.random.default_rng(0)
    grid = around(lat, crs, pixel)
    x, y = centres(lat, crs)
    patch_x, patch_y = (x - grid[0]) / pixel - 0.5, (grid[1] - y) / pixel - 0.5
    column, row = np.meshgrid(np.arange(grid[2], dtype=float), np.arange(grid[3], dtype=float))
    # How far one pixel of the patch reaches on the raster, to tell which waves it can hold.
    finer = [np.hypot(np.diff(patch_x, axis=a).mean(), np.diff(patch_y, axis=a).mean()) for a in (1, 0)]
    ground, truth = np.zeros(column.shape), np.zeros(x.shape)
    for frequency in np.exp(rng.uniform(np.log(1 / 100), np.log(0.45), 60)):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        u, v = frequency * np.cos(angle), frequency * np.sin(angle)
        ground += frequency**-0.7 * np.sin(2 * np.pi * (u * column + v * row) + phase)
        if np.hypot(u * finer[0], v * finer[1]) < 0.5:
            truth += frequency**-0.7 * np.sin(2 * np.pi * (u * patch_x + v * patch_y) + phase)
    ours = sampled(tmp_path / "g.tif", ground, grid, lat, crs, pixel)
    target = {"crs": local(lat), "transform": from_origin(-SIZE / 2 * GSD, SIZE / 2 * GSD, GSD, GSD)}
    with (
        rasterio.open(tmp_path / "g.tif") as f,
        WarpedVRT(f, width=SIZE, height=SIZE, resampling=Resampling.cubic, **target) as vrt,
    ):
        gdals = vrt.read(1)
    assert (ours - truth).std() < (gdals - truth).std()
    assert (ours - truth).std() < 0.15 * truth.std()


def test_a_raster_much_finer_than_the_patch_is_shrunk_on_reading(tmp_path: Path) -> None:
    """220 m a pixel, with a void of which nothing leaks out."""
    bounds = (10.0, 44.0, 14.0, 47.0)
    rows, columns = np.indices((1500, 2000))
    height = 500 + 400 * np.sin(rows / 150) * np.cos(columns / 200) + 300 * ((rows + columns) % 2)
    height[700:760, 900:980] = -9999
    t = write_raster(tmp_path / "t.tif", np.full((3, *height.shape), 90, np.uint8), bounds)
    h = write_raster(tmp_path / "h.tif", height[None], bounds, nodata=-9999)
    with RasterPair(t, h).open() as rasters:
        patch = read_patch(rasters, 45.5, 12, 96)
    assert patch is not None
    assert (patch.terrain == 90).all()
    assert 42 < (~patch.valid).sum() < 160  # the void itself covers 6.7 x 6.2 pixels
    assert patch.height[patch.valid].min() > 200
    assert patch.height[patch.valid].max() < 1100
