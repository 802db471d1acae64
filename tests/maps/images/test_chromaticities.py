"""Colours whose meaning a PNG tells by gAMA and cHRM, and inks with a profile."""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from spade_terrain.maps import limits
from spade_terrain.maps.images.chromaticities import profile_of
from spade_terrain.maps.legend import Legend
from spade_terrain.maps.read import open_map
from spade_terrain.palette import COLOURS, Labels, labels_to_image
from tests.maps.icc import PRESS
from tests.maps.png_file import chunk, put_chunk

SRGB = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
ADOBE = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
APPLE = (31270, 32900, 62500, 34000, 28000, 59500, 15500, 7000)
PROPHOTO_D50 = (34567, 35850, 73470, 26530, 15960, 84040, 3660, 10)


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(3).integers(0, 7, (4, 6), np.uint8).repeat(20, 0).repeat(16, 1)


@pytest.fixture(params=[False, True], ids=["small", "large"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(limits, "MAX_DECODED", 5000)
        monkeypatch.setattr(limits, "STRIPE", 1000)


def _xyz(places: tuple[int, ...]) -> NDArray[np.float64]:
    """From linear RGB to XYZ, by primaries and white; whites are the same here, or nearly."""
    columns = np.array([[x / y, 1, (1e5 - x - y) / y] for x, y in zip(places[::2], places[1::2], strict=True)]).T
    return columns[:, 1:] * np.linalg.solve(columns[:, 1:], columns[:, 0])


def _encoded(labels: Labels, gamma: int, places: tuple[int, ...]) -> NDArray[np.uint8]:
    """The palette's colours in a space of these primaries and this gamma."""
    srgb = COLOURS / 255
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    other = np.linalg.solve(_xyz(places), _xyz(SRGB) @ light.T).T.clip(0, 1)
    encoded: NDArray[np.uint8] = np.rint(other ** (gamma / 100_000) * 255).astype(np.uint8)[labels]
    return encoded


def _save(path: Path, picture: NDArray[np.uint8], gamma: int, places: tuple[int, ...] | None) -> Path:
    Image.fromarray(picture).save(path)
    if places:
        put_chunk(path, chunk(b"cHRM", struct.pack(">8I", *places)))
    put_chunk(path, chunk(b"gAMA", struct.pack(">I", gamma)))
    return path


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize(
    ("gamma", "places"),
    [(100_000, None), (100_000, P3), (55_556, APPLE), (55_556, None), (45_455, P3), (45_455, ADOBE), (38_462, SRGB)],
)
def test_gamma_and_chromaticities(
    gamma: int, places: tuple[int, ...] | None, labels: Labels, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _save(tmp_path / "map.png", _encoded(labels, gamma, places or SRGB), gamma, places)
    np.testing.assert_array_equal(open_map(path).in_memory(), labels)
    assert not any("left out" in message or "Far from" in message for message in caplog.messages)
    converted = _converted(_encoded(np.arange(7, dtype=np.uint8)[None], gamma, places or SRGB), gamma, places)
    assert np.abs(converted.astype(int) - COLOURS).max() <= 5


def _converted(colours: NDArray[np.uint8], gamma: int, places: tuple[int, ...] | None) -> NDArray[np.uint8]:
    profile = profile_of(struct.pack(">I", gamma), struct.pack(">8I", *places) if places else b"")
    assert profile
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    image = ImageCms.profileToProfile(Image.fromarray(colours), source, ImageCms.createProfile("sRGB"))
    assert image is not None
    converted: NDArray[np.uint8] = np.asarray(image)[0]
    return converted


@pytest.mark.parametrize(("gamma", "places"), [(45_455, None), (45_455, SRGB), (45_000, SRGB), (46_000, None)])
def test_those_of_srgb_change_nothing(
    gamma: int, places: tuple[int, ...] | None, labels: Labels, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _save(tmp_path / "map.png", labels_to_image(labels), gamma, places)
    np.testing.assert_array_equal(open_map(path).in_memory(), labels)
    assert not caplog.messages


def test_srgb_goes_before_them(labels: Labels, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = _save(tmp_path / "map.png", labels_to_image(labels), 100_000, P3)
    put_chunk(path, chunk(b"sRGB", b"\0"))
    np.testing.assert_array_equal(open_map(path).in_memory(), labels)
    assert not caplog.messages


def test_a_white_of_its_own() -> None:
    """White stays white."""
    assert _converted(np.full((1, 1, 3), 255, np.uint8), 55_556, PROPHOTO_D50).min() >= 254


@pytest.mark.parametrize(
    ("gamma", "places"),
    [
        (b"", b""),
        (b"\0\0\0\0", b""),
        (b"\xff\xff\xff\xff", b""),
        (struct.pack(">I", 100_000), struct.pack(">8I", *[0] * 8)),
        (struct.pack(">I", 100_000), struct.pack(">8I", *[30_000] * 8)),
    ],
)
def test_numbers_that_make_no_sense(gamma: bytes, places: bytes, labels: Labels, tmp_path: Path) -> None:
    assert profile_of(gamma, places) is None
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    for name, content in ((b"gAMA", gamma), (b"cHRM", places)):
        put_chunk(tmp_path / "map.png", chunk(name, content))
    np.testing.assert_array_equal(open_map(tmp_path / "map.png").in_memory(), labels)


INKS = np.array([(200, 60, 0, 0), (20, 0, 120, 0), (120, 0, 160, 40), (0, 0, 0, 110)], np.uint8)


@pytest.mark.parametrize("name", ["map.jpg", "map.tif"])
def test_inks_with_a_profile(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What inks look like, the profile of the press says; without it they are quite other colours."""
    numbers = np.random.default_rng(1).integers(0, 4, (5, 6)).repeat(32, 0).repeat(32, 1)
    picture = Image.fromarray(INKS[numbers], "CMYK")
    press = ImageCms.ImageCmsProfile(BytesIO(PRESS))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    shown = ImageCms.profileToProfile(
        Image.fromarray(INKS[None], "CMYK"), press, ImageCms.createProfile("sRGB"), intent, "RGB"
    )
    assert shown is not None
    colours = np.asarray(shown)[0]
    naive = np.asarray(Image.fromarray(INKS[None], "CMYK").convert("RGB"))[0]
    assert np.abs(colours.astype(int) - naive).max() > 50
    legend = Legend.of(
        {
            land: "#" + bytes(colour.tolist()).hex()
            for land, colour in zip(("water", "grassland", "forest", "mountains"), colours, strict=True)
        }
    )
    picture.save(tmp_path / name, icc_profile=PRESS, quality=95)
    read = open_map(tmp_path / name, legend=legend).in_memory()
    expected = np.array([0, 1, 2, 5])[numbers]
    assert (read == expected).mean() > (0.99 if name == "map.jpg" else 0.9999)
    assert name == "map.jpg" or not caplog.messages  # all are exactly in the legend's colours
