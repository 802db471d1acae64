from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.world.rasters.heights import HEIGHT_ENCODINGS, HeightEncoding
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair, RawPatch, read_patch
from tests.world.planet import NODATA, SEA_RGB, write_raster

REGION = (10.0, -20.0, 40.0, 10.0)


def encode(metres: NDArray[np.float64], code: HeightEncoding) -> NDArray[np.uint8] | NDArray[np.float32]:
    """`metres` `(H, W)` as bands `(C, H, W)`, by the codes' definitions."""
    if code in ("metres", "feet"):
        return (metres / (0.3048 if code == "feet" else 1))[None].astype(np.float32)
    steps = (metres + 32768) * 256 if code == "terrarium" else (metres + 10000) * 10
    number = np.rint(steps).astype(np.int64)
    return np.stack([number >> 16, number >> 8 & 255, number & 255]).astype(np.uint8)


def ramp() -> NDArray[np.float64]:
    """Slopes across all the places where the codes' upper bytes change, `(300, 300)`: -300 to 4,000 m."""
    rows, columns = np.indices((300, 300))
    metres: NDArray[np.float64] = -300 + 4300 * columns / 299 + 20 * np.sin(rows / 9)
    return metres


def write_pair(folder: Path, bands: NDArray[Any], **options: Any) -> tuple[Path, Path]:
    """A sea-blue Terrain raster and a Height raster of `bands`."""
    terrain = np.broadcast_to(np.array(SEA_RGB, np.uint8)[:, None, None], (3, 300, 300))
    return write_raster(folder / "t.tif", terrain, REGION), write_raster(folder / "h.tif", bands, REGION, **options)


def read(folder: Path, code: HeightEncoding, bands: NDArray[Any], **options: Any) -> RawPatch:
    with RasterPair(*write_pair(folder, bands, **options), code).open() as rasters:
        patch = read_patch(rasters, -5, 25, 512)
    assert patch is not None
    return patch


@pytest.mark.parametrize("code", HEIGHT_ENCODINGS)
def test_every_code_gives_the_same_heights(tmp_path: Path, code: HeightEncoding) -> None:
    """A pixel of the source is 5 of the patch, so colours mixed before they are decoded would be far off."""
    plain = read(tmp_path, "metres", encode(ramp(), "metres"))
    coded = read(tmp_path, code, encode(ramp(), code))
    assert plain.valid.all()
    assert coded.valid.all()
    assert np.ptp(plain.height) > 1000
    assert np.abs(coded.height - plain.height).max() < 0.1


@pytest.mark.parametrize("code", HEIGHT_ENCODINGS)
def test_the_sea_is_at_exactly_0_in_every_code(tmp_path: Path, code: HeightEncoding) -> None:
    metres = np.where(np.indices((300, 300))[1] < 200, 0.0, 500.0)
    patch = read(tmp_path, code, encode(metres, code))
    assert (patch.height[:, :480] == 0).all()
    with RasterPair(tmp_path / "t.tif", tmp_path / "h.tif", code).open() as rasters:
        assert make_overview(rasters).sea_rgb == SEA_RGB


@pytest.mark.parametrize("code", HEIGHT_ENCODINGS)
def test_nodata_stays_nodata_in_every_code(tmp_path: Path, code: HeightEncoding) -> None:
    bands = encode(ramp(), code)
    value = NODATA if len(bands) == 1 else 0
    bands[:, 100:140, 150:170] = value
    patch = read(tmp_path, code, bands, nodata=value)
    middle = (slice(20, 190), slice(270, 355))
    assert not patch.valid[middle].any()
    assert (patch.height[middle] == 0).all()
    assert patch.valid[:, :240].all()
    assert patch.valid[215:].all()
    plain = read(tmp_path, "metres", encode(ramp(), "metres"))
    assert np.abs(patch.height - plain.height)[patch.valid].max() < 25


def test_a_colour_that_is_black_in_part_is_no_nodata(tmp_path: Path) -> None:
    patch = read(tmp_path, "mapbox", encode(np.full((300, 300), -5000.0), "mapbox"), nodata=0)  # its red is 0
    assert patch.valid.all()
    assert patch.height == pytest.approx(-5000, abs=0.1)


