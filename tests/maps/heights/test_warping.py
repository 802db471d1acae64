"""Heights and map both say where they lie: heights are taken from there, whatever their grid."""

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.warp import transform

from spade_terrain.errors import MapError
from spade_terrain.maps import limits
from spade_terrain.maps.heights.read import read_heights
from spade_terrain.terrain import Georeference

SHAPE = (64, 80)
MAP = Georeference("EPSG:32633", (2000, 0, 440_000, 0, -2000, 5_300_000))


def _at_map(place: Georeference = MAP, shape: tuple[int, int] = SHAPE) -> NDArray[np.float64]:
    """The ground at the middle of each pixel of the map."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    a, b, c, d, e, f = place.transform
    return _ground(place.crs, a * columns + b * rows + c, d * columns + e * rows + f)


def _ground(crs: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres of a smooth ground that is known at every place."""
    lon, lat = (np.reshape(v, x.shape) for v in transform(CRS.from_user_input(crs), "EPSG:4326", x.ravel(), y.ravel()))
    metres: NDArray[np.float64] = 1500 + 700 * np.sin(np.radians(100 * lon)) + 500 * np.cos(np.radians(150 * lat))
    return metres


def _raster(
    path: Path,
    crs: str,
    corner: tuple[float, float],
    pixel: float,
    shape: tuple[int, int],
    *,
    nodata: int | None = None,
) -> Path:
    """Heights of the ground in a GeoTIFF of this grid; of those with nodata, the western half only."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    values = _ground(crs, corner[0] + columns * pixel, corner[1] - rows * pixel).astype(np.float32)
    if nodata is not None:
        values[:, shape[1] // 2 :] = nodata
    grid = rasterio.Affine(pixel, 0, corner[0], 0, -pixel, corner[1])
    profile = {"driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", **profile, crs=crs, transform=grid, nodata=nodata) as raster:
        raster.write(values, 1)
    return path


@pytest.mark.parametrize("pixel", [0.004, 0.05, 0.2])
def test_heights_in_degrees_of_more_ground_than_the_map(
    pixel: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _raster(tmp_path / "dem.tif", "EPSG:4326", (12.5, 49.5), pixel, (int(4 / pixel), int(5 / pixel)))
    heights = read_heights(path, None, SHAPE, MAP)
    np.testing.assert_allclose(heights.grid, _at_map(), atol=2 + 150 * pixel)
    assert heights.pixel == (1, 1)
    assert not caplog.records


def test_the_map_may_be_turned_and_lie_across_the_antimeridian(tmp_path: Path) -> None:
    turned = Georeference("EPSG:32633", (1500, 800, 440_000, 800, -1500, 5_300_000))
    path = _raster(tmp_path / "dem.tif", "EPSG:3857", (1_300_000, 6_500_000), 3000, (300, 300))
    np.testing.assert_allclose(read_heights(path, None, SHAPE, turned).grid, _at_map(turned), atol=8)
    across = Georeference("EPSG:32601", (2000, 0, 100_000, 0, -2000, 1_000_000))  # zone 1 begins at 180 degrees
    path = _raster(tmp_path / "globe.tif", "EPSG:4326", (-180, 30), 0.05, (1200, 7200))
    assert np.ptp(_lon(across)) > 300
    np.testing.assert_allclose(
        read_heights(path, None, SHAPE, across).grid, _at_map(across), atol=30
    )  # half a pixel at its ends


@pytest.mark.parametrize("west", [-180, 0, -90])
@pytest.mark.parametrize(
    "place",
    [
        Georeference("EPSG:3460", (8000, 0, 1_700_000, 0, -8000, 4_400_000)),  # Fiji, on both sides of 180
        Georeference("EPSG:32618", (2000, 0, 400_000, 0, -2000, 4_700_000)),  # 75 W
        Georeference("EPSG:32631", (2000, 0, 180_000, 0, -2000, 5_300_000)),  # 0
        Georeference("EPSG:32610", (0, 2000, 400_000, 2000, 0, 4_500_000)),  # rows run east
        Georeference("EPSG:4326", (0.02, 0, 179.2, 0, -0.02, 10)),
        Georeference("EPSG:4326", (0.02, 0, 284, 0, -0.02, 40)),
        Georeference("EPSG:4326", (0.02, 0, -180.8, 0, -0.02, 10)),
        Georeference("EPSG:3995", (2000, 0, -80_000, 0, -2000, 1_760_000)),  # 75 N, across 180
    ],
)
def test_longitudes_count_from_anywhere(
    place: Georeference, west: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A globe's heights, of all longitudes, in a band of latitudes about the map."""
    pixel, lat = 0.1, _latitudes(place)
    top = min(90.0, np.ceil(lat.max() + 1))
    rows = int((top - max(-90.0, np.floor(lat.min() - 1))) / pixel)
    path = _raster(tmp_path / "globe.tif", "EPSG:4326", (west, top), pixel, (rows, round(360 / pixel)))
    heights = read_heights(path, None, SHAPE, place)
    assert not np.isnan(heights.grid).any()
    assert not caplog.records
    np.testing.assert_allclose(heights.grid, _at_map(place), atol=70)  # half a pixel at its ends
    assert np.median(np.abs(heights.grid - _at_map(place))) < 8


