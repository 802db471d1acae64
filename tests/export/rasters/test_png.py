"""Our PNG files, read by OpenCV and Pillow."""

import struct
import zlib
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.export.rasters import png

IMAGES = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda sides: st.one_of(
        arrays(np.uint8, sides),
        arrays(np.uint16, sides),
        arrays(np.uint8, (*sides, 3)),
        arrays(np.uint16, (*sides, 3)),
        arrays(np.uint8, (*sides, 4)),
    )
)


@given(image=IMAGES, stripe=st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_any_image_comes_back(image: NDArray[Any], stripe: int) -> None:
    with pytest.MonkeyPatch.context() as m:
        m.setattr("spade_terrain.export.rows.STRIPE_PIXELS", stripe)
        data = png.encode(image)
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None
    assert read.dtype == image.dtype
    if image.ndim == 3:
        read = read[..., [2, 1, 0, 3][: image.shape[2]]]
    np.testing.assert_array_equal(read, image)
    with Image.open(BytesIO(data)) as again:
        again.verify()  # every chunk's checksum


def test_every_filter_is_used_and_read_right() -> None:
    rng = np.random.default_rng(0)
    flat = np.full((4, 300), 9, np.uint8)
    east = np.tile(np.arange(300, dtype=np.uint8), (4, 1)) + np.arange(4, dtype=np.uint8)[:, None] * 37
    image = np.concatenate([flat, east, np.repeat(rng.integers(0, 256, (1, 300), np.uint8), 4, 0), *_smooth(rng)])
    data = png.encode(image)
    filters = zlib.decompress(_chunks(data)[b"IDAT"])[:: 1 + image.shape[1]]
    assert set(filters) == {0, 1, 2, 3, 4}
    with Image.open(BytesIO(data)) as read:
        np.testing.assert_array_equal(np.asarray(read), image)


def _smooth(rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    """Slopes in both directions, and noise whose neighbours' mean is the best guess."""
    plane = np.add.outer(np.arange(8) * 5, np.arange(300) * 3).astype(np.uint8)
    noise = rng.integers(0, 256, (8, 300)).astype(float)
    for _ in range(3):
        noise = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1) + np.roll(noise, 1, (0, 1))) / 4
    return [plane, noise.astype(np.uint8), rng.integers(0, 256, (8, 300)).astype(np.uint8)]


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The contents of the chunks, joined by kind."""
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind = data[at + 4 : at + 8]
        chunks[kind] = chunks.get(kind, b"") + data[at + 8 : at + 8 + length]
        at += 12 + length
    return chunks
