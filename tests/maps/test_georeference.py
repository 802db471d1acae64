import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.control import GroundControlPoint
from rasterio.transform import Affine
from rasterio.warp import transform as warp_points

from spade_terrain import MapError, Model, TerrainError, generate
from spade_terrain.export.rasters.geotiff import LOCAL_CRS
from spade_terrain.generation import job, tiling
from spade_terrain.maps import limits
from spade_terrain.maps.georeference import read_georeference
from spade_terrain.maps.read import open_map
from spade_terrain.palette import Labels, labels_to_image
from spade_terrain.terrain import Georeference

NORTH_UP = Affine(2000, 0, 400_000, 0, -1500, 5_600_000)
TURNED = Affine(1800, 300, 400_000, 250, -1900, 5_600_000)
OWN_CRS = "+proj=laea +lat_0=12 +lon_0=34 +datum=WGS84 +units=m"


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(0).integers(0, 7, (10, 11), np.uint8).repeat(9, 0).repeat(9, 1)


def _write(path: Path, labels: Labels, transform: Affine, crs: str, painted: bool = False, **more: Any) -> Path:
    bands = np.moveaxis(labels_to_image(labels), -1, 0) if painted else labels[None]
    layout = {"driver": "GTiff", "dtype": "uint8", "count": len(bands), "crs": crs, "transform": transform} | more
    with rasterio.open(path, "w", height=labels.shape[0], width=labels.shape[1], **layout) as raster:
        raster.write(bands)
        if more.get("AREA_OR_POINT"):
            raster.update_tags(AREA_OR_POINT=more["AREA_OR_POINT"])
    return path


@pytest.mark.parametrize("painted", [True, False])
@pytest.mark.parametrize("transform", [NORTH_UP, TURNED])
@pytest.mark.parametrize(("crs", "layout"), [("EPSG:32633", {}), ("EPSG:4326", {"tiled": True, "compress": "deflate"})])
def test_reads_pixels_and_place(
    labels: Labels, tmp_path: Path, painted: bool, transform: Affine, crs: str, layout: dict[str, Any]
) -> None:
    if crs == "EPSG:4326":
        transform = transform @ Affine.scale(1e-5)
        layout |= {"blockxsize": 32, "blockysize": 48}
    path = _write(
        tmp_path / "map.tif", labels, transform, crs, painted, photometric="RGB" if painted else "MINISBLACK", **layout
    )
    rows = open_map(path)
    np.testing.assert_array_equal(rows.in_memory(), labels)
    place = rows.georeference
    assert place is not None
    assert place.crs == crs
    assert place.transform == pytest.approx(tuple(transform)[:6])


def test_pixels_that_are_points(labels: Labels, tmp_path: Path) -> None:
    """GDAL gives the corner of a pixel, the file its middle."""
    path = _write(tmp_path / "map.tif", labels, NORTH_UP, "EPSG:32633", AREA_OR_POINT="Point")
    with Image.open(path) as image:
        assert image.tag_v2[33922][3] == 401_000  # type: ignore[attr-defined]
    place = read_georeference(path)
    assert place is not None
    assert place.transform == pytest.approx(tuple(NORTH_UP)[:6])


def test_a_coordinate_system_without_a_code(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "map.tif", labels, NORTH_UP, OWN_CRS)
    place = read_georeference(path)
    assert place is not None
    assert rasterio.CRS.from_wkt(place.crs) == rasterio.CRS.from_string(OWN_CRS)
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(TerrainError, match=r"takes rasterio.*, which is not installed; pip install 'spade-"):
        open_map(path)


def test_pictures_that_lie_nowhere(labels: Labels, tmp_path: Path) -> None:
    for name in ("map.tif", "map.png"):
        Image.fromarray(labels).save(tmp_path / name)
        assert open_map(tmp_path / name).georeference is None
    assert open_map(labels).georeference is None


