import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.errors import TerrainError
from spade_terrain.maps import limits
from spade_terrain.maps.heights.read import read_heights
from spade_terrain.maps.heights.rough import RoughHeights

SHAPE = (64, 80)
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def _metres(shape: tuple[int, int] = SHAPE) -> NDArray[np.float32]:
    return np.random.default_rng(0).uniform(1, 4000, shape).astype(np.float32)


def _tiff(path: Path, values: NDArray[Any], *, georeferenced: bool = True, south_up: bool = False, **more: Any) -> Path:
    """A GeoTIFF; `unit`, `mask`, `scale` are of its band, other words of its profile."""
    unit, mask, scale = more.pop("unit", None), more.pop("mask", None), more.pop("scale", None)
    rows, columns = values.shape[-2:]
    transform = rasterio.Affine(1000, 0, 0, 0, 1000 if south_up else -1000, 0)
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": values.dtype, **more}
    if georeferenced:
        profile |= {"crs": "EPSG:32633", "transform": transform}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as raster:
        raster.write(values.reshape(-1, rows, columns))
        if unit:
            raster.set_band_unit(1, unit)
        if scale:
            raster.scales, raster.offsets = [scale[0]], [scale[1]]
        if mask is not None:
            raster.write_mask(mask)
    return path


def _read(source: Any, wanted: tuple[float, float] | None = None, shape: tuple[int, int] = SHAPE) -> RoughHeights:
    return read_heights(source, wanted, shape)


def test_metres_of_a_geotiff(tmp_path: Path) -> None:
    metres = _metres()
    metres[0, :4] = [-5, -9999, np.nan, np.inf]
    heights = _read(_tiff(tmp_path / "heights.tif", metres, nodata=-9999))
    metres[0, :4] = [0, np.nan, np.nan, np.nan]
    np.testing.assert_array_equal(heights.grid, metres)
    assert heights.source == "heights.tif"
    assert heights.range_m == (0, float(np.nanmax(metres)))
    assert heights.pixel == (1, 1)


def test_a_mask_or_a_band_of_opacity(tmp_path: Path) -> None:
    metres, known = _metres().astype(np.int16), np.random.default_rng(1).random(SHAPE) < 0.5
    expected = np.where(known, metres, np.nan)
    masked = _tiff(tmp_path / "masked.tif", metres, mask=known)
    np.testing.assert_array_equal(_read(masked).grid, expected)
    both = np.stack([metres, np.where(known, 32767, 0).astype(np.int16)])
    np.testing.assert_array_equal(_read(_tiff(tmp_path / "alpha.tif", both, count=2, alpha="yes")).grid, expected)


@pytest.mark.parametrize(
    ("unit", "metres"),
    [("", 1), ("metre", 1), ("m", 1), ("ft", 0.3048), ("US survey foot", 1200 / 3937), ("FEET", 0.3048)],
)
def test_units(unit: str, metres: float, tmp_path: Path) -> None:
    heights = _read(_tiff(tmp_path / "heights.tif", _metres(), unit=unit))
    np.testing.assert_allclose(heights.grid, _metres() * metres, rtol=1e-6)


def test_scale_and_offset(tmp_path: Path) -> None:
    values = np.arange(64 * 80, dtype=np.uint16).reshape(SHAPE)
    heights = _read(_tiff(tmp_path / "heights.tif", values, scale=(0.5, 10)))
    np.testing.assert_array_equal(heights.grid, values * 0.5 + 10)


def test_an_offset_is_in_the_unit_too(tmp_path: Path) -> None:
    values = np.arange(64 * 80, dtype=np.uint16).reshape(SHAPE) + 1000
    heights = _read(_tiff(tmp_path / "heights.tif", values, scale=(0.1, -50), unit="ft"))
    np.testing.assert_allclose(heights.grid, (values * 0.1 - 50) * 0.3048, rtol=1e-5)


@pytest.mark.parametrize(
    ("mark", "more"), [(-9999, {"unit": "ft"}), (-32768, {"unit": "ft"}), (-9999, {"scale": (0.1, 0)})]
)
def test_nodata_that_is_not_declared_is_found_in_any_unit(mark: int, more: dict[str, Any], tmp_path: Path) -> None:
    values = np.where(np.eye(*SHAPE), mark, 500).astype(np.int16)
    with pytest.raises(TerrainError, match=f"holds heights of {mark:,}; say where nothing is known"):
        _read(_tiff(tmp_path / "heights.tif", values, **more))


def test_north_is_on_top(tmp_path: Path) -> None:
    heights = _read(_tiff(tmp_path / "heights.tif", _metres(), south_up=True))
    np.testing.assert_array_equal(heights.grid, _metres()[::-1])