def _latitudes(place: Georeference) -> NDArray[np.float64]:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    a, b, c, d, e, f = place.transform
    x, y = a * columns + b * rows + c, d * columns + e * rows + f
    return np.array(transform(place.crs, "EPSG:4326", x.ravel(), y.ravel())[1])


def _lon(place: Georeference) -> NDArray[np.float64]:
    a, _, c, _, _, f = place.transform
    x = c + a * np.arange(SHAPE[1])
    lon, _ = transform(place.crs, "EPSG:4326", x, np.full(SHAPE[1], f))
    return np.array(lon)


def test_on_the_same_grid_they_are_as_they_are(tmp_path: Path) -> None:
    a, _, c, _, _, f = MAP.transform
    path = _raster(tmp_path / "dem.tif", MAP.crs, (c, f), a, SHAPE)
    with rasterio.open(path) as raster:
        np.testing.assert_array_equal(read_heights(path, None, SHAPE, MAP).grid, raster.read(1))


def test_what_they_do_not_cover_is_unknown_and_a_line_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    a, _, c, _, _, f = MAP.transform
    whole = _raster(tmp_path / "west.tif", MAP.crs, (c, f), a, SHAPE, nodata=-9999)
    part = _raster(tmp_path / "part.tif", MAP.crs, (c - 40 * a, f), a, SHAPE)
    for path in (whole, part):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            grid = read_heights(path, None, SHAPE, MAP).grid
        assert np.isnan(grid[:, 41:]).all()
        assert not np.isnan(grid[:, :39]).any()
        assert [record.getMessage() for record in caplog.records] == [
            f"{path.name}, taken from where it lies, knows the height of 50% of the map; the rest is the model's"
        ]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_lines_on_a_guide_reach_the_terminal(tmp_path: Path) -> None:
    """What GDAL writes there is kept away meanwhile."""
    a, _, c, _, _, f = MAP.transform
    half = _raster(tmp_path / "half.tif", MAP.crs, (c - 40 * a, f), a, SHAPE)
    points = tmp_path / "points.tif"
    with rasterio.open(half) as raster, rasterio.open(points, "w", **raster.profile | {"transform": None}) as other:
        other.write(raster.read())
        corners = ((0, 0), (0, 80), (64, 0), (64, 80))
        other.gcps = [GroundControlPoint(row, col, c + a * col, f - a * row) for row, col in corners], raster.crs
    script = f"""
import logging
from pathlib import Path
from spade_terrain.maps.heights.read import read_heights
from spade_terrain.terrain import Georeference
logging.basicConfig(format="%(message)s")
for name in ("half.tif", "points.tif"):
    read_heights(Path({str(tmp_path)!r}, name), None, {SHAPE}, {MAP!r})
"""
    told = subprocess.run([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, check=True).stderr
    assert told.splitlines() == [
        "half.tif, taken from where it lies, knows the height of 50% of the map; the rest is the model's",
        f"{points}: its place, given by control points, is not used, so it is taken to cover the map's ground; save it "
        "as GeoTIFF with a coordinate system, or cut it out",
    ]


def test_half_of_what_a_pixel_covers_has_to_be_known(tmp_path: Path) -> None:
    a, _, c, _, _, f = MAP.transform
    path = _raster(tmp_path / "dem.tif", MAP.crs, (c, f), a / 4, (4 * SHAPE[0], 4 * SHAPE[1]))
    known = np.random.default_rng(0).random((4 * SHAPE[0], 4 * SHAPE[1])) < np.repeat([0.2, 0.8], 2 * SHAPE[1])
    with rasterio.open(path, "r+") as raster:
        raster.nodata = -9999
        raster.write(np.where(known, raster.read(1), -9999).astype(np.float32), 1)
    grid = read_heights(path, None, SHAPE, MAP).grid
    assert np.isnan(grid[:, : SHAPE[1] // 2]).mean() > 0.95
    assert np.isnan(grid[:, SHAPE[1] // 2 :]).mean() < 0.05


def test_nodata_that_is_not_declared_is_not_averaged_with_heights(tmp_path: Path) -> None:
    path = _raster(tmp_path / "dem.tif", "EPSG:4326", (12.5, 49.5), 0.05, (80, 100), nodata=-9999)
    with rasterio.open(path, "r+") as raster:
        raster.nodata = None
    with pytest.raises(MapError, match=r"dem\.tif holds heights of -9,999; say where nothing is known"):
        read_heights(path, None, SHAPE, MAP)


def test_a_map_of_the_whole_globe(tmp_path: Path) -> None:
    globe = Georeference("EPSG:4326", (4.5, 0, -180, 0, -2.8125, 90))
    path = _raster(tmp_path / "dem.tif", "EPSG:32633", (300_000, 5_900_000), 20_000, (30, 30))
    grid = read_heights(path, None, SHAPE, globe).grid
    assert 1 <= np.sum(~np.isnan(grid)) <= 6
    assert np.isnan(grid[:, :40]).all()


def test_elsewhere_or_by_no_known_system_they_are_refused(tmp_path: Path) -> None:
    a, _, c, _, _, f = MAP.transform
    for corner in ((c + 200 * a, f), (c - 200 * a, f)):
        with pytest.raises(MapError, match=r"dem\.tif lies elsewhere than the map, or knows no height there; "):
            read_heights(_raster(tmp_path / "dem.tif", MAP.crs, corner, a, SHAPE), None, SHAPE, MAP)
    path = _raster(tmp_path / "dem.tif", MAP.crs, (c, f), a, SHAPE)
    for crs in ("EPSG:999999", "+proj=laea +lat_0=48 +lon_0=15 +R=3396190 +units=m"):  # one is of Mars
        with pytest.raises(MapError, match=r"no way leads from .*dem\.tif to the map's; save it in the map's, or "):
            read_heights(path, None, SHAPE, Georeference(crs, MAP.transform))


def test_only_the_part_beneath_the_map_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _raster(tmp_path / "dem.tif", "EPSG:4326", (0, 60), 0.02, (1000, 1000))
    exact = read_heights(path, None, SHAPE, MAP).grid
    monkeypatch.setattr(limits, "MAX_DECODED", 300 * 300)  # less than the file has
    np.testing.assert_array_equal(read_heights(path, None, SHAPE, MAP).grid, exact)
    monkeypatch.setattr(limits, "MAX_DECODED", 40 * 40)  # less than the map has
    coarse = read_heights(path, None, SHAPE, MAP)
    assert coarse.pixel == (2, 2)
    assert np.abs(coarse.grid - exact[::2, ::2]).max() < 60
