from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spade_terrain.errors import TerrainError
from spade_terrain.maps.image import label_array, read_map
from spade_terrain.maps.legend import Legend
from spade_terrain.palette import COLOURS, WATER, Labels, LandClass, labels_to_image


@pytest.fixture
def labels() -> Labels:
    return np.arange(70, dtype=np.uint8).reshape(7, 10).repeat(10, 0).repeat(7, 1) % 7


def _picture(labels: Labels) -> Image.Image:
    return Image.fromarray(labels_to_image(labels))


def _save(image: Image.Image, folder: Path, name: str = "map.png") -> Path:
    image.save(folder / name)
    return folder / name


def _check_error(path: Path, match: str) -> None:
    with pytest.raises(TerrainError, match=match) as caught:
        read_map(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["map.png", "map.bmp", "map.tif", "map.webp"])
def test_reads_any_lossless_format(labels: Labels, tmp_path: Path, name: str) -> None:
    picture = _picture(labels)
    if name.endswith("webp"):
        picture.save(tmp_path / name, lossless=True)
    else:
        picture.save(tmp_path / name)
    np.testing.assert_array_equal(read_map(tmp_path / name), labels)


def test_reads_a_colour_table(labels: Labels, tmp_path: Path) -> None:
    picture = Image.fromarray(labels)
    picture.putpalette(COLOURS.ravel().tolist())
    assert picture.mode == "P"
    np.testing.assert_array_equal(read_map(_save(picture, tmp_path)), labels)


def test_reads_an_opaque_alpha_channel(labels: Labels, tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_map(_save(_picture(labels).convert("RGBA"), tmp_path)), labels)


def test_reads_a_map_of_one_class_in_grey(tmp_path: Path) -> None:
    assert (read_map(_save(Image.new("L", (64, 64), 150), tmp_path)) == 5).all()


def test_transparent(labels: Labels, tmp_path: Path) -> None:
    picture = _picture(labels).convert("RGBA")
    picture.putpixel((3, 4), (17, 141, 215, 254))
    _check_error(_save(picture, tmp_path), "transparent")


def test_transparent_entry_of_a_colour_table(labels: Labels, tmp_path: Path) -> None:
    picture = Image.fromarray(labels)
    picture.putpalette(COLOURS.ravel().tolist())
    picture.save(tmp_path / "map.png", transparency=0)
    _check_error(tmp_path / "map.png", "transparent")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "CMYK", "RGB", "RGBA", "YCbCr", "LAB"])
def test_other_colours_in_every_mode(mode: str, tmp_path: Path) -> None:
    colours: dict[str, int | tuple[int, int]] = {"L": 90, "LA": (90, 255), "I;16": 9000}
    image = Image.new(mode, (64, 64), colours.get(mode, 0))
    if mode == "RGBA":
        image.putalpha(255)
    _check_error(_save(image, tmp_path, "map.tif"), "the palette's colours: the commonest is RGB")


def test_reads_labels_of_a_grey_image(labels: Labels, tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_map(_save(Image.fromarray(labels), tmp_path)), labels)
    for dtype in (np.uint16, np.int32):
        path = _save(Image.fromarray(labels.astype(dtype)), tmp_path, "map.tif")
        read = read_map(path)
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, labels)


@pytest.mark.parametrize("largest", [7, 31])
def test_labels_of_other_classes(labels: Labels, tmp_path: Path, largest: int) -> None:
    labels[5, 5] = largest
    _check_error(_save(Image.fromarray(labels), tmp_path), f"labels go from 0 to 6, but the map holds {largest}")


def test_a_legend_makes_colours_of_grey_values(tmp_path: Path) -> None:
    legend = Legend((LandClass("hills", (0, 0, 0)), LandClass("water", (6, 6, 6))), "mine")
    assert (read_map(_save(Image.new("L", (64, 64), 6), tmp_path), legend) == WATER).all()


@pytest.mark.parametrize(("name", "quality"), [("map.jpg", 75), ("map.webp", 75), ("map.jpg", 95)])
def test_reads_lossy_formats(
    labels: Labels, tmp_path: Path, name: str, quality: int, caplog: pytest.LogCaptureFixture
) -> None:
    large = labels.repeat(3, 0).repeat(3, 1)
    _picture(large).save(tmp_path / name, quality=quality)
    assert (read_map(tmp_path / name) != large).mean() < 0.01
    (message,) = caplog.messages
    assert f"{name}: " in message
    assert "pixels (" in message
    assert "\n" not in message


