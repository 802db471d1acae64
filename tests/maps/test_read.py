from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from spade_terrain.errors import MapError, MissingFileError, TerrainError
from spade_terrain.maps import limits
from spade_terrain.maps.read import open_map
from spade_terrain.palette import Labels, labels_to_image
from spade_terrain.storage.stored import StoredArray


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(0).integers(0, 7, (10, 12), np.uint8).repeat(9, 0).repeat(9, 1)


@pytest.fixture
def path(labels: Labels, tmp_path: Path) -> Path:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    return tmp_path / "map.png"


@pytest.fixture
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DECODED", 5000)
    monkeypatch.setattr(limits, "STRIPE", 1000)


def test_small_maps(labels: Labels, path: Path) -> None:
    for source in (path, labels, labels_to_image(labels)):
        rows = open_map(source)
        assert rows.shape == (90, 108)
        np.testing.assert_array_equal(rows.in_memory(), labels)


@pytest.mark.usefixtures("_all_are_large")
def test_large_pngs_are_read_in_stripes(labels: Labels, path: Path, tmp_path: Path) -> None:
    rows = open_map(path)
    assert len(list(rows.stripes())) > 1
    np.testing.assert_array_equal(rows.in_memory(), labels)
    stored = StoredArray(tmp_path / "labels.raw", rows.shape, np.dtype(np.uint8))
    stored.create()
    rows.read_into(stored)
    np.testing.assert_array_equal(stored[:], labels)


@pytest.mark.usefixtures("_all_are_large")
def test_another_colour_in_a_large_png(labels: Labels, tmp_path: Path) -> None:
    image = labels_to_image(labels)
    image[50:60] = (1, 2, 3)
    Image.fromarray(image).save(tmp_path / "map.png")
    with pytest.raises(TerrainError, match=r"11\.1% of the map is not in the palette's colours: .*\(1, 2, 3\)"):
        open_map(tmp_path / "map.png").in_memory()


@pytest.mark.usefixtures("_all_are_large")
def test_large_pngs_of_labels(labels: Labels, tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    Image.fromarray(labels).save(path)
    np.testing.assert_array_equal(open_map(path).in_memory(), labels)
    Image.fromarray(np.full_like(labels, 150)).save(path)
    assert (open_map(path).in_memory() == 5).all()
    labels[80, 3] = 7
    Image.fromarray(labels).save(path)
    with pytest.raises(TerrainError, match="labels go from 0 to 6, but the map holds 7"):
        open_map(path).in_memory()


@pytest.mark.usefixtures("_all_are_large")
def test_large_pngs_with_smoothed_edges(labels: Labels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = labels.repeat(3, 0)
    smoothed = Image.fromarray(labels_to_image(large)).filter(ImageFilter.GaussianBlur(1))
    smoothed.save(tmp_path / "map.png")
    in_stripes = open_map(tmp_path / "map.png")
    assert len(list(in_stripes.stripes())) > 5
    monkeypatch.setattr(limits, "MAX_DECODED", 100_000)
    np.testing.assert_array_equal(in_stripes.in_memory(), open_map(tmp_path / "map.png").in_memory())
    assert (in_stripes.in_memory() != large).mean() < 0.02


@pytest.mark.usefixtures("_all_are_large")
def test_a_large_png_that_is_damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(TerrainError, match=r"map\.png can't be read \(it ends too early\)") as caught:
        open_map(path).in_memory()
    assert "\n" not in str(caught.value)


def test_sides_over_65536_are_refused_from_the_first_bytes(tmp_path: Path) -> None:
    Image.new("1", (65_537, 300)).save(tmp_path / "map.png")
    with pytest.raises(TerrainError, match="65537 x 300 pixels, and sides of 65536 are the most"):
        open_map(tmp_path / "map.png")


def test_upscaled(labels: Labels, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = open_map(labels, scale=3, seed=7)
    assert at_once.shape == (270, 324)
    monkeypatch.setattr(limits, "STRIPE", 324 * 50)
    in_stripes = open_map(path, scale=3, seed=7)
    assert len(list(in_stripes.stripes())) == 6
    np.testing.assert_array_equal(in_stripes.in_memory(), at_once.in_memory())
    assert (open_map(labels, scale=3, seed=8).in_memory() != at_once.in_memory()).any()


@pytest.mark.parametrize(("scale", "match"), [(0, "`scale` is 0"), (-2, "`scale` is -2"), (700, "75600 x 63000")])
def test_scales_that_are_none(scale: int, match: str, labels: Labels) -> None:
    with pytest.raises(TerrainError, match=match):
        open_map(labels, scale)


def test_borders_wander_if_asked_to(labels: Labels) -> None:
    plain, moved, other = (open_map(labels, seed=s, wander=w) for s, w in ((1, False), (1, True), (2, True)))
    np.testing.assert_array_equal(plain.in_memory(), labels)
    assert moved.shape == labels.shape
    assert 0 < (moved.in_memory() != labels).mean() < 0.5
    assert (moved.in_memory() != other.in_memory()).any()
    assert moved.digest() != plain.digest()
    np.testing.assert_array_equal(
        open_map(labels, 2, seed=1, wander=True).in_memory(), open_map(labels, 2, seed=1).in_memory()
    )


def test_digests_tell_maps_apart(labels: Labels, path: Path) -> None:
    other = labels.copy()
    other[0, 0] ^= 1
    assert open_map(labels).digest() == open_map(labels.copy()).digest() != open_map(other).digest()
    before = open_map(path).digest()
    assert before == open_map(path).digest()
    Image.fromarray(labels_to_image(other)).save(path)
    assert open_map(path).digest() != before


def test_what_is_no_map() -> None:
    with pytest.raises(MapError, match="a path or an array, not NoneType"):
        open_map(None)  # type: ignore[arg-type]
    with pytest.raises(MissingFileError, match="no such file"):
        open_map("none.png")


def test_errors_of_ours_are_not_taken_for_a_decoders(labels: Labels, tmp_path: Path) -> None:
    """They are `ValueError`s too, as which damaged files are reported."""
    Image.new("RGB", (63, 64)).save(tmp_path / "small.png")
    with pytest.raises(MapError, match=r"^the map is 63 x 64 pixels; paint one"):
        open_map(tmp_path / "small.png")


@pytest.mark.usefixtures("_all_are_large")
def test_errors_of_ours_are_not_taken_for_a_decoders_in_a_large_png(labels: Labels, tmp_path: Path) -> None:
    Image.fromarray(np.full_like(labels, 7)).save(tmp_path / "map.png")
    with pytest.raises(MapError, match=r"^labels go from 0 to 6"):
        open_map(tmp_path / "map.png").in_memory()
