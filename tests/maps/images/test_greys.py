"""Labels in all the ways in which programs save them, and what only looks like them."""

import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from PIL import Image

from spade_terrain.errors import MapError, MissingLibraryError
from spade_terrain.maps import limits
from spade_terrain.maps.legend import Legend
from spade_terrain.maps.read import open_map
from spade_terrain.palette import Labels, labels_to_image
from tests.maps.png_file import chunk

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(3).integers(0, 7, (4, 6), np.uint8).repeat(20, 0).repeat(16, 1)


@pytest.fixture(params=[False, True], ids=["small", "large"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PNGs decoded at once, and some rows at a time."""
    if request.param:
        monkeypatch.setattr(limits, "MAX_DECODED", 5000)
        monkeypatch.setattr(limits, "STRIPE", 1000)


def _few_bits(path: Path, numbers: Labels, bits: int, table: bytes = b"") -> Path:
    """A PNG of 1, 2 or 4 bits a pixel, grey or with a colour table; Pillow writes no such greys."""
    rows, columns = numbers.shape
    pixels = numbers.reshape(rows, -1, 8 // bits) << np.arange(8 - bits, -1, -bits)
    coded = np.pad(pixels.sum(-1).astype(np.uint8), ((0, 0), (1, 0))).tobytes()
    head = struct.pack(">IIBBBBB", columns, rows, bits, 3 if table else 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"PLTE", table) if table else b""]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IDAT", zlib.compress(coded)) + chunk(b"IEND", b"")
    )
    return path


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("bits", [2, 4])
def test_greys_of_few_bits(bits: int, labels: Labels, tmp_path: Path) -> None:
    numbers = labels % (1 << bits)
    np.testing.assert_array_equal(open_map(_few_bits(tmp_path / "map.png", numbers, bits)).in_memory(), numbers)


@pytest.mark.usefixtures("_size")
def test_a_colour_table_of_dark_greys(labels: Labels, tmp_path: Path) -> None:
    """As programs that make PNGs smaller write labels."""
    path = _few_bits(tmp_path / "map.png", labels, 4, _grey_table(7))
    np.testing.assert_array_equal(open_map(path).in_memory(), labels)


def _grey_table(count: int) -> bytes:
    return np.repeat(np.arange(count, dtype=np.uint8), 3).tobytes()


@pytest.mark.parametrize("name", ["map.png", "large.png", "map.tif", "map.bmp", "map.webp"])
@pytest.mark.parametrize("channels", [3, 4])
def test_labels_saved_as_rgb(
    name: str, channels: int, labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "large.png":
        monkeypatch.setattr(limits, "MAX_DECODED", 5000)
        monkeypatch.setattr(limits, "STRIPE", 1000)
    labels[:12] = np.arange(96) % 7  # the first rows are not all black
    picture = np.dstack([labels] * 3 + [np.full_like(labels, 255)])[..., :channels]
    Image.fromarray(picture).save(tmp_path / name, lossless=True)  # which only WebP heeds
    np.testing.assert_array_equal(open_map(tmp_path / name).in_memory(), labels)


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 7])
def test_tiffs_of_few_bits(bits: int, labels: Labels, tmp_path: Path) -> None:
    numbers = labels % (1 << bits)
    _write(tmp_path / "map.tif", numbers, nbits=bits)
    np.testing.assert_array_equal(open_map(tmp_path / "map.tif").in_memory(), numbers)


def test_a_compression_of_gdals_own(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "map.tif", labels, compress="lerc")
    np.testing.assert_array_equal(open_map(tmp_path / "map.tif").in_memory(), labels)
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(MissingLibraryError, match=r"a TIFF of a kind that takes rasterio: pip install"):
        open_map(tmp_path / "map.tif")


def _write(path: Path, numbers: Labels, **layout: Any) -> None:
    rows, columns = numbers.shape
    with rasterio.open(path, "w", "GTiff", columns, rows, 1, dtype=numbers.dtype, **layout) as raster:
        raster.write(numbers[None])


@pytest.mark.parametrize(
    ("dtype", "no_data"),
    [("uint8", 255), ("int16", -9999), ("uint16", 65535), ("float32", -3.4e38), ("int32", -(2**31))],
)
def test_labels_with_places_without_data(dtype: str, no_data: float, labels: Labels, tmp_path: Path) -> None:
    numbers = labels.astype(dtype)
    numbers[:10] = no_data
    _write(tmp_path / "map.tif", numbers, nodata=no_data)
    with pytest.raises(
        MapError, match=rf"^labels go from 0 to 6, but the map holds {no_data:g}; relabel it$".replace("+", r"\+")
    ):
        open_map(tmp_path / "map.tif")


@pytest.mark.usefixtures("_size")
def test_few_bits_too_many_for_labels(labels: Labels, tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"^labels go from 0 to 6, but the map holds 15; relabel it$"):
        open_map(_few_bits(tmp_path / "map.png", labels + 9, 4)).in_memory()


def test_black_and_white_are_colours(labels: Labels, tmp_path: Path) -> None:
    """What a mask means, nobody knows without a legend."""
    path = _few_bits(tmp_path / "map.png", labels % 2, 1)
    with pytest.raises(MapError, match="in the palette's colours"):
        open_map(path)
    legend = Legend.of({"water": "#000000", "forest": "#ffffff"})
    np.testing.assert_array_equal(open_map(path, legend=legend).in_memory(), labels % 2 * 2)


def test_greys_of_few_bits_with_a_legend(labels: Labels, tmp_path: Path) -> None:
    legend = Legend.of({"water": "#000000", "grassland": "#111111", "forest": "#222222"})
    path = _few_bits(tmp_path / "map.png", labels % 3, 4)
    np.testing.assert_array_equal(open_map(path, legend=legend).in_memory(), labels % 3)


def test_an_array_with_alpha(labels: Labels) -> None:
    painted = np.dstack([labels_to_image(labels), np.full_like(labels, 255)])
    np.testing.assert_array_equal(open_map(painted).in_memory(), labels)
    painted[5, 5, 3] = 0
    with pytest.raises(MapError, match="transparent in places"):
        open_map(painted)


def test_colours_after_labels(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DECODED", 5000)
    monkeypatch.setattr(limits, "STRIPE", 1000)
    picture = np.dstack([labels] * 3)
    picture[0, 0], picture[40:] = 1, labels_to_image(labels[40:])
    Image.fromarray(picture).save(tmp_path / "map.png")
    with pytest.raises(MapError, match=r"begins with labels, .* but has colours farther down; paint it"):
        open_map(tmp_path / "map.png").in_memory()
