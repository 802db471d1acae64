"""Files that people really have, a kind a test: each is read as it was meant."""

import os
import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from spade_terrain.errors import DeviceError, MapError, MissingFileError, MissingLibraryError, StorageError
from spade_terrain.maps import limits
from spade_terrain.maps.images import decoding
from spade_terrain.maps.legend import Legend
from spade_terrain.maps.read import open_map
from spade_terrain.palette import COLOURS, Labels, labels_to_image
from tests.maps.icc import LINEAR_GREY, PROFILES, in_profile
from tests.maps.png_file import chunk, flipped, put_chunk

_OPTIONS: dict[str, dict[str, Any]] = {"webp": {"lossless": True}, "jpg": {"quality": 95}}
"""How files are saved, by the ends of their names."""


@pytest.fixture
def labels() -> Labels:
    """All classes in blocks, in no symmetry, wider than high."""
    return np.random.default_rng(3).integers(0, 7, (4, 6), np.uint8).repeat(20, 0).repeat(16, 1)


@pytest.fixture(params=[False, True], ids=["small", "large"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PNGs decoded at once, and some rows at a time."""
    if request.param:
        monkeypatch.setattr(limits, "MAX_DECODED", 5000)
        monkeypatch.setattr(limits, "STRIPE", 1000)


def _read(path: Path, legend: Legend | None = None) -> Labels:
    return open_map(path, legend=legend).in_memory()


def _share_alike(read: Labels, labels: Labels) -> float:
    assert read.shape == labels.shape
    return float((read == labels).mean())


# Orientation


def _turned_for(picture: Image.Image, orientation: int) -> tuple[Image.Image, Image.Exif]:
    """A picture laid down so that this orientation puts it upright, and the EXIF that says so."""
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    exif = Image.Exif()
    exif[0x0112] = inverse
    with_inverse = BytesIO()
    picture.save(with_inverse, "PNG", exif=exif)
    laid = ImageOps.exif_transpose(Image.open(with_inverse))
    assert laid is not None
    exif[0x0112] = orientation
    return laid, exif


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["map.png", "map.webp", "map.tif", "map.jpg"])
def test_orientation(labels: Labels, name: str, orientation: int, tmp_path: Path) -> None:
    laid, exif = _turned_for(Image.fromarray(labels_to_image(labels)), orientation)
    options = _OPTIONS.get(name[4:], {})
    laid.convert("RGB").save(tmp_path / name, exif=exif, **options)
    assert _share_alike(_read(tmp_path / name), labels) > (0.98 if name.endswith("jpg") else 0.9999)


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_labels_in_png(labels: Labels, orientation: int, tmp_path: Path) -> None:
    laid, exif = _turned_for(Image.fromarray(labels), orientation)
    laid.save(tmp_path / "map.png", exif=exif)
    rows = open_map(tmp_path / "map.png")
    assert rows.shape == labels.shape
    np.testing.assert_array_equal(rows.in_memory(), labels)


def test_turned_maps_that_are_too_large_to_turn_back(
    labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_DECODED", 5000)
    monkeypatch.setattr("spade_terrain.maps.image._MOST_TURNED", 5000)
    laid, exif = _turned_for(Image.fromarray(labels), 6)
    laid.save(tmp_path / "map.png", exif=exif)
    with pytest.raises(MapError, match=r"is turned .* save it upright"):
        _read(tmp_path / "map.png")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["map.png", "map.jpg", "map.webp"])
def test_exif_that_makes_no_sense_says_nothing(labels: Labels, name: str, tmp_path: Path) -> None:
    for exif in (b"Exif\0\0" + bytes(30), b"Exif\0\0II*\0\xff\xff\xff\xff", b"nonsense"):
        Image.fromarray(labels_to_image(labels)).save(tmp_path / name, exif=exif, quality=95)
        assert _share_alike(_read(tmp_path / name), labels) > 0.97


# Profiles


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ["map.png", "map.tif", "map.webp", "map.jpg"])
def test_profiles(labels: Labels, name: str, profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name != "map.png":
        monkeypatch.setattr(limits, "MAX_DECODED", 1 << 24)
    image = in_profile(Image.fromarray(labels_to_image(labels)), PROFILES[profile])
    assert np.abs(np.asarray(image).astype(int) - labels_to_image(labels)).max() > 20
    options = _OPTIONS.get(name[4:], {})
    image.save(tmp_path / name, icc_profile=PROFILES[profile], **options)
    assert _share_alike(_read(tmp_path / name), labels) > (0.97 if name.endswith("jpg") else 0.9999)


@pytest.mark.usefixtures("_size")
def test_numbers_of_the_palette_that_another_profile_was_attached_to(
    labels: Labels, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png", icc_profile=PROFILES["ProPhoto"])
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)
    (message,) = caplog.messages
    assert "without its colour profile, which is left out" in message


@pytest.mark.usefixtures("_size")
def test_a_grey_profile(tmp_path: Path) -> None:
    """Linear light: a grey that shows as 150 is the number 79."""
    Image.new("L", (96, 80), 79).save(tmp_path / "map.png", icc_profile=LINEAR_GREY)
    assert (_read(tmp_path / "map.png") == 5).all()


def test_srgb_profiles_change_nothing(labels: Labels, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png", icc_profile=profile)
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)
    assert not caplog.messages


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("profile", [b"nonsense", PROFILES["Adobe RGB"][:200], b""], ids=["words", "cut", "empty"])
def test_broken_profiles_are_left_out(
    labels: Labels, profile: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    put_chunk(tmp_path / "map.png", chunk(b"iCCP", b"name\0\0" + zlib.compress(profile)))
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)
    (message,) = caplog.messages
    assert "its colour profile is damaged" in message


def test_profiles_leave_labels_alone(labels: Labels, tmp_path: Path) -> None:
    Image.fromarray(labels).save(tmp_path / "map.png", icc_profile=PROFILES["ProPhoto"])
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)


def test_a_profile_of_another_kind(labels: Labels, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = PROFILES["Adobe RGB"].replace(b"RGB XYZ ", b"CMYKXYZ ")
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png", icc_profile=other)
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)
    assert len(caplog.messages) == 1


# Chunks of PNG


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"tEXt", b"Comment\0" + bytes(3_000_000)),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(30_000_000))),
        flipped(chunk(b"tEXt", b"Comment\0hello")),
        flipped(chunk(b"pHYs", bytes(9))),
    ],
)
def test_chunks_that_do_not_matter(labels: Labels, extra: bytes, tmp_path: Path) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    put_chunk(tmp_path / "map.png", extra)
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)


@pytest.mark.usefixtures("_size")
def test_chunks_that_do_matter(labels: Labels, tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    table = Image.fromarray(labels)
    table.putpalette(COLOURS.ravel().tolist())
    table.save(path)
    whole = path.read_bytes()
    for name in (b"PLTE", b"IDAT"):
        place = whole.index(name) + 12
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(MapError, match=r"map\.png can't be read \(its .*damaged.*save it again as PNG"):
            _read(path)
    start, end = whole.index(b"PLTE") - 4, whole.index(b"IDAT") - 4
    path.write_bytes(whole[:start] + whole[end:])
    with pytest.raises(MapError, match="it has no colour table"):
        _read(path)
    path.write_bytes(whole)
    put_chunk(path, whole[8:33])
    with pytest.raises(MapError, match="two chunks IHDR"):
        _read(path)


# Kinds of pixels


def _write_tiff(path: Path, bands: NDArray[Any], **options: Any) -> None:
    """Bands `(C, H, W)`."""
    count, height, width = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=count, dtype=bands.dtype, **options
    ) as raster:
        raster.write(bands)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("compress", [None, "deflate", "lzw"])
@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
)
def test_labels_of_any_type(labels: Labels, dtype: str, compress: str | None, tmp_path: Path) -> None:
    path = tmp_path / "map.tif"
    _write_tiff(path, labels[None].astype(dtype), **({"compress": compress} if compress else {}))
    np.testing.assert_array_equal(_read(path), labels)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("number", "match"), [(0.5, "fractions"), (np.nan, "nan"), (8000, "the map holds 8000"), (9, "the map holds 9")]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_that_are_no_labels(labels: Labels, dtype: str, number: float, match: str, tmp_path: Path) -> None:
    numbers = labels[None].astype(dtype)
    numbers[0, 3, 5] = number
    _write_tiff(tmp_path / "map.tif", numbers)
    with pytest.raises(MapError, match=match):
        _read(tmp_path / "map.tif")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("compress", [None, "deflate"])
@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize("photometric", [None, "RGB"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("count", [3, 4, 5, 7])
def test_tiffs_of_many_bands(
    labels: Labels,
    count: int,
    dtype: str,
    photometric: str | None,
    interleave: str,
    compress: str | None,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The first three bands are red, green and blue, whatever follows and however it lies in the file."""
    bands = np.full((count, *labels.shape), 77, dtype)
    bands[:3] = np.moveaxis(labels_to_image(labels), -1, 0)
    bands = bands * np.array(257 if dtype == "uint16" else 1, dtype)
    alpha = count == 4 and dtype == "uint8" and photometric is None  # GDAL makes it so
    if alpha:
        bands[3] = 255
    options = {"compress": compress, "photometric": photometric, "interleave": interleave}
    _write_tiff(tmp_path / "map.tif", bands, **{k: v for k, v in options.items() if v})
    np.testing.assert_array_equal(_read(tmp_path / "map.tif"), labels)
    said = [f"{tmp_path}/map.tif has {count} bands; the first three are read as RGB"]
    assert caplog.messages == ([] if alpha or count == 3 else said)
    assert capfd.readouterr().err == ""


def test_a_kind_that_takes_rasterio_without_it(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_tiff(tmp_path / "map.tif", labels[None].astype("int64"), crs="EPSG:3857", transform=rasterio.Affine.scale(2))
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'spade-terrain\[formats\]', or save it as PNG"):
        _read(tmp_path / "map.tif")


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_labels_in_png(labels: Labels, mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(labels.astype(np.uint16) if mode == "I;16" else labels)
    (image if mode == "I;16" else image.convert(mode)).save(tmp_path / "map.png")
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_16_bits_in_png(labels: Labels, channels: int, tmp_path: Path) -> None:
    bands = np.full((channels, *labels.shape), 65_535, np.uint16)
    bands[:3] = np.moveaxis(labels_to_image(labels), -1, 0).astype(np.uint16) * 257
    with rasterio.open(
        tmp_path / "map.png", "w", driver="PNG", height=80, width=96, count=channels, dtype="uint16"
    ) as raster:
        raster.write(bands)
    np.testing.assert_array_equal(_read(tmp_path / "map.png"), labels)


@pytest.mark.parametrize("opacity", [0, 255])
@pytest.mark.parametrize("masked", [False, True], ids=["plain", "masks"])
def test_a_bmp_of_32_bits(labels: Labels, opacity: int, masked: bool, tmp_path: Path) -> None:
    """Most programs leave the fourth byte alone, as zero; that is no transparency."""
    rgba = np.dstack([labels_to_image(labels)[..., ::-1], np.full(labels.shape, opacity, np.uint8)])
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) if masked else b""
    size = 108 if masked else 40
    head = struct.pack("<IiiHHIIiiII", size, 96, 80, 1, 32, 3 if masked else 0, rgba.size, 0, 0, 0, 0) + masks
    head = head.ljust(size, b"\0")
    start = struct.pack("<2sIII", b"BM", 14 + size + rgba.size, 0, 14 + size)
    (tmp_path / "map.bmp").write_bytes(start + head + rgba[::-1].tobytes())
    np.testing.assert_array_equal(_read(tmp_path / "map.bmp"), labels)


def test_a_grey_map_of_16_bits(tmp_path: Path) -> None:
    """In colours of a legend, or all mountains."""
    shades = Legend.of({"water": "#202020", "forest": "#909090"})
    labels = np.zeros((64, 64), np.uint8)
    labels[20:40] = 2
    Image.fromarray(np.where(labels, 0x9090, 0x2020).astype(np.uint16)).save(tmp_path / "map.png")
    np.testing.assert_array_equal(_read(tmp_path / "map.png", shades), labels)


def test_numbers_that_are_heights(tmp_path: Path) -> None:
    Image.fromarray(np.arange(64 * 64, dtype=np.int32).reshape(64, 64) * 20).save(tmp_path / "map.tif")
    with pytest.raises(MapError, match="numbers from 0 to 81900, neither labels, 0 to 6, nor shades of grey"):
        _read(tmp_path / "map.tif")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_labels_with_a_second_band(
    labels: Labels, interleave: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    second = np.full_like(labels, 255)
    _write_tiff(tmp_path / "map.tif", np.stack([labels, second]), interleave=interleave)
    np.testing.assert_array_equal(_read(tmp_path / "map.tif"), labels)
    assert caplog.messages == [f"{tmp_path}/map.tif has 2 bands; the first is read"]
    caplog.clear()
    _write_tiff(tmp_path / "map.tif", np.stack([labels, second]), interleave=interleave, alpha="yes")
    np.testing.assert_array_equal(_read(tmp_path / "map.tif"), labels)
    assert not caplog.messages


def test_a_large_interlaced_png(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 80, 8, 0, 0, 0, 1))
    (tmp_path / "map.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b""))
    monkeypatch.setattr(limits, "MAX_DECODED", 5000)
    with pytest.raises(MapError, match="interlaced, and too large to be read at once"):
        _read(tmp_path / "map.png")


# What is no file, too large, or damaged


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    cases = {tmp_path: "is a folder", tmp_path / "pipe.png": "is a pipe", Path("/dev/zero"): "is a device"}
    for path, match in cases.items():
        with pytest.raises(StorageError, match=f"{match}, not a file; give a plain file"):
            open_map(path)
    for missing in ("none.png", tmp_path / "none.png", "a\0b.png", "/etc/passwd/map.png"):
        with pytest.raises(MissingFileError, match="no such file"):
            open_map(missing)


def test_too_little_memory(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    Image.fromarray(labels).save(tmp_path / "map.bmp")
    monkeypatch.setattr(decoding, "image_pixels", fail)
    with pytest.raises(DeviceError, match=r"too little memory to read .*map\.bmp"):
        _read(tmp_path / "map.bmp")


def test_libraries_in_c_say_nothing(labels: Labels, tmp_path: Path) -> None:
    """They write to the process's stderr themselves: only a process of its own shows it."""
    paths = []
    for compression in ("tiff_lzw", "tiff_deflate", "packbits"):
        paths.append(tmp_path / f"{compression}.tif")
        Image.fromarray(labels).save(paths[-1], compression=compression)
        data = paths[-1].read_bytes()
        paths[-1].write_bytes(data[:8] + b"\xff" * 5 + data[13:])
    script = """
import sys
from spade_terrain.maps.read import open_map
for path in sys.argv[1:]:
    try:
        open_map(path)
    except ValueError as e:
        print(e)
"""
    command = [sys.executable, "-c", script, *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 3