def test_an_enlarged_map_lies_where_it_did(labels: Labels, tmp_path: Path) -> None:
    path = _write(tmp_path / "map.tif", labels, TURNED, "EPSG:32633")
    rows = open_map(path, scale=3)
    assert rows.shape == (270, 297)
    place = rows.georeference
    assert place is not None
    assert Affine(*place.transform) @ (297, 270) == pytest.approx(TURNED @ (99, 90))
    assert place.transform[:2] == pytest.approx((600, 100))


def test_the_terrain_knows_its_place(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "map.tif", labels, NORTH_UP, "EPSG:32633")
    expected = Georeference("EPSG:32633", (2000, 0, 400_000, 0, -1500, 5_600_000))
    assert generate(path, model=tiny_model).georeference == expected
    with job.resumable_terrain(open_map(path), tmp_path / "out", tiny_model, 0) as terrain:
        assert terrain.georeference == expected
    monkeypatch.setattr(tiling, "BLOCK", 32)
    monkeypatch.setattr(tiling, "WHOLE", 64 * 64)
    with job.resumable_terrain(open_map(path), tmp_path / "out", tiny_model, 0) as terrain:
        assert terrain.georeference == expected


@pytest.mark.parametrize(
    ("name", "transform", "turned"),
    [
        ("south up", Affine(2000, 0, 400_000, 0, 1500, 5_465_000), lambda a: a[::-1]),
        ("east on the left", Affine(-2000, 0, 598_000, 0, -1500, 5_600_000), lambda a: a[:, ::-1]),
        ("upside down", Affine(-2000, 0, 598_000, 0, 1500, 5_465_000), lambda a: a[::-1, ::-1]),
        ("rows are columns", Affine(0, 2000, 400_000, -1500, 0, 5_600_000), lambda a: a.T),
        ("a quarter turn", Affine(0, 2000, 400_000, 1500, 0, 5_465_000), lambda a: np.rot90(a, -1)),
        ("another", Affine(0, -2000, 598_000, -1500, 0, 5_600_000), np.rot90),
    ],
)
def test_north_comes_out_on_top(
    name: str, transform: Affine, turned: Callable[[Labels], Labels], labels: Labels, tmp_path: Path
) -> None:
    rows = open_map(_write(tmp_path / f"{name}.tif", turned(labels), transform, "EPSG:32633"))
    np.testing.assert_array_equal(rows.in_memory(), labels)
    assert rows.georeference is not None
    assert rows.georeference.transform == pytest.approx(tuple(NORTH_UP)[:6])


def test_a_slightly_turned_map_keeps_its_turn(labels: Labels, tmp_path: Path) -> None:
    flipped = TURNED @ Affine.translation(0, 90) @ Affine.scale(1, -1)
    rows = open_map(_write(tmp_path / "map.tif", labels[::-1], flipped, "EPSG:32633"))
    np.testing.assert_array_equal(rows.in_memory(), labels)
    assert rows.georeference is not None
    assert rows.georeference.transform == pytest.approx(tuple(TURNED)[:6])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", ["uint8", "float64"])  # as Pillow reads it, and rasterio
def test_orientation_and_place_agree(orientation: int, dtype: str, labels: Labels, tmp_path: Path) -> None:
    """The georeference is that of the pixels in the file, whatever the tag says of how to show them."""
    path = _write(tmp_path / "map.tif", labels.astype(dtype), NORTH_UP, "EPSG:32633", dtype=dtype)
    data = path.read_bytes()
    compression = b"\x03\x01\x03\0\x01\0\0\0\x01\0\0\0"
    assert data.count(compression) == 1  # "none", which is as if left out: the tag takes its place
    path.write_bytes(data.replace(compression, struct.pack("<HHIHH", 274, 3, 1, orientation, 0)))
    rows = open_map(path)
    np.testing.assert_array_equal(rows.in_memory(), labels)
    assert rows.georeference is not None
    assert rows.georeference.transform == pytest.approx(tuple(NORTH_UP)[:6])


