import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from spade_terrain.maps.png_rows import png_size, png_stripes

MODES = ["1", "L", "LA", "RGB", "RGBA", "P", "P2", "P4"]


def _image(mode: str, height: int, width: int) -> Image.Image:
    """Smooth in places and rough in others, so that encoders choose different filters."""
    noise = np.random.default_rng(height * width).integers(0, 60, (height, width, 4))
    rgba = np.clip(
        np.indices((height, width)).sum(0)[..., None] * 3 + noise * (np.arange(width) % 20 > 9)[:, None], 0, 255
    )
    image = Image.fromarray(rgba.astype(np.uint8))
    return image.quantize(3 if mode == "P2" else 11 if mode == "P4" else 200) if mode[0] == "P" else image.convert(mode)


def _expected(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


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
    stripes = list(png_stripes(path, rows))
    assert [len(s) for s in stripes] == [min(rows, height - y) for y in range(0, height, rows)]
    np.testing.assert_array_equal(np.concatenate(stripes), _expected(path))
    assert png_size(path) == (width, height)


def test_a_colour_that_stands_for_transparency(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 9, 12).save(path, transparency=(0, 0, 0))
    stripes = np.concatenate(list(png_stripes(path, 4)))
    assert stripes.shape == (9, 12, 4)
    np.testing.assert_array_equal(stripes, _expected(path))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def test_data_in_many_chunks_and_one_large_one(tmp_path: Path) -> None:
    """Noise of 1.2 MB is more than is read at once; other writers cut it into chunks of a few bytes."""
    pixels = np.random.default_rng(0).integers(0, 256, (1000, 400, 3), np.uint8)
    rows = np.pad(pixels.reshape(1000, 1200), ((0, 0), (1, 0)))
    coded = zlib.compress(rows.tobytes(), 0)
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 1000, 8, 2, 0, 0, 0))
    pieces = [coded[:1], b"", *(coded[i : i + 7] for i in range(1, 5000, 7)), coded[5006:]]
    (tmp_path / "image.png").write_bytes(head + b"".join(_chunk(b"IDAT", p) for p in pieces) + _chunk(b"IEND", b""))
    np.testing.assert_array_equal(np.concatenate(list(png_stripes(tmp_path / "image.png", 333))), pixels)


@pytest.mark.parametrize("keep", [20, 60, 0.5, -30])
def test_files_that_end_too_early(keep: float, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 64, 64).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(ValueError, match="ends too early"):
        list(png_stripes(path, 10))


def test_damaged_data(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 64, 64).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :: 3] = bytes(len(data[len(data) // 2 :: 3]))
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"damaged|ends too early"):
        list(png_stripes(path, 10))


def _head(depth: int, colour: int) -> bytes:
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, depth, colour, 0, 0, 0))


@pytest.mark.parametrize(
    ("chunks", "match"),
    [
        (_chunk(b"IHDR", bytes(9)), "its head is damaged"),
        (_head(8, 5), "its head is damaged"),
        (_head(3, 2), "its head is damaged"),
        (_head(8, 3), "it has no colour table"),
        (_head(8, 3) + _chunk(b"PLTE", bytes(900)), "its head is damaged"),
        (b"", "it has no head"),
        (_head(8, 2) + struct.pack(">I", 2**32 - 9) + b"tEXt", "it ends too early"),  # 4 GB of text, it says
    ],
)
def test_damaged_heads(chunks: bytes, match: str, tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks + _chunk(b"IDAT", zlib.compress(bytes(1000))))
    with pytest.raises(ValueError, match=match):
        list(png_stripes(path, 4))


def test_what_is_no_png(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    _image("RGB", 9, 9).save(path, "BMP")
    assert png_size(path) is None
    with pytest.raises(ValueError, match="not a PNG"):
        list(png_stripes(path, 4))


def test_16_bits(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.fromarray(np.zeros((9, 9), np.uint16)).save(path)
    with pytest.raises(ValueError, match="16 bits"):
        list(png_stripes(path, 4))
