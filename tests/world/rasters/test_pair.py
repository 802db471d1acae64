import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.world.build.cleaning import ClassRules, clean_patch
from spade_terrain.world.places import patch_grid
from spade_terrain.world.rasters.overview import Overview, make_overview
from spade_terrain.world.rasters.pair import RasterPair, read_patch
from tests.world.planet import NODATA, NORTH, SEA_RGB, make_planet, write_planet, write_raster

WHOLE = (-180.0, -NORTH, 180.0, NORTH)
GREEN = (160, 198, 160)


RADIUS_M = 150_000


def disc(lat: float, lon: float) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]:
    """A field of the place: 1000 within `RADIUS_M` of (lat, lon), 100 outside."""

    def field(lats: NDArray[np.float64], lons: NDArray[np.float64]) -> NDArray[np.float64]:
        y, x, lat0, lon0 = np.deg2rad(lats), np.deg2rad(lons), np.deg2rad(lat), np.deg2rad(lon)
        a = np.sin((y - lat0) / 2) ** 2 + np.cos(y) * np.cos(lat0) * np.sin((x - lon0) / 2) ** 2
        return np.where(2 * 6_371_000 * np.arcsin(np.sqrt(a)) < RADIUS_M, 1000.0, 100.0)

    return field


@pytest.mark.parametrize("lat", [0, 35, 65, -50])
@pytest.mark.parametrize(("crs", "pixel"), [("EPSG:4326", 0.02), ("EPSG:3857", 2446)])
def test_a_disc_on_the_ground_is_the_same_disc_at_every_latitude(
    tmp_path: Path, lat: float, crs: str, pixel: float
) -> None:
    """Its area, its width and height, and how round it is, within 2%."""
    from rasterio.warp import transform_bounds

    bounds = transform_bounds("EPSG:4326", crs, 5, lat - 6, 35, lat + 6)
    shape = (round((bounds[3] - bounds[1]) / pixel), round((bounds[2] - bounds[0]) / pixel))
    t, h = (write_field(tmp_path / f"{n}.tif", n, crs, bounds, shape, disc(lat, 20)) for n in (3, 1))
    with RasterPair(t, h).open() as rasters:
        patch = read_patch(rasters, lat, 20, 256)
    assert patch is not None
    radius_px = RADIUS_M / 2000
    for within in (patch.height > 550, patch.terrain[..., 0] > 55):
        assert within.sum() == pytest.approx(np.pi * radius_px**2, rel=0.02)
        assert within.any(0).sum() == pytest.approx(2 * radius_px, rel=0.02)
        assert within.any(1).sum() == pytest.approx(2 * radius_px, rel=0.02)
        places = np.argwhere(within)
        assert places.mean(0) == pytest.approx([127.5, 127.5], abs=0.5)
        # Axes of the ellipse with the disc's second moments.
        assert 2 * np.sqrt(np.linalg.eigvalsh(np.cov(places.T))) == pytest.approx([radius_px] * 2, rel=0.02)


def test_north_is_up_and_west_is_left(tmp_path: Path) -> None:
    height = np.full((150, 360), 100.0)
    height[: int(150 * (NORTH - 40) / (2 * NORTH))] = 2000  # north of 40 degrees
    terrain = np.full((3, 150, 360), 200, np.uint8)
    terrain[0, :, :180] = 50  # west of Greenwich
    t = write_raster(tmp_path / "t.tif", terrain, WHOLE)
    h = write_raster(tmp_path / "h.tif", height[None], WHOLE)
    with RasterPair(t, h).open() as rasters:
        patch = read_patch(rasters, 40, 0, 256)
    assert patch is not None
    assert patch.height[0].mean() > 1900
    assert patch.height[-1].mean() < 200
    assert patch.terrain[:, 0, 0].mean() < 60
    assert patch.terrain[:, -1, 0].mean() > 190


def test_rasters_on_different_grids_are_read_as_one(tmp_path: Path) -> None:
    terrain, height = make_planet(width=720)
    t, _ = write_planet(tmp_path, terrain, height)
    coarse = write_raster(tmp_path / "coarse.tif", height[None, :, 180:540], (-90, -NORTH, 90, NORTH))
    with RasterPair(t, coarse).open() as rasters:
        assert rasters.bounds == pytest.approx((-90, -NORTH, 90, NORTH), abs=0.1)
        assert read_patch(rasters, 10, 0, 128) is not None
        assert read_patch(rasters, 10, 100, 128) is None