def test_transparent_colours_are_nodata(tmp_path: Path) -> None:
    alpha = np.full((1, 300, 300), 255, np.uint8)
    alpha[:, :, :150] = 0
    bands = np.concatenate([encode(ramp(), "terrarium"), alpha])
    patch = read(tmp_path, "terrarium", bands, photometric="RGB", ALPHA="YES")
    assert not patch.valid[:, :250].any()
    assert patch.valid[:, 265:].all()  # the kernel reaches a pixel and a half of the raster beyond its edge


def test_packed_values_are_unpacked(tmp_path: Path) -> None:
    import rasterio

    plain = read(tmp_path, "metres", encode(ramp(), "metres"))
    t, h = write_pair(tmp_path, ((ramp() + 500) / 0.25)[None].astype(np.int16), nodata=NODATA)
    with rasterio.open(h, "r+") as f:
        f.scales, f.offsets = (0.25,), (-500.0,)
    with RasterPair(t, h).open() as rasters:
        patch = read_patch(rasters, -5, 25, 512)
    assert patch is not None
    assert np.abs(patch.height - plain.height).max() < 0.3


@pytest.mark.parametrize(
    ("code", "bands", "message"),
    [
        ("metres", 3, r"h.tif has 3 bands of uint8; .*`height_code` terrarium or mapbox"),
        ("feet", 3, r"h.tif has 3 bands of uint8; .*`height_code` terrarium or mapbox"),
        ("terrarium", 1, r"h.tif has 1 band of uint8; `height_code` terrarium takes 8-bit RGB"),
        ("mapbox", 2, r"h.tif has 2 bands of uint8; `height_code` mapbox takes 8-bit RGB"),
    ],
)
def test_bands_that_dont_fit_the_code(tmp_path: Path, code: HeightEncoding, bands: int, message: str) -> None:
    pair = write_pair(tmp_path, np.full((bands, 300, 300), 9, np.uint8))
    with pytest.raises(TerrainError, match=message), RasterPair(*pair, code).open():
        pass


@pytest.mark.parametrize(
    ("written", "read_as", "message"),
    [
        ("feet", "metres", r"h.tif reaches 13,\d+ m, above any ground: give the `height_code` .*feet"),
        ("mapbox", "terrarium", r"h.tif goes down to -32,\d+ m, below any ground: check `height_code` terrarium, or"),
        ("terrarium", "mapbox", r"h.tif reaches 931,\d+ m, above any ground: check `height_code` mapbox, or"),
    ],
)
def test_a_wrong_code_is_questioned(
    tmp_path: Path, written: HeightEncoding, read_as: HeightEncoding, message: str
) -> None:
    with RasterPair(*write_pair(tmp_path, encode(ramp(), written)), read_as).open() as rasters:
        with pytest.raises(TerrainError, match=message) as e:
            make_overview(rasters)
        assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (0, 8.848, "h.tif reaches only 8.8 m: heights must be in metres"),
        (-9999, 0.5, "h.tif reaches only 0.5 m"),
        (-32768, 4000, "h.tif goes down to -32,768 m, .*declare its nodata value"),
        (0, 32767, "h.tif reaches 32,767 m, .*declare its nodata value"),
        (-11000, 8848, None),
        (-430, 12, None),
    ],
)
def test_heights_that_cant_be_are_questioned(tmp_path: Path, low: float, high: float, message: str | None) -> None:
    metres = np.linspace(low, high, 300)[None, None].repeat(300, 1).astype(np.float32)
    with RasterPair(*write_pair(tmp_path, metres)).open() as rasters:
        if message is None:
            make_overview(rasters)
            return
        with pytest.raises(TerrainError, match=message):
            make_overview(rasters)


def test_rasters_without_data_are_named(tmp_path: Path) -> None:
    metres = ramp()[None]
    left, right = metres.copy(), np.full((3, 300, 300), 9, np.uint8)
    left[..., 150:] = NODATA
    right[..., :150] = 0
    cases: list[tuple[NDArray[Any], NDArray[Any], str]] = [
        (np.full((3, 300, 300), 9, np.uint8), np.full((1, 300, 300), NODATA, np.int16), "h.tif holds no data"),
        (np.zeros((3, 300, 300), np.uint8), metres, "t.tif holds no data"),
        (right, left, "t.tif and .*h.tif hold data nowhere in common"),
    ]
    for terrain, bands, message in cases:
        t = write_raster(tmp_path / "t.tif", terrain, REGION, nodata=0)
        h = write_raster(tmp_path / "h.tif", bands, REGION, nodata=NODATA)
        with RasterPair(t, h).open() as rasters, pytest.raises(TerrainError, match=message):
            make_overview(rasters)
