import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

from spade_terrain.errors import MapError, ParameterError
from spade_terrain.export import ExportOptions, check_formats, save
from spade_terrain.export.rows import STRIPE_PIXELS
from spade_terrain.export.water.wetness import Wetness
from spade_terrain.terrain import Georeference, Hydrology, Lake, Terrain
from tests.export.conftest import MakeTerrain


@pytest.fixture
def carved(make_terrain: MakeTerrain) -> Terrain:
    """A ramp that falls 100 m a pixel of 500 m to the west, sea in the first column."""
    terrain = make_terrain(gsd=500.0)
    height = np.broadcast_to(100 * np.arange(40, dtype=np.float32), (24, 40)).copy()
    upstream = np.full((24, 40), 0.25, np.float32)
    upstream[5, 7] = 64.0
    basins = np.repeat(np.arange(1, 25, dtype=np.int32)[:, None], 40, 1)
    basins[:, 0] = 0
    basins[3, 3] = 70_000
    labels = np.where(height > 0, 2, 0).astype(np.uint8)
    labels[10, 10:13] = 0  # a lake
    height[10, 10:13] = 1000
    depths = np.zeros((24, 40), np.float32)
    depths[10, 10:13] = 20, 45, 30
    lake = Lake(1000.0, 0.75, None, (10, 10), 45.0, 95 / 3)
    water = Hydrology(4, [], [lake], np.zeros((24, 40), np.uint8), upstream, basins, depths)
    return replace(terrain, height=height, labels=labels, hydrology=water)


def test_wetness_is_the_logarithm_of_area_by_slope(carved: Terrain, tmp_path: Path) -> None:
    save(carved, tmp_path, ["wetness"])
    said = json.loads((tmp_path / "terrain.json").read_text())["files"]["wetness.png"]
    assert said["wetness"] == "value / 2048"
    index = np.asarray(Image.open(tmp_path / "wetness.png")).astype(float) / 2048
    assert index[8, 8] == pytest.approx(np.log(500 / 0.2), abs=1e-3)
    assert index[5, 7] == pytest.approx(np.log(64e6 / 500 / 0.2), abs=1e-3)
    assert (index[10, 10:13] == 0).all()
    assert (index[:, 0] == 0).all()


def test_flat_ground_is_not_endlessly_wet(carved: Terrain) -> None:
    water = carved.hydrology
    assert water is not None
    flat = np.full((24, 40), 7, np.float32)
    index = Wetness(flat, water.upstream, carved.labels, (500.0, 500.0))[0:24]
    assert index[8, 8] == pytest.approx(np.log(500 / 0.001), rel=1e-5)


def test_some_rows_of_wetness_are_those_of_the_whole(carved: Terrain) -> None:
    water = carved.hydrology
    assert water is not None
    rough = np.random.default_rng(1).uniform(1, 900, (24, 40)).astype(np.float32)
    wetness = Wetness(rough, water.upstream, carved.labels, (500.0, 400.0))
    assert rough.size < STRIPE_PIXELS
    for first, last in ((0, 5), (5, 6), (20, 24)):
        np.testing.assert_array_equal(wetness[first:last], wetness[0:24][first:last])


def test_basins_are_read_from_their_colours(carved: Terrain, tmp_path: Path) -> None:
    save(carved, tmp_path, ["basins"])
    said = json.loads((tmp_path / "terrain.json").read_text())["files"]["basins.png"]["basin"]
    factor, modulus = (int(word.rstrip(";")) for word in said.split("* ")[1].split("; ")[0].split(" mod "))
    red, green, blue = np.moveaxis(np.asarray(Image.open(tmp_path / "basins.png")).astype(np.int64), -1, 0)
    water = carved.hydrology
    assert water is not None
    np.testing.assert_array_equal((65536 * red + 256 * green + blue) * factor % modulus, water.basins)
    colours = np.unique(np.stack([red, green, blue], -1).reshape(-1, 3), axis=0)
    assert len(colours) == len(np.unique(water.basins))
    neighbours = np.abs(np.diff(np.stack([red, green, blue], -1)[:, 20], axis=0)).max(-1)
    assert neighbours.min() > 60


def test_a_bed_is_the_height_map_with_ground_beneath_lakes(carved: Terrain, tmp_path: Path) -> None:
    save(carved, tmp_path, ["height", "bed"], ExportOptions(relief=2.0))
    said = json.loads((tmp_path / "terrain.json").read_text())
    heights, bed = (np.asarray(Image.open(tmp_path / name)) for name in ("height.png", "bed.png"))
    files, (lake,) = said["files"], said["lakes"]
    unit = files["bed.png"]["metres_per_unit"]
    assert unit == files["height.png"]["metres_per_unit"]
    assert bed.dtype == np.uint16
    np.testing.assert_allclose((heights - bed.astype(float))[10, 10:13] * unit, (40, 90, 60), atol=unit)
    assert np.count_nonzero(heights != bed) == 3
    assert "level_m" in files["bed.png"]["water"]
    assert lake["level_m"] == 2000
    assert lake["depth_m"] == {"max": 90, "mean": pytest.approx(190 / 3)}


def test_geotiff_has_numbers_as_they_are_and_their_place(carved: Terrain, tmp_path: Path) -> None:
    place = Georeference("EPSG:32633", (500.0, 0.0, 500_000.0, 0.0, -500.0, 5_400_000.0))
    save(replace(carved, georeference=place), tmp_path, ["geotiff-water"])
    water = carved.hydrology
    assert water is not None
    wetness = Wetness(carved.height, water.upstream, carved.labels, (500.0, 500.0))[0:24]
    expected = {"bed": carved.height - water.depths, "flow": water.upstream, "wetness": wetness, "basins": water.basins}
    for name, values in expected.items():
        with rasterio.open(tmp_path / f"{name}.tif") as raster:
            np.testing.assert_array_equal(raster.read(1), values)
            assert raster.crs.to_epsg() == 32633
            assert tuple(raster.transform)[:6] == place.transform
    units = [rasterio.open(tmp_path / f"{name}.tif").units[0] for name in ("bed", "flow")]
    assert units == ["metre", "square kilometre"]
    said = json.loads((tmp_path / "terrain.json").read_text())["files"]
    assert sorted(said) == ["basins.tif", "bed.tif", "flow.tif", "terrain.json", "wetness.tif"]


def test_geotiff_of_a_place_that_nobody_knows_is_refused(carved: Terrain) -> None:
    place = Georeference("EPSG:1", (500.0, 0.0, 0.0, 0.0, -500.0, 0.0))
    with pytest.raises(MapError, match="leave GeoTIFF and Zarr out of `formats`"):
        check_formats(["geotiff-water"], 24, 40, place=place, detail=4)


@pytest.mark.parametrize("name", ["bed", "wetness", "basins", "geotiff-water"])
def test_terrain_that_was_not_carved_has_none(name: str) -> None:
    with pytest.raises(ParameterError, match=f"`formats` {name}: only terrain that is made with `detail` has it"):
        check_formats([name], 64, 64)
