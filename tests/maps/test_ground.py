"""What a pixel is on the ground: what the map says, what the caller says, and the line that tells which was taken."""

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from spade_terrain import ParameterError
from spade_terrain.maps.read import LabelRows, open_map


@pytest.fixture
def tiff(tmp_path: Path) -> Path:
    """A map of 64 x 64 pixels, 30 m each."""
    return _write(tmp_path / "map.tif", 30, "EPSG:32633")


def _write(path: Path, step: float, crs: str) -> Path:
    layout = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": 64, "width": 64}
    with rasterio.open(path, "w", **layout, crs=crs, transform=Affine(step, 0, 10, 0, -step, 50)) as raster:
        raster.write(np.ones((1, 64, 64), np.uint8))
    return path


def _line(caplog: pytest.LogCaptureFixture) -> str:
    (record,) = caplog.records
    assert "\n" not in record.getMessage()
    return record.getMessage()


def test_the_maps_own_scale_is_taken_and_said(tiff: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = open_map(tiff)
    assert rows.gsd == pytest.approx(30)
    assert _line(caplog) == (
        f"{tiff}: a pixel is 30 m on the ground, as its georeference says; heights go with it, 0.061 times "
        "those of pixels of 2,000 m, as nature's do; `relief` makes them higher or lower"
    )


def test_degrees(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = open_map(_write(tmp_path / "map.tif", 0.1, "EPSG:4326"))
    assert rows.georeference is not None
    assert rows.georeference.crs == "EPSG:4326"
    assert "a pixel is 7,634 m wide and 11,117 m long on the ground, as its georeference says" in _line(caplog)


def test_a_pixel_that_is_not_square_may_be_asked_for_by_its_area(tmp_path: Path) -> None:
    path = _write(tmp_path / "map.tif", 0.1, "EPSG:4326")
    own = open_map(path)
    assert own.gsd == pytest.approx((7634 * 11117) ** 0.5, rel=1e-3)
    assert open_map(path, gsd=own.gsd).georeference == own.georeference
    assert open_map(path, gsd=7634).georeference is None


def test_an_enlarged_map_has_smaller_pixels(tiff: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert open_map(tiff, scale=3).gsd == pytest.approx(10)
    assert "a pixel is 10 m on" in _line(caplog)


@pytest.mark.parametrize("gsd", [500, 2000])
def test_what_is_asked_for_goes_before_the_georeference(
    gsd: float, tiff: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = open_map(tiff, gsd=gsd)
    assert (rows.gsd, rows.georeference) == (gsd, None)
    assert f"a pixel is {gsd:,} m, as was asked for, though its georeference says 30 m; so the files lie" in _line(
        caplog
    )


def test_what_is_asked_for_may_be_what_the_map_says(tiff: Path) -> None:
    rows = open_map(tiff, gsd=30)
    assert rows.gsd == pytest.approx(30)
    assert rows.georeference is not None


def test_a_scale_that_was_asked_for_makes_other_heights(caplog: pytest.LogCaptureFixture) -> None:
    open_map(np.zeros((64, 64), np.uint8), gsd=250)
    assert _line(caplog).startswith("the map: a pixel is 250 m on the ground, as was asked for; heights go with it, 0.")


@pytest.mark.parametrize("gsd", [None, 2000.0, 5000.0])
def test_a_plain_map_is_not_spoken_of(gsd: float | None, caplog: pytest.LogCaptureFixture) -> None:
    rows: LabelRows = open_map(np.zeros((64, 64), np.uint8), gsd=gsd)
    assert (rows.gsd, rows.georeference) == (gsd, None)
    assert not caplog.records


def test_a_map_of_2_km_is_not_spoken_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert open_map(_write(tmp_path / "map.tif", 2000, "EPSG:32633")).gsd == pytest.approx(2000)
    assert not caplog.records


@pytest.mark.parametrize("gsd", [0, -1, 1e-3, 1e7, float("inf"), float("nan")])
def test_a_scale_that_makes_no_sense(gsd: float) -> None:
    with pytest.raises(ParameterError, match=f"^`gsd` is {re.escape(f'{gsd:g}')}; use the metres of a pixel, 0.01 to"):
        open_map(np.zeros((64, 64), np.uint8), gsd=gsd)
