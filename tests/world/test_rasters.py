from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.world.making import prepare
from spade_terrain.world.overview import survey
from spade_terrain.world.rasters import open_rasters, read_patch
from tests.world.planet import NODATA, NORTH, SEA_RGB, make_planet, write_planet, write_raster

WHOLE = (-180.0, -NORTH, 180.0, NORTH)
GREEN = (160, 198, 160)


def stamped(
    lat: float, lon: float, radius_m: float, step: float = 0.02
) -> tuple[NDArray[np.float32], tuple[float, ...]]:
    """A height raster of 12 x 30 degrees around a place, 1000 m within the disc and 100 m outside it."""
    step = 0.02
    bounds = (lon - 15, lat - 6, lon + 15, lat + 6)
    lats = np.deg2rad(np.arange(bounds[3] - step / 2, bounds[1], -step))[:, None]
    lons = np.deg2rad(np.arange(bounds[0] + step / 2, bounds[2], step))[None]
    lat0, lon0 = np.deg2rad((lat, lon))
    a = np.sin((lats - lat0) / 2) ** 2 + np.cos(lats) * np.cos(lat0) * np.sin((lons - lon0) / 2) ** 2
    distance = 2 * 6_371_000 * np.arcsin(np.sqrt(a))
    return np.where(distance < radius_m, 1000, 100).astype(np.float32), bounds


@pytest.mark.parametrize("lat", [0, 35, 65, -50])
def test_a_disc_on_the_ground_has_its_size_at_every_latitude(tmp_path: Path, lat: float) -> None:
    radius_m = 150_000
    height, bounds = stamped(lat, 20, radius_m)
    terrain = np.full((3, *height.shape), 160, np.uint8)
    t = write_raster(tmp_path / "t.tif", terrain, bounds)
    h = write_raster(tmp_path / "h.tif", height[None], bounds)
    with open_rasters(t, h) as rasters:
        patch = read_patch(rasters, lat, 20, 256)
    assert patch is not None
    disc = patch.height > 550
    radius_px = radius_m / 2000
    assert np.sqrt(disc.sum() / np.pi) == pytest.approx(radius_px, rel=0.02)
    assert disc.any(0).sum() == pytest.approx(2 * radius_px, rel=0.02)
    assert disc.any(1).sum() == pytest.approx(2 * radius_px, rel=0.02)


def test_north_is_up_and_west_is_left(tmp_path: Path) -> None:
    height = np.full((150, 360), 100.0)
    height[: int(150 * (NORTH - 40) / (2 * NORTH))] = 2000  # north of 40 degrees
    terrain = np.full((3, 150, 360), 200, np.uint8)
    terrain[0, :, :180] = 50  # west of Greenwich
    t = write_raster(tmp_path / "t.tif", terrain, WHOLE)
    h = write_raster(tmp_path / "h.tif", height[None], WHOLE)
    with open_rasters(t, h) as rasters:
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
    with open_rasters(t, coarse) as rasters:
        assert rasters.bounds == pytest.approx((-90, -NORTH, 90, NORTH), abs=0.1)
        assert read_patch(rasters, 10, 0, 128) is not None
        assert read_patch(rasters, 10, 100, 128) is None


def test_a_patch_that_touches_nodata_is_turned_down(tmp_path: Path) -> None:
    height = np.full((300, 720), 500.0)
    height[100:140, 300:340] = np.nan
    terrain = np.full((300, 720, 3), GREEN, np.uint8)
    with open_rasters(*write_planet(tmp_path, terrain, height)) as rasters:
        north, south = (NORTH - row * 2 * NORTH / 300 for row in (100, 140))
        west, east = (-180 + column / 2 for column in (300, 340))
        middle = ((north + south) / 2, (west + east) / 2)
        for lat, lon in (middle, (north, west), (south - 1.0, middle[1])):
            patch = read_patch(rasters, lat, lon, 128)
            assert patch is not None
            assert not patch.valid.all()
            assert prepare(patch, SEA_RGB) is None
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
    with open_rasters(t, h) as rasters:
        for lon, whole in ((-10, False), (0.5, False), (10, True)):
            patch = read_patch(rasters, 0, lon, 128)
            assert patch is not None
            assert patch.valid.all() == whole


def test_patches_across_a_seam_or_off_the_map_are_turned_down(planet: tuple[Path, Path]) -> None:
    with open_rasters(*planet) as rasters:
        assert read_patch(rasters, 10, 179.9, 128) is None
        assert read_patch(rasters, NORTH - 0.5, 0, 128) is None
        assert read_patch(rasters, 10, 177, 128) is not None


def test_the_overview_knows_the_sea_and_the_land(planet: tuple[Path, Path]) -> None:
    with open_rasters(*planet) as rasters:
        overview = survey(rasters)
        assert overview.sea_rgb == SEA_RGB
        for lat, lon in ((10.0, 20.0), (-40.0, 77.0), (33.0, -120.0)):
            patch = read_patch(rasters, lat, lon, 128)
            assert patch is not None
            land, whole = overview.look(lat, lon, 128)
            assert whole
            assert land == pytest.approx((patch.height > 0).mean(), abs=0.08)
        assert not overview.look(NORTH, 0, 128)[1]


def test_wrong_rasters_are_named(tmp_path: Path) -> None:
    rgb = np.full((3, 20, 20), 160, np.uint8)
    metres = np.full((1, 20, 20), 100, np.int16)
    t = write_raster(tmp_path / "t.tif", rgb, (0, 0, 10, 10))
    h = write_raster(tmp_path / "h.tif", metres, (0, 0, 10, 10))
    far = write_raster(tmp_path / "far.tif", metres, (40, 0, 50, 10), nodata=NODATA)
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    cases = [
        (tmp_path / "none.tif", h, "no such file.*none.tif"),
        (text, h, "text.tif is not a raster"),
        (h, h, "h.tif has 1 bands of int16.*RGB"),
        (t, t, "t.tif has 3 bands.*must have one"),
        (t, far, "don't overlap"),
    ]
    for terrain, height, message in cases:
        with pytest.raises(TerrainError, match=message), open_rasters(terrain, height):
            pass
    with open_rasters(t, h) as rasters, pytest.raises(TerrainError, match="sea must be 0"):
        survey(rasters)