def test_numbers_that_are_shades_and_numbers_that_are_metres(tmp_path: Path) -> None:
    values = np.arange(64 * 80, dtype=np.uint16).reshape(SHAPE)
    placed = _tiff(tmp_path / "placed.tif", values)
    plain = _tiff(tmp_path / "plain.tif", values, georeferenced=False)
    assert _read(placed).range_m == (0, 5119)
    for path in (placed, plain):
        heights = _read(path, (-100, 6553.5))
        assert heights.range_m == (-100, 6553.5)
        np.testing.assert_allclose(heights.grid, np.maximum(values / 65535 * 6653.5 - 100, 0), rtol=1e-5, atol=1e-3)
    shades = _read(plain)
    assert shades.range_m is None
    np.testing.assert_allclose(shades.grid, values / 65535, rtol=1e-6)
    eight = _tiff(tmp_path / "eight.tif", values.astype(np.uint8))
    np.testing.assert_allclose(_read(eight).grid, values % 256 / 255, rtol=1e-6)
    for signed in (values.astype(np.int16), values.astype(np.float32)):
        path = _tiff(tmp_path / "signed.tif", signed, georeferenced=False)
        np.testing.assert_array_equal(_read(path).grid, values)


@pytest.mark.parametrize("deep", [False, True])
def test_a_grey_png_with_a_range(deep: bool, tmp_path: Path) -> None:
    white = 65535 if deep else 255
    grey = np.linspace(0, white, 64 * 80).reshape(SHAPE).round()
    Image.fromarray(grey.astype(np.uint16 if deep else np.uint8)).save(tmp_path / "grey.png")
    heights = _read(tmp_path / "grey.png", (-500, 4000))
    assert heights.range_m == (-500, 4000)
    np.testing.assert_allclose(heights.grid, np.maximum(grey / white * 4500 - 500, 0), atol=1e-2)
    assert _read(tmp_path / "grey.png").range_m is None


def _png(path: Path, pixels: NDArray[Any]) -> Path:
    """Grey and alpha of 16 bits, which Pillow does not write."""
    rows, columns, _ = pixels.shape

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    data = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", columns, rows, 16, 4, 0, 0, 0)
    ends = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(ends))
    return path


def test_what_is_transparent_is_unknown(tmp_path: Path) -> None:
    grey, solid = np.arange(64 * 80).reshape(SHAPE) % 256, np.random.default_rng(1).random(SHAPE) < 0.5
    expected = np.where(solid, grey / 255, np.nan)
    alpha = np.where(solid, 255, 0)
    for name, bands in (("LA.png", [grey, alpha]), ("A.png", [*3 * [grey], alpha]), ("A.webp", [*3 * [grey], alpha])):
        Image.fromarray(np.stack(bands, -1).astype(np.uint8)).save(tmp_path / name, lossless=True)
        np.testing.assert_allclose(_read(tmp_path / name).grid, expected, atol=1e-6)
    deep = _png(tmp_path / "deep.png", np.stack([grey * 257, alpha * 257], -1))
    np.testing.assert_allclose(_read(deep).grid, expected, atol=1e-6)
    Image.fromarray(grey.astype(np.uint8)).save(tmp_path / "key.png", transparency=7)
    np.testing.assert_allclose(_read(tmp_path / "key.png").grid, np.where(grey == 7, np.nan, grey / 255), atol=1e-6)


def test_a_jpeg_and_a_grey_picture_in_colours(tmp_path: Path) -> None:
    grey = np.repeat(np.arange(0, 240, 3, dtype=np.uint8)[None], 64, 0)
    for name in ("L.jpg", "RGB.jpg", "RGB.png"):
        Image.fromarray(grey).convert(name.partition(".")[0]).save(tmp_path / name)
        np.testing.assert_allclose(_read(tmp_path / name).grid, grey / 255, atol=0.03)


def test_a_picture_that_lies_on_its_side(tmp_path: Path) -> None:
    grey = np.arange(64 * 80, dtype=np.uint16).reshape(SHAPE)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(grey)).save(tmp_path / "grey.png", exif=exif)
    np.testing.assert_allclose(_read(tmp_path / "grey.png").grid, grey / 65535, atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 10), (64, 80), (256, 320), (1000, 1250)])
def test_any_size(shape: tuple[int, int], tmp_path: Path) -> None:
    values = _metres(shape)
    for source in (_tiff(tmp_path / "heights.tif", values), values):
        heights = _read(source)
        rows, columns = min(shape[0], 64), min(shape[1], 80)
        assert heights.grid.shape == (rows, columns)
        assert heights.pixel == (64 / rows, 80 / columns)
        np.testing.assert_allclose(heights.grid.mean(), values.mean(), rtol=0.001)