def test_says_nothing_of_exact_colours(labels: Labels, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read_map(_save(_picture(labels), tmp_path))
    assert caplog.messages == []


@pytest.mark.parametrize("content", [b"", b"a map, in words", b"\x89PNG\r\n\x1a\n"])
def test_not_an_image(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "map.png").write_bytes(content)
    _check_error(tmp_path / "map.png", "not an image|can't be read")


def test_cut_short(labels: Labels, tmp_path: Path) -> None:
    path = _save(_picture(np.random.default_rng(0).integers(0, 7, (200, 200), np.uint8)), tmp_path)
    path.write_bytes(path.read_bytes()[:3000])
    _check_error(path, "can't be read")


@pytest.mark.parametrize("name", ["map.jpg", "map.webp", "map.tif", "map.gif", "map.bmp"])
def test_cut_short_in_every_format(tmp_path: Path, name: str) -> None:
    path = _save(_picture(np.random.default_rng(0).integers(0, 7, (200, 200), np.uint8)), tmp_path, name)
    whole = path.read_bytes()
    for share in (0.9, 0.5):
        path.write_bytes(whole[: int(share * len(whole))])
        _check_error(path, "can't be read|not an image")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["map.png", "map.bmp", "map.tif", "map.gif", "map.webp", "map.jpg", "map.ppm"])
def test_a_damaged_file_gives_labels_or_an_error_of_ours(labels: Labels, tmp_path: Path, name: str) -> None:
    whole = _save(_picture(labels), tmp_path, name).read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 300), 3):
            damaged[place] = rng.integers(256)
        (tmp_path / name).write_bytes(damaged)
        with suppress(TerrainError):
            read_map(tmp_path / name)


@pytest.mark.parametrize("size", [(63, 64), (64, 63), (1, 5000)])
def test_too_small(size: tuple[int, int], tmp_path: Path) -> None:
    _check_error(_save(Image.new("RGB", size, (17, 141, 215)), tmp_path), "at least 64")


@pytest.mark.parametrize("size", [(4097, 4096), (12_000, 12_000), (14_000, 14_000)])
@pytest.mark.filterwarnings("error")
def test_too_large(size: tuple[int, int], tmp_path: Path) -> None:
    """Refused from the file's first bytes: a picture of 14,000 x 14,000 takes 0.6 GB once decoded."""
    _check_error(_save(Image.new("1", size), tmp_path), "4096 x 4096")


def test_arrays(labels: Labels) -> None:
    np.testing.assert_array_equal(label_array(labels), labels)
    np.testing.assert_array_equal(label_array(labels_to_image(labels)), labels)
    for dtype in (np.int8, np.uint16, np.int64, np.float16, np.float64):
        read = label_array(labels.astype(dtype))
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, labels)
    np.testing.assert_array_equal(label_array(labels_to_image(labels).astype(np.int64)), labels)


@pytest.mark.parametrize(
    ("source", "match"),
    [
        (np.zeros((64, 64), bool), r"whole ones, not bool; .*astype"),
        (np.full((64, 64), "a"), "whole ones, not <U1"),
        (np.full((64, 64), 0.5), "in whole numbers, but the map holds fractions; round it"),
        (np.full((64, 64), np.nan), "0 to 6, but the map holds nan"),
        (np.full((64, 64), np.inf), "0 to 6, but the map holds inf"),
        (np.full((64, 64), -1), "0 to 6, but the map holds -1"),
        (np.full((64, 64, 3), 256), "colours go from 0 to 255, but the map holds 256"),
        ([[0] * 64] * 64, "a path or an array, not list"),
        (None, "a path or an array, not NoneType"),
        (np.zeros((3, 64, 64), np.uint8), r"\(H, W, 3\).*not \(3, 64, 64\)"),
        (np.zeros((64, 64, 5), np.uint8), r"not \(64, 64, 5\)"),
        (np.zeros((64, 64, 4), np.uint8), "transparent in places"),
        (np.full((64, 64, 3), 0.5), "the map's from 0 to 1; multiply it by 255 and round it"),
        (np.zeros(64, np.uint8), r"not \(64,\)"),
        (np.zeros((64, 63), np.uint8), "63 x 64 pixels; .*at least 64"),
        (np.zeros((0, 64), np.uint8), "at least 64"),
        (np.zeros((64, 65_537), np.uint8), "65537 x 64 pixels, and sides of 65536 are the most"),
        (np.full((64, 64), 7, np.uint8), "0 to 6, but the map holds 7"),
        (np.zeros((64, 64, 3), np.uint8), "100.0% of the map"),
    ],
)
def test_arrays_that_are_no_maps(source: object, match: str) -> None:
    with pytest.raises(TerrainError, match=match):
        label_array(source)  # type: ignore[arg-type]