def test_a_patch_that_touches_nodata_is_turned_down(tmp_path: Path) -> None:
    height = np.full((300, 720), 500.0)
    height[100:140, 300:340] = np.nan
    terrain = np.full((300, 720, 3), GREEN, np.uint8)
    with RasterPair(*write_planet(tmp_path, terrain, height)).open() as rasters:
        north, south = (NORTH - row * 2 * NORTH / 300 for row in (100, 140))
        west, east = (-180 + column / 2 for column in (300, 340))
        middle = ((north + south) / 2, (west + east) / 2)
        for lat, lon in (middle, (north, west), (south - 1.0, middle[1])):
            patch = read_patch(rasters, lat, lon, 128)
            assert patch is not None
            assert not patch.valid.all()
            assert clean_patch(patch, Overview(SEA_RGB, np.zeros((1, 1), np.uint8)), ClassRules()) is None
        clear = read_patch(rasters, south - 2.5, middle[1], 128)
        assert clear is not None
        assert clear.valid.all()
        assert clear.height.min() > 400


def test_a_mask_of_the_terrain_counts_as_nodata(tmp_path: Path) -> None:
    import rasterio

    terrain = np.full((300, 720, 3), GREEN, np.uint8)
    t, h = write_planet(tmp_path, terrain, np.full((300, 720), 500.0))
    mask = np.ones((300, 720), bool)
    mask[:, :360] = False
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(t, "r+") as f:
        f.write_mask(mask)
    with RasterPair(t, h).open() as rasters:
        for lon, whole in ((-10, False), (0.5, False), (10, True)):
            patch = read_patch(rasters, 0, lon, 128)
            assert patch is not None
            assert patch.valid.all() == whole


def test_patches_off_the_map_are_turned_down(planet: tuple[Path, Path]) -> None:
    with RasterPair(*planet).open() as rasters:
        assert read_patch(rasters, NORTH - 0.5, 0, 128) is None
        assert read_patch(rasters, NORTH - 2, 0, 128) is not None


ALPS = "+proj=lcc +lat_1=40 +lat_2=50 +lat_0=45 +lon_0=10 +datum=WGS84 +units=m"


