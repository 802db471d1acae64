import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain.errors import ParameterError
from spade_terrain.export import ExportOptions, check_formats, save
from spade_terrain.terrain import Georeference, Hydrology, Lake, Reach, Terrain
from tests.export.conftest import MakeTerrain

UTM = Georeference("EPSG:32633", (500.0, 0.0, 400_000.0, 0.0, -500.0, 5_000_000.0))
DEGREES = Georeference("EPSG:4326", (0.01, 0.0, 15.0, 0.0, -0.01, 47.0), (75_000.0, 111_000.0))


def _reach(
    points: list[list[float]], heights: list[float], into: int | None, order: int, name: str | None = None
) -> Reach:
    river = 1 + order
    return Reach(np.array(points), np.array(heights, np.float32), river, into, order, 12.5, 3.25, 9.0, name)


@pytest.fixture
def carved(make_terrain: MakeTerrain) -> Terrain:
    reaches = [
        _reach([[20.5, 8.5], [22.123456, 10.5]], [900, 800], 2, 1),
        _reach([[24.5, 8.5], [22.123456, 10.5]], [950, 800], 2, 1),
        _reach([[22.123456, 10.5], [22.5, 23.5]], [800, 0.25], None, 2, "Ister"),
    ]
    mask = np.zeros((24, 40), np.uint8)
    mask[10:, 22] = 200
    upstream = np.full((24, 40), 0.25, np.float32)
    upstream[20, 22] = 1024.0
    lakes = [Lake(500.0, 16.0, (9, 13), (8, 12), 30.0, 12.0), Lake(300.0, 4.0, None, (12, 20), 2.0, 1.0)]
    basins, depths = np.ones((24, 40), np.int32), np.zeros((24, 40), np.float32)
    return replace(make_terrain(gsd=500.0), hydrology=Hydrology(4, reaches, lakes, mask, upstream, basins, depths))


def _features(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    collection = json.loads((folder / "rivers.geojson").read_text())
    assert collection["type"] == "FeatureCollection"
    return collection, collection["features"]


def test_lines_in_pixels(carved: Terrain, tmp_path: Path) -> None:
    paths = save(carved, tmp_path, ["rivers"], ExportOptions(relief=2))
    assert [path.name for path in paths] == ["terrain.json", "rivers.geojson", "rivers.png", "flow.png"]
    collection, features = _features(tmp_path)
    assert collection["crs"]["properties"]["name"].startswith('LOCAL_CS["pixels"')
    assert [feature["properties"]["into"] for feature in features] == [2, 2, None]
    for feature in features:
        assert feature["geometry"]["type"] == "LineString"
        if (into := feature["properties"]["into"]) is not None:
            assert feature["geometry"]["coordinates"][-1] == features[into]["geometry"]["coordinates"][0]
    assert features[2]["geometry"]["coordinates"] == [[22.12, 10.5, 1600.0], [22.5, 23.5, 0.5]]
    assert features[0]["properties"]["name"] is None
    assert features[2]["properties"] == {
        "reach": 2, "river": 3, "into": None, "strahler": 2, "length_km": pytest.approx(6.503, abs=1e-3),
        "area_km2": 12.5, "discharge_m3_s": 3.25, "width_m": 9.0, "name": "Ister",
    }  # fmt: skip


def test_lines_in_the_coordinate_system(carved: Terrain, tmp_path: Path) -> None:
    save(replace(carved, georeference=UTM), tmp_path, ["rivers"])
    collection, features = _features(tmp_path)
    assert collection["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32633"
    np.testing.assert_allclose(features[0]["geometry"]["coordinates"][0], [410_250, 4_995_750, 900])
    save(replace(carved, georeference=DEGREES), tmp_path, ["rivers"])
    collection, features = _features(tmp_path)
    assert collection["crs"]["properties"]["name"] == "urn:ogc:def:crs:OGC:1.3:CRS84"
    np.testing.assert_allclose(features[0]["geometry"]["coordinates"][0], [15.205, 46.915, 900])


def test_an_independent_reader_draws_the_lines_where_the_picture_has_them(carved: Terrain, tmp_path: Path) -> None:
    features = pytest.importorskip("rasterio.features")
    transform = pytest.importorskip("rasterio").Affine(*UTM.transform)
    save(replace(carved, georeference=UTM), tmp_path, ["rivers"])
    _, lines = _features(tmp_path)
    drawn = features.rasterize([lines[2]["geometry"]], (24, 40), transform=transform)
    np.testing.assert_array_equal(drawn == 1, np.asarray(Image.open(tmp_path / "rivers.png")) == 200)


def test_pictures(carved: Terrain, tmp_path: Path) -> None:
    save(carved, tmp_path, ["rivers"])
    hydrology = carved.hydrology
    assert hydrology is not None
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "rivers.png")), hydrology.mask)
    flow = np.asarray(Image.open(tmp_path / "flow.png")).astype(int)
    assert flow[0, 0] == 0
    assert flow[20, 22] == 12 * 2048  # 2^12 pixels
    said = json.loads((tmp_path / "terrain.json").read_text())["files"]["flow.png"]
    assert said["area_km2"] == "0.25 * 2^(value / 2048)"


def test_the_sidecar_lists_lakes(carved: Terrain, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(carved, tmp_path, ["height"], ExportOptions(relief=2))
    said = json.loads((tmp_path / "terrain.json").read_text())
    assert said["detail"] == 4
    assert said["lakes"] == [
        {
            "level_m": 1000.0,
            "area_km2": 16.0,
            "depth_m": {"max": 60.0, "mean": 24.0},
            "place_px": {"row": 8, "column": 12},
            "outlet_px": {"row": 9, "column": 13},
        },
        {
            "level_m": 600.0,
            "area_km2": 4.0,
            "depth_m": {"max": 4.0, "mean": 2.0},
            "place_px": {"row": 12, "column": 20},
            "outlet_px": None,
        },
    ]
    save(make_terrain(), tmp_path, ["height"])
    assert "lakes" not in json.loads((tmp_path / "terrain.json").read_text())


def test_carved_land_is_shown_as_tall_as_the_map_that_it_is_of(carved: Terrain, tmp_path: Path) -> None:
    save(carved, tmp_path, ["height"])
    assert json.loads((tmp_path / "terrain.json").read_text())["vertical_scale"] == 5
    save(replace(carved, hydrology=None), tmp_path, ["height"])
    assert json.loads((tmp_path / "terrain.json").read_text())["vertical_scale"] < 5


def test_terrain_that_was_not_carved_has_none(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="`formats` rivers: only terrain that is made with `detail` has it"):
        save(make_terrain(), tmp_path, ["rivers"])
    with pytest.raises(ParameterError, match="`formats` rivers"):
        check_formats(["rivers"], 64, 64)
    assert check_formats(["rivers"], 64, 64, detail=4) == ["rivers"]
    assert not list(tmp_path.iterdir())
