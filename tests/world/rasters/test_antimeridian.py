"""The 180th meridian is a place like any other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.world.rasters.overview import LAND, SEA, make_overview
from spade_terrain.world.rasters.pair import RasterPair, RawPatch, read_patch
from tests.world.planet import NODATA, SEA_RGB, write_raster

RADIUS_M = 300_000
PLATE_CARREE = ("EPSG:4326", (-180.0, -60.0, 180.0, 60.0), (400, 1200))
MERCATOR = ("EPSG:3857", (-20037508.342789244, -8e6, 20037508.342789244, 8e6), (600, 1500))
FROM_GREENWICH = ("EPSG:4326", (0.0, -60.0, 360.0, 60.0), (400, 1200))
EQUAL_AREA = ("+proj=cea +datum=WGS84 +units=m", (-20037508.342789244, -5.5e6, 20037508.342789244, 5.5e6), (500, 1500))
WORLDS = [PLATE_CARREE, MERCATOR, FROM_GREENWICH, EQUAL_AREA]

Grid = tuple[str, tuple[float, ...], tuple[int, int]]


def degrees(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of each pixel's centre, `(H, W)`."""
    from rasterio.warp import transform

    crs, (west, south, east, north), (height, width) = grid
    x = west + (np.arange(width) + 0.5) * (east - west) / width
    y = north - (np.arange(height) + 0.5) * (north - south) / height
    xs, ys = (a.ravel() for a in np.meshgrid(x, y))
    lon, lat = map(np.array, transform(crs, "EPSG:4326", xs, ys))
    return lat.reshape(height, width), lon.reshape(height, width)


def write_disc(folder: Path, grid: Grid, lat: float, lon: float, **options: Any) -> tuple[Path, Path]:
    """1000 m within a disc, 100 m outside; the map is red west of the disc's middle, green east of it."""
    lats, lons = (np.deg2rad(a) for a in degrees(grid))
    lat0, lon0 = np.deg2rad((lat, lon))
    a = np.sin((lats - lat0) / 2) ** 2 + np.cos(lats) * np.cos(lat0) * np.sin((lons - lon0) / 2) ** 2
    height = np.where(2 * 6_371_000 * np.arcsin(np.sqrt(a)) < RADIUS_M, 1000, 100).astype(np.int16)
    west = np.sin(lons - lon0) < 0
    terrain = np.stack([np.where(west, 200, 50), np.where(west, 50, 200), np.full(west.shape, 90)]).astype(np.uint8)
    folder.mkdir()
    return (
        write_raster(folder / "t.tif", terrain, grid[1], crs=grid[0]),
        write_raster(folder / "h.tif", height[None], grid[1], crs=grid[0], **options),
    )


def read_disc(folder: Path, grid: Grid, lat: float, lon: float, **options: Any) -> RawPatch:
    with RasterPair(*write_disc(folder, grid, lat, lon, **options)).open() as rasters:
        assert rasters.bounds[::2] == pytest.approx((-180, 180))
        patch = read_patch(rasters, lat, lon, 400)
    assert patch is not None
    assert patch.valid.all()
    return patch


@pytest.mark.parametrize(("grid", "options"), [*((grid, {}) for grid in WORLDS), (MERCATOR, {"nodata": NODATA})])
def test_a_disc_at_the_180th_meridian_is_as_one_at_greenwich(
    tmp_path: Path, grid: Grid, options: dict[str, Any]
) -> None:
    here = read_disc(tmp_path / "0", grid, 35, 0, **options)
    there = read_disc(tmp_path / "180", grid, 35, 180, **options)
    for patch in (here, there):
        disc = patch.height > 550
        assert np.sqrt(disc.sum() / np.pi) == pytest.approx(RADIUS_M / 2000, rel=0.02)
        assert patch.terrain[:, :180].reshape(-1, 3).mean(0) == pytest.approx((200, 50, 90), abs=1)
        assert patch.terrain[:, 220:].reshape(-1, 3).mean(0) == pytest.approx((50, 200, 90), abs=1)
    assert (there.height > 550).sum() == pytest.approx((here.height > 550).sum(), rel=0.02)
    # The same pixels but for the grid's rounding: no stripe, no blur along the seam.
    assert np.abs(there.height - here.height).max() < 1
    assert np.abs(there.terrain.astype(int) - here.terrain).max() <= 1