def test_a_plane_of_its_own(labels: Labels, tmp_path: Path) -> None:
    """A coordinate system that is neither of degrees nor a projection, such as our own files have."""
    rows = open_map(_write(tmp_path / "map.tif", labels, NORTH_UP, LOCAL_CRS))
    assert rows.georeference is not None
    assert rows.georeference.pixel == (2000, 1500)
    assert "spade-terrain" in rows.georeference.crs


def _unplaced(path: Path, labels: Labels, how: str) -> Path:
    """A map that lies somewhere, in a way that is not read."""
    if how == "by control points":
        points = [GroundControlPoint(row, column, column * 30, row * 30) for row in (0, 90) for column in (0, 99)]
        layout = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": 90, "width": 99, "crs": "EPSG:32633"}
        with rasterio.open(path.with_suffix(".tif"), "w", gcps=points, **layout) as raster:
            raster.write(labels[None])
        return path.with_suffix(".tif")
    if how == "in no coordinate system":
        return _write(path.with_suffix(".tif"), labels, NORTH_UP, "")
    Image.fromarray(labels).save(path)
    path.with_name(how.split()[1]).write_text("30\n0\n0\n-30\n0\n0\n")
    return path


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("how", ["by control points", "in no coordinate system", "by map.pgw", "by map.wld"])
def test_places_that_are_not_used_are_told(
    how: str,
    large: bool,
    labels: Labels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = _unplaced(tmp_path / "map.png", labels, how)
    if large and path.suffix == ".png":
        monkeypatch.setattr(limits, "MAX_DECODED", 5000)
    rows = open_map(path)
    assert (rows.georeference, rows.gsd) == (None, None)
    np.testing.assert_array_equal(rows.in_memory(), labels)
    (record,) = caplog.records
    assert record.getMessage() == (
        f"{path}: its place, given {how}, is not used, nor the size of its pixels; give that with `gsd`, or save "
        "the map as GeoTIFF with a coordinate system"
    )


@pytest.mark.parametrize(
    ("crs", "step", "corner", "metres"),
    [
        ("EPSG:32633", 30.0, (400_000, 5_600_000), (30.0, 30.0)),
        ("EPSG:2263", 1000.0, (900_000, 200_000), (304.8, 304.8)),  # US survey feet
        ("EPSG:4326", 0.01, (10, 60.45), (557.8, 1114.1)),  # the middle lies at 60 degrees
        ("EPSG:4326", 1.0, (-50, 45.0), (111_319, 110_574)),  # and here on the equator
        ("EPSG:3857", 2000.0, (0, 8_489_738), (1000.0, 1000.0)),  # at 60 degrees again
    ],
)
def test_metres_of_a_pixel(
    crs: str, step: float, corner: tuple[float, float], metres: tuple[float, float], labels: Labels, tmp_path: Path
) -> None:
    transform = Affine(step, 0, corner[0], 0, -step, corner[1])
    rows = open_map(_write(tmp_path / "map.tif", labels, transform, crs))
    assert rows.georeference is not None
    assert rows.georeference.pixel == pytest.approx(metres, rel=1e-3)
    assert rows.gsd == pytest.approx((metres[0] * metres[1]) ** 0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("code", "unit", "step", "metres"),
    [
        (32633, None, 30.0, 30.0),
        (32633, 0, 30.0, 30.0),
        (2263, None, 1000.0, 304.8),  # the code alone says that it is in feet
        (2263, 9003, 1000.0, 304.8),
        (32633, 9036, 0.25, 250.0),  # not what the code says
    ],
)
def test_the_unit_is_the_files_own_else_its_coordinate_systems(
    code: int, unit: int | None, step: float, metres: float, labels: Labels, tmp_path: Path
) -> None:
    numbers = [(1024, 1), (1025, 1), (3072, code), *([(3076, unit)] if unit is not None else [])]
    keys = (1, 1, 0, len(numbers), *(v for number, value in numbers for v in (number, 0, 1, value)))
    tags = {33550: (step, step, 0.0), 33922: (0.0, 0.0, 0.0, 400.0, 5200.0, 0.0), 34735: keys}
    Image.fromarray(labels).save(tmp_path / "map.tif", tiffinfo=tags)
    place = open_map(tmp_path / "map.tif").georeference
    assert place is not None
    assert place.pixel == pytest.approx((metres, metres), rel=1e-3)
    with rasterio.open(tmp_path / "map.tif") as raster:
        assert rasterio.CRS.from_user_input(place.crs).units_factor == raster.crs.units_factor
        assert place.transform == pytest.approx(tuple(raster.transform)[:6])


def test_a_code_of_others_is_known_by_epsgs(labels: Labels, tmp_path: Path) -> None:
    transform = Affine(2000, 0, 0, 0, -2000, 8_489_738)
    place = open_map(_write(tmp_path / "map.tif", labels, transform, "ESRI:102100")).georeference
    assert place is not None
    assert place.crs == "EPSG:3857"
    assert place.pixel == pytest.approx((1000, 1000), rel=1e-3)


@pytest.mark.parametrize(
    ("crs", "step", "corner"),
    [
        ("EPSG:2053", (-500, 500), (32_000, 2_900_000)),  # x grows westwards, y southwards
        ("EPSG:22291", (-500, 500), (32_000, 2_900_000)),
        ("EPSG:5514", (500, -500), (-700_000, -1_000_000)),
    ],
)
def test_north_is_on_top_where_coordinates_grow_southwards(
    crs: str, step: tuple[float, float], corner: tuple[float, float], labels: Labels, tmp_path: Path
) -> None:
    transform = Affine(step[0], 0, corner[0], 0, step[1], corner[1])
    lon, lat = warp_points(crs, "EPSG:4326", *(transform @ np.array([(0, 99, 0), (0, 0, 90)])))
    assert lon[1] > lon[0]
    assert lat[2] < lat[0]
    for stored, there in (
        (labels, transform),
        (labels[::-1, ::-1], transform @ Affine.translation(99, 90) @ Affine.scale(-1, -1)),
    ):
        rows = open_map(_write(tmp_path / "map.tif", stored, there, crs))
        np.testing.assert_array_equal(rows.in_memory(), labels)
        assert rows.georeference is not None
        assert rows.georeference.transform == pytest.approx(tuple(transform)[:6])


def test_a_sheared_pixel_is_as_large_as_it_is() -> None:
    place = Georeference("EPSG:32633", (1000, 600, 0, 0, -1000, 0))
    assert place.gsd == pytest.approx(1000)
    assert place.pixel == pytest.approx((1000, 1360_000**0.5))


@pytest.mark.parametrize(
    ("tag", "value"),
    [(34264, "text"), (34264, "sixteen letters."), (33550, "2000"), (33922, "points"), (33550, (1e-300, 1e-300, 0.0))],
)
def test_tags_that_make_no_sense(tag: int, value: object, labels: Labels, tmp_path: Path) -> None:
    with Image.open(_write(tmp_path / "map.tif", labels, NORTH_UP, "EPSG:32633")) as image:
        tags = {number: image.tag_v2[number] for number in (33550, 33922, 34735)}  # type: ignore[attr-defined]
    path = tmp_path / "odd.tif"
    Image.fromarray(labels).save(path, tiffinfo=tags | {tag: value})
    with pytest.raises(
        MapError, match=r"does not say where it lies in a way that makes sense; save it without [^\n]*$"
    ):
        open_map(path)


@pytest.mark.filterwarnings("error")
def test_a_damaged_file_gives_a_map_or_an_error_of_ours(labels: Labels, tmp_path: Path) -> None:
    path = _write(tmp_path / "map.tif", labels, NORTH_UP, "EPSG:32633")
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(200):
        damaged = bytearray(whole)
        for place in rng.integers(0, 500, 2):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        with suppress(TerrainError):
            open_map(path)