def test_more_than_is_held_in_memory_is_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = np.random.default_rng(0).integers(0, 65536, (128, 160), np.uint16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    metres = (grey / np.float32(10)).astype(np.float32)
    tiff = _tiff(tmp_path / "heights.tif", metres)
    monkeypatch.setattr(limits, "MAX_DECODED", 32 * 40)
    monkeypatch.setattr(limits, "STRIPE", 160 * 10)
    means = grey.reshape(32, 4, 40, 4).mean((1, 3))
    np.testing.assert_allclose(_read(tmp_path / "grey.png").grid, means / 65535, rtol=1e-5)
    np.testing.assert_allclose(_read(tiff).grid, means / 10, rtol=1e-4)
    np.testing.assert_allclose(_read(metres).grid, means / 10, rtol=1e-5)


def test_metres_of_an_array() -> None:
    values = np.array([[-3, 5], [np.nan, 8]])
    heights = _read(values, shape=(2, 2))
    np.testing.assert_array_equal(heights.grid, [[0, 5], [np.nan, 8]])
    assert heights.grid.dtype == np.float32
    assert (heights.source, heights.range_m) == ("an array", (0, 8))
    assert values[0, 0] == -3


def test_what_an_array_masks_is_unknown() -> None:
    metres, masked = _metres(), np.random.default_rng(1).random(SHAPE) < 0.5
    heights = _read(np.ma.masked_array(np.where(masked, -9999, metres), masked))
    np.testing.assert_array_equal(heights.grid, np.where(masked, np.float32(np.nan), metres))


def test_what_is_known_of_less_than_half_of_each_pixel_is_refused() -> None:
    sparse = np.full((640, 800), np.nan, np.float32)
    sparse[::2, ::3] = 500
    with pytest.raises(TerrainError, match="an array knows no height, or too few; give one that does"):
        _read(sparse)


def _colours(folder: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)).save(folder / "a.png")
    return folder / "a.png"


def _text(folder: Path) -> Path:
    (folder / "a.png").write_text("heights")
    return folder / "a.png"


def _cut(folder: Path) -> Path:
    path = _tiff(folder / "a.tif", _metres())
    path.write_bytes(path.read_bytes()[:3000])
    return path


def _bands(folder: Path) -> Path:
    return _tiff(folder / "a.tif", np.zeros((3, *SHAPE), np.float32), count=3)


@pytest.mark.parametrize(
    ("make", "wanted", "complaint"),
    [
        (lambda folder: folder / "none.tif", None, "no such file"),
        (lambda folder: folder, None, "is a folder"),
        (_colours, None, "the `guide` is in colours; save it in shades of grey"),
        (_text, None, r"is not an image of a kind that is read \(TIFF, PNG, BMP, GIF, WEBP, JPEG\); save it as PNG"),
        (_cut, None, r"a.tif can't be read \((?!Read failed).*\); save or copy it again"),
        (_bands, None, "has 3 bands of float32; give one of heights"),
        (lambda folder: _tiff(folder / "a.tif", _metres(), unit="furlong"), None, "has heights in 'furlong'; save"),
        (lambda folder: _tiff(folder / "a.tif", np.full(SHAPE, 1e9, np.float32)), None, "say where nothing is known"),
        (lambda folder: np.full(SHAPE, 1e9), None, "an array holds heights from 1,000,000,000 to 1,000,000,000 m"),
        (
            lambda folder: np.where(np.eye(*SHAPE), -9999, 5.0),
            None,
            "holds heights of -9,999; say where nothing is known",
        ),
        (lambda folder: np.where(np.eye(*SHAPE), -8, 0.0), None, "an array rises to 0 m, which is no land"),
        (lambda folder: _tiff(folder / "a.tif", np.zeros(SHAPE, np.float32), nodata=0), None, "knows no height"),
        (lambda folder: np.full(SHAPE, np.nan), None, "an array knows no height"),
        (lambda folder: _tiff(folder / "a.tif", _metres()), (0.0, 9.0), "`guide_range` is for grey pictures"),
        (lambda folder: _metres(), (0.0, 9.0), "an array holds metres; leave it out"),
        (lambda folder: _metres(), (9.0, 9.0), "`guide_range` is 9 to 9; give metres of black and of white"),
        (lambda folder: _metres(), (0.0, np.inf), "`guide_range` is 0 to inf"),
        (lambda folder: _metres(), (-9.0, 0.0), "white above the sea"),
        (lambda folder: _metres(), (0.0, 1.0, 2.0), "give two numbers"),
        (lambda folder: _metres((64, 64)), None, "is 64 x 64 pixels and the map 80 x 64, of other proportions"),
        (lambda folder: [[1.0]], None, "`guide` is list; give a path, or heights"),
        (lambda folder: np.zeros((2, 2, 2)), None, r"`guide` is float64 \(2, 2, 2\)"),
        (lambda folder: np.zeros((2, 70_000)), None, "is 70000 x 2 pixels, and sides of 65536 are the most"),
        (lambda folder: "", None, "`guide` is empty"),
        (lambda folder: True, None, "`guide` is bool"),
    ],
)
def test_what_is_no_guide(make: Any, wanted: Any, complaint: str, tmp_path: Path, capfd: Any) -> None:
    source = make(tmp_path)
    with pytest.raises(TerrainError, match=complaint) as caught:
        _read(source, wanted)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_tiff_without_rasterio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _tiff(tmp_path / "a.tif", _metres())
    monkeypatch.setitem(__import__("sys").modules, "rasterio", None)
    with pytest.raises(TerrainError, match=r"a.tif, which is a TIFF, takes rasterio.*spade-terrain\[formats\]"):
        _read(path)
