import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.errors import MapError
from spade_terrain.maps.images.png_rows import open_png
from tests.maps.png_file import chunk, flipped

MODES = ["1", "L", "LA", "RGB", "RGBA", "P", "P2", "P4"]


def _image(mode: str, height: int, width: int) -> Image.Image:
    """Smooth in places and rough in others, so that encoders choose different filters."""
    noise = np.random.default_rng(height * width).integers(0, 60, (height, width, 4))
    rgba = np.clip(
        np.indices((height, width)).sum(0)[..., None] * 3 + noise * (np.arange(width) % 20 > 9)[:, None], 0, 255
    )
    rgba[..., 3] = 255
    image = Image.fromarray(rgba.astype(np.uint8))
    return image.quantize(3 if mode == "P2" else 11 if mode == "P4" else 200) if mode[0] == "P" else image.convert(mode)


def _expected(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA").convert("L" if image.mode in ("L", "LA") else "RGB"))


def _read(path: Path, rows: int = 4) -> NDArray[Any]:
    png = open_png(path)
    assert png is not None
    return np.concatenate(list(png.stripes(rows)))


@given(
    mode=st.sampled_from(MODES),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    rows=st.integers(1, 45),
    level=st.sampled_from([0, 6]),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_stripes_are_the_whole(mode: str, height: int, width: int, rows: int, level: int, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    bits: dict[str, Any] = {"P2": {"bits": 2}, "P4": {"bits": 4}}.get(mode, {})
    _image(mode, height, width).save(path, compress_level=level, **bits)
    png = open_png(path)
    assert png is not None
    assert png.shape == (height, width)
    stripes = list(png.stripes(rows))
    assert [len(s) for s in stripes] == [min(rows, height - y) for y in range(0, height, rows)]
    np.testing.assert_array_equal(np.concatenate(stripes), _expected(path))


def _interlace(pixels: NDArray[Any]) -> bytes:
    """The rows of an interlaced picture, `(H, W, C)` of bytes or big-endian 16 bits, unfiltered."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    parts = [pixels[y::down, x::right] for y, x, down, right in passes]
    return b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("interlaced", [0, 1])
def test_every_kind_of_two_and_more_channels(colour: int, depth: int, interlaced: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for height, width in ((1, 1), (3, 2), (9, 13), (40, 33)):
        channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
        pixels = rng.integers(0, 1 << depth, (height, width, channels)).astype(f">u{depth // 8}")
        if colour > 2:
            pixels[..., -1] = (1 << depth) - 1
        rows = _interlace(pixels) if interlaced else b"".join(b"\0" + row.tobytes() for row in pixels)
        _write(tmp_path, _head(depth, colour, (width, height), interlaced), rows)
        expected = pixels[..., 0] if channels < 3 else pixels[..., :3] >> (depth - 8)
        np.testing.assert_array_equal(_read(tmp_path / "image.png"), expected)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_filtered_rows_of_16_bits(channels: int, tmp_path: Path) -> None:
    ramp = np.arange(60 * 80 * channels).reshape(60, 80, channels) * 37 % 65_536
    pixels = (ramp + np.random.default_rng(0).integers(0, 99, ramp.shape)).astype(np.uint16)
    if channels == 4:
        pixels[..., 3] = 65_535
    cv2.imwrite(str(tmp_path / "image.png"), pixels)
    expected = pixels[..., 0] if channels == 1 else pixels[..., 2::-1] >> 8  # OpenCV has blue first
    np.testing.assert_array_equal(_read(tmp_path / "image.png", 7), expected)


def test_a_colour_that_stands_for_transparency(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.new("RGB", (9, 12), (1, 2, 3)).save(path, transparency=(0, 0, 0))
    assert _read(path).shape == (12, 9, 3)
    Image.new("RGB", (9, 12), (1, 2, 3)).save(path, transparency=(1, 2, 3))
    with pytest.raises(MapError, match="transparent"):
        _read(path)


@pytest.mark.parametrize("clear", [500, 501])
def test_a_grey_of_16_bits_that_stands_for_transparency(clear: int, tmp_path: Path) -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in np.full((9, 9), 500, ">u2"))
    _write(tmp_path, _head(16, 0) + chunk(b"tRNS", struct.pack(">H", clear)), rows)
    if clear == 501:
        assert (_read(tmp_path / "image.png") == 500).all()
        return
    with pytest.raises(MapError, match="transparent"):
        _read(tmp_path / "image.png")


def test_data_in_many_chunks_and_one_large_one(tmp_path: Path) -> None:
    """Noise of 1.2 MB is more than is read at once; other writers cut it into chunks of a few bytes."""
    pixels = np.random.default_rng(0).integers(0, 256, (1000, 400, 3), np.uint8)
    rows = np.pad(pixels.reshape(1000, 1200), ((0, 0), (1, 0)))
    coded = zlib.compress(rows.tobytes(), 0)
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 1000, 8, 2, 0, 0, 0))
    pieces = [coded[:1], b"", *(coded[i : i + 7] for i in range(1, 5000, 7)), coded[5006:]]
    (tmp_path / "image.png").write_bytes(head + b"".join(chunk(b"IDAT", p) for p in pieces) + chunk(b"IEND", b""))
    np.testing.assert_array_equal(_read(tmp_path / "image.png", 333), pixels)


@pytest.mark.parametrize("keep", [20, 60, 0.5, -30])
def test_files_that_end_too_early(keep: float, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 64, 64).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(ValueError, match="ends too early"):
        _read(path, 10)


def test_damaged_data(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 64, 64).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :: 3] = bytes(len(data[len(data) // 2 :: 3]))
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged|ends too early"):
        _read(path, 10)


def _head(depth: int, colour: int, size: tuple[int, int] = (9, 9), interlaced: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced))


def _write(folder: Path, chunks: bytes, rows: bytes) -> None:
    data = chunk(b"IDAT", zlib.compress(rows))
    (folder / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks + data + chunk(b"IEND", b""))


@pytest.mark.parametrize(
    ("chunks", "match"),
    [
        (chunk(b"IHDR", bytes(9)), "its head is damaged"),
        (_head(8, 5), "its head is damaged"),
        (_head(3, 2), "its head is damaged"),
        (_head(8, 2, (0, 9)), "its head is damaged"),
        (_head(8, 2, interlaced=2), "its head is damaged"),
        (flipped(_head(8, 2)), "its chunk IHDR is damaged"),
        (_head(8, 2) + _head(8, 2, (9, 5)), "two chunks IHDR"),
        (_head(8, 3), "it has no colour table"),
        (_head(8, 3) + chunk(b"PLTE", bytes(7)), "it has no colour table"),
        (_head(8, 3) + chunk(b"PLTE", bytes(900)), "its head is damaged"),
        (_head(8, 3) + flipped(chunk(b"PLTE", bytes(9))), "its chunk PLTE is damaged"),
        (_head(8, 2) + flipped(chunk(b"tRNS", bytes(6))), "its chunk tRNS is damaged"),
        (_head(8, 2) + chunk(b"tRNS", bytes(5)), "its transparency is damaged"),
        (chunk(b"CgBI", bytes(4)) + _head(8, 6), "it has a chunk b'CgBI', which no PNG has"),
        (_head(8, 2) + chunk(b"\0\n\r ", b""), "which no PNG has"),
        (b"", "it has no head"),
        (_head(8, 2) + struct.pack(">I", 2**32 - 9) + b"tEXt", "it ends too early"),  # 4 GB of text, it says
    ],
)
def test_damaged_heads(chunks: bytes, match: str, tmp_path: Path) -> None:
    _write(tmp_path, chunks, bytes(1000))
    with pytest.raises(ValueError, match=match) as caught:
        _read(tmp_path / "image.png")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"tEXt", b"Comment\0" + bytes(3_000_000)),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(30_000_000))),
        chunk(b"tRNS", bytes(6)),  # black is clear, of which there is none
        *(flipped(chunk(name, bytes(20))) for name in (b"tEXt", b"gAMA", b"pHYs", b"iCCP", b"eXIf", b"sRGB")),
        *(chunk(name, bytes(20)) for name in (b"gAMA", b"pHYs", b"iCCP", b"eXIf", b"acTL", b"zzZz")),
    ],
)
def test_chunks_that_do_not_matter(extra: bytes, tmp_path: Path) -> None:
    rows = (b"\0" + b"abc" * 9) * 9
    _write(tmp_path, _head(8, 2) + extra, rows)
    np.testing.assert_array_equal(_read(tmp_path / "image.png"), np.full((9, 9, 3), (97, 98, 99)))


def test_data_whose_checksum_is_wrong(tmp_path: Path) -> None:
    """A bit flipped in them may give other colours, and nothing that a decoder would see."""
    path = tmp_path / "image.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 7, (200, 300), np.uint8)).save(path, compress_level=0)
    data = bytearray(path.read_bytes())
    for place in (300, len(data) // 2, len(data) - 25):
        damaged = data.copy()
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damaged"):
            _read(path, 64)


@pytest.mark.parametrize("interlaced", [0, 1])
def test_too_few_rows(interlaced: int, tmp_path: Path) -> None:
    """The data end well, and are fewer than the head says: the rest is not anything."""
    _write(tmp_path, _head(8, 2, interlaced=interlaced), bytes(5 * (1 + 27)))
    with pytest.raises(ValueError, match="it ends too early"):
        _read(tmp_path / "image.png")


def test_a_lost_end(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 64, 64).save(path)
    path.write_bytes(path.read_bytes()[:-12])
    np.testing.assert_array_equal(_read(path), np.asarray(_image("RGB", 64, 64)))


def test_what_is_no_png(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 9, 9).save(path, "BMP")
    assert open_png(path) is None