@pytest.mark.parametrize("lon", [-179.9, -90.0, 0.0, 90.0, 179.9])
def test_longitudes_from_0_to_360_reach_round_the_earth(tmp_path: Path, lon: float) -> None:
    patch = read_disc(tmp_path / "disc", FROM_GREENWICH, -30, lon)
    assert (patch.height > 550).sum() == pytest.approx(np.pi * (RADIUS_M / 2000) ** 2, rel=0.02)


def test_a_map_of_the_whole_world_and_a_bit_more_has_no_seam(tmp_path: Path) -> None:
    step = 360 / 1200  # grid points on both 180th meridians: the last column is the first again
    wide = ("EPSG:4326", (-180 - step / 2, -60.0, 180 + step / 2, 60.0), (400, 1201))
    patch = read_disc(tmp_path / "disc", wide, 35, 180)
    assert (patch.height > 550).sum() == pytest.approx(np.pi * (RADIUS_M / 2000) ** 2, rel=0.02)


def test_a_region_across_the_180th_meridian(tmp_path: Path) -> None:
    t, _ = write_disc(tmp_path / "world", PLATE_CARREE, 0, 180)
    _, h = write_disc(tmp_path / "region", ("EPSG:4326", (165.0, -20.0, 200.0, 20.0), (400, 350)), 0, 180)
    with RasterPair(t, h).open() as rasters:
        assert rasters.bounds == pytest.approx((165, -20, 200, 20))
        patches = [read_patch(rasters, 0, lon, 400) for lon in (180, -180, -175)]
        assert read_patch(rasters, 0, 166, 400) is None
        assert read_patch(rasters, 0, 0, 400) is None
    for patch in patches:
        assert patch is not None
        assert patch.valid.all()
    assert (patches[0].height > 550).sum() == pytest.approx(np.pi * (RADIUS_M / 2000) ** 2, rel=0.02)  # type: ignore[union-attr]


def test_a_void_at_the_seam_is_not_filled(tmp_path: Path) -> None:
    import rasterio

    t, h = write_disc(tmp_path / "disc", PLATE_CARREE, 35, 180)
    mask = np.ones((400, 1200), bool)
    mask[:, 1190:] = False  # 177 to 180 degrees east
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(h, "r+") as f:
        f.write_mask(mask)
    with RasterPair(t, h).open() as rasters:
        patch = read_patch(rasters, 35, 180, 400)
    assert patch is not None
    assert not patch.valid[:, 150:199].any()
    assert patch.valid[:, 222:].all()  # the kernel reaches a pixel and a half of the raster beyond its edge


def test_no_patch_holds_a_pole(tmp_path: Path) -> None:
    disc = write_disc(tmp_path / "disc", ("EPSG:4326", (-180, -90, 180, 90), (300, 600)), 0, 0)
    with RasterPair(*disc).open() as rasters:
        assert read_patch(rasters, 89.5, 20, 128) is None
        assert read_patch(rasters, 85, 20, 128) is not None


@pytest.mark.parametrize("grid", [PLATE_CARREE, FROM_GREENWICH, MERCATOR])
def test_the_overview_has_everything_where_it_is(tmp_path: Path, grid: Grid) -> None:
    lat, lon = degrees(grid)
    island = (np.abs(lat) < 10) & (np.abs((lon + 100) % 360) < 30)  # 100 to 70 degrees west
    terrain = np.where(island[None], 160, np.array(SEA_RGB)[:, None, None]).astype(np.uint8)
    t = write_raster(tmp_path / "t.tif", terrain, grid[1], crs=grid[0])
    h = write_raster(tmp_path / "h.tif", np.where(island, 500, 0)[None].astype(np.int16), grid[1], crs=grid[0])
    with RasterPair(t, h).open() as rasters:
        ground = make_overview(rasters).surface
    rows = slice(82 * 8, 98 * 8)
    assert (ground[rows, 81 * 8 : 109 * 8] == LAND).all()
    assert (ground[rows, : 79 * 8] == SEA).all()
    assert (ground[rows, 111 * 8 :] == SEA).all()