def field(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth field of the place, 500 to 2500."""
    values: NDArray[np.float64] = 1500 + 600 * np.sin(lat * 2) + 400 * np.cos(lon * 3)
    return values


def write_field(
    path: Path,
    bands: int,
    crs: str,
    bounds: tuple[float, ...],
    shape: tuple[int, int],
    values_at: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]] = field,
) -> Path:
    """A raster of a field of the place, as metres or as RGB a tenth of it; bounds may be upside down."""
    from rasterio.warp import transform

    west, south, east, north = bounds
    x = west + (np.arange(shape[1]) + 0.5) * (east - west) / shape[1]
    y = north - (np.arange(shape[0]) + 0.5) * (north - south) / shape[0]
    xs, ys = (a.ravel() for a in np.meshgrid(x, y))
    lon, lat = map(np.array, transform(crs, "EPSG:4326", xs, ys))
    values = values_at(lat, lon).reshape(shape)
    pixels = values[None].astype(np.float32) if bands == 1 else np.stack([values / 10] * 3).astype(np.uint8)
    return write_raster(path, pixels, bounds, crs=crs)


@pytest.mark.parametrize(
    ("t_map", "h_map"),
    [
        (("EPSG:4326", (0, 38, 20, 52), (700, 1000)), (ALPS, (-8e5, -8e5, 8e5, 8e5), (400, 500))),
        ((ALPS, (-8e5, -8e5, 8e5, 8e5), (900, 900)), ("EPSG:3857", (0, 4.6e6, 2.2e6, 6.8e6), (800, 600))),
        (("EPSG:32632", (0, 4.3e6, 1e6, 5.7e6), (700, 500)), ("EPSG:4326", (0, 52, 20, 38), (700, 1000))),
        (("EPSG:3035", (37e5, 19e5, 49e5, 32e5), (600, 600)), ("EPSG:4267", (0, 38, 20, 52), (700, 1000))),
    ],
)
def test_two_projections_resolutions_and_extents_show_the_same_ground(
    tmp_path: Path, t_map: tuple[Any, ...], h_map: tuple[Any, ...]
) -> None:
    t, h = write_field(tmp_path / "t.tif", 3, *t_map), write_field(tmp_path / "h.tif", 1, *h_map)
    with RasterPair(t, h).open() as rasters:
        patch = read_patch(rasters, 45, 9, 200)
        assert read_patch(rasters, 45, 9, 1024) is None
    assert patch is not None
    assert patch.valid.all()
    lats, lons = patch_grid(45, 9, 200, 201)  # at the pixels' corners
    centre = (slice(1, None), slice(1, None))
    truth = (field(lats, lons)[:-1, :-1] + field(lats, lons)[centre]) / 2
    assert np.ptp(truth) > 800
    # A pixel or two between the sphere of `patch_grid` and the ellipsoid, and the step of a tenth.
    assert np.abs(patch.height - truth).mean() < 12
    assert np.abs(patch.terrain.mean(-1) * 10 + 5 - patch.height).mean() < 6


def test_a_map_with_a_colour_table(tmp_path: Path) -> None:
    import rasterio

    indices = np.zeros((1, 300, 720), np.uint8)
    indices[:, :, 360:] = 3
    t = write_raster(tmp_path / "t.tif", indices, WHOLE, photometric="PALETTE", nodata=7)
    with rasterio.open(t, "r+") as f:
        f.write_colormap(1, {0: (10, 20, 30), 3: GREEN, 7: (0, 0, 0)})
    h = write_raster(tmp_path / "h.tif", np.full((1, 300, 720), 100, np.int16), WHOLE)
    with RasterPair(t, h).open() as rasters:
        patch = read_patch(rasters, 0, 0, 128)
    assert patch is not None
    assert patch.valid.all()
    assert (patch.terrain[:, :20] == (10, 20, 30)).all()
    assert (patch.terrain[:, -20:] == GREEN).all()


def test_names_that_are_no_plain_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another folder, and within an archive; both need views of their own to be found by GDAL."""
    t, h = write_planet(tmp_path, np.full((90, 180, 3), GREEN, np.uint8), np.full((90, 180), 500.0))
    with zipfile.ZipFile(tmp_path / "h.zip", "w") as z:
        z.write(h, "inside/h.tif")
    monkeypatch.chdir(tmp_path)
    with RasterPair(Path(t.name), Path("/vsizip/h.zip/inside/h.tif")).open() as rasters:
        for lon in (0, 180):
            patch = read_patch(rasters, 0, lon, 128)
            assert patch is not None
            assert patch.height == pytest.approx(500)


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (3, 600, 720), np.uint8)
    t = write_raster(tmp_path / "t.tif", noise, WHOLE, compress="deflate")
    h = write_raster(tmp_path / "h.tif", np.full((1, 300, 720), 100, np.int16), WHOLE)
    whole = t.read_bytes()
    t.write_bytes(whole[: len(whole) // 2] + b"\xff" * (len(whole) // 4) + whole[-(len(whole) // 4) :])
    with RasterPair(t, h).open() as rasters:
        with pytest.raises(TerrainError, match=r"can't be read throughout: .*damaged") as e:
            make_overview(rasters)
        assert "\n" not in str(e.value)


def test_the_overview_knows_the_sea_and_the_land(planet: tuple[Path, Path]) -> None:
    with RasterPair(*planet).open() as rasters:
        overview = make_overview(rasters)
        assert overview.sea_rgb == SEA_RGB
        for lat, lon in ((10.0, 20.0), (-40.0, 77.0), (33.0, -120.0)):
            patch = read_patch(rasters, lat, lon, 128)
            assert patch is not None
            land, whole = overview.coverage(lat, lon, 128)
            assert whole
            assert land == pytest.approx((patch.height > 0).mean(), abs=0.08)
        assert not overview.coverage(NORTH, 0, 128)[1]


def test_wrong_rasters_are_named(tmp_path: Path) -> None:
    rgb = np.full((3, 20, 20), 160, np.uint8)
    metres = np.full((1, 20, 20), 100, np.int16)
    t = write_raster(tmp_path / "t.tif", rgb, (0, 0, 10, 10))
    h = write_raster(tmp_path / "h.tif", metres, (0, 0, 10, 10))
    far = write_raster(tmp_path / "far.tif", metres, (40, 0, 50, 10), nodata=NODATA)
    bare = write_raster(tmp_path / "bare.tif", rgb, (0, 0, 10, 10), crs="")
    shelf = tmp_path / "shelf.gpkg"
    for table in ("a", "b"):
        write_raster(shelf, rgb, (0, 0, 10, 10), driver="GPKG", raster_table=table, append_subdataset=table == "b")
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    cases = [
        (tmp_path / "none.tif", h, "no such file.*none.tif"),
        (text, h, "text.tif is not a raster"),
        (h, h, "h.tif has 1 bands of int16.*RGB"),
        (t, t, "t.tif has 3 bands.*must have one"),
        (bare, h, "bare.tif has no coordinate reference system; .*rio edit-info --crs"),
        (shelf, h, "shelf.gpkg holds 2 rasters; name one, such as GPKG:.*:a"),
        (t, far, "don't overlap"),
    ]
    for terrain, height, message in cases:
        with pytest.raises(TerrainError, match=message), RasterPair(terrain, height).open():
            pass
    with RasterPair(t, h).open() as rasters, pytest.raises(TerrainError, match="sea must be 0"):
        make_overview(rasters)
