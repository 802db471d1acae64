"""Maps of any size are written some rows at a time, and the files are the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from spade_terrain.errors import TerrainError
from spade_terrain.export import ExportOptions, check_formats, formats, save
from spade_terrain.export.rasters.resample import Resampled
from spade_terrain.export.rows import Mapped, stripes
from spade_terrain.terrain import Terrain

MakeTerrain = Callable[..., Terrain]

STREAMED = [name for name, f in formats.FORMATS.items() if not f.mesh and not f.carved]


@dataclass(frozen=True)
class Guarded:
    """Rows that hand out `most` at a time."""

    array: NDArray[Any]
    most: int

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        start, stop, _ = rows.indices(len(self.array))
        assert stop - start <= self.most, f"{stop - start} rows were asked for at once"
        return self.array[rows]


@pytest.fixture
def small_stripes(monkeypatch: pytest.MonkeyPatch) -> int:
    """Stripes of 40 rows of a map 30 wide."""
    monkeypatch.setattr("spade_terrain.export.rows.STRIPE_PIXELS", 1200)
    return 40


def _files(paths: list[Path]) -> list[Path]:
    """The files, and those in folders."""
    return [file for path in paths for file in sorted(path.rglob("*") if path.is_dir() else [path]) if file.is_file()]


def _guarded(terrain: Terrain, most: int) -> Any:
    maps = {name: Guarded(getattr(terrain, name), most) for name in ("texture", "height", "shaded", "labels")}
    return replace(terrain, **maps)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", STREAMED)
def test_the_same_bytes_from_a_few_rows_at_a_time(name: str, make_terrain: MakeTerrain, tmp_path: Path) -> None:
    terrain = make_terrain(rows=1500, columns=30)
    whole = save(terrain, tmp_path / "whole", [name])
    with pytest.MonkeyPatch.context() as m:
        m.setattr("spade_terrain.export.rows.STRIPE_PIXELS", 1200)
        parts = save(_guarded(terrain, 8 * 40), tmp_path / "parts", [name])
    for one, other in zip(_files(whole), _files(parts), strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_presets_read_a_few_rows_at_a_time(make_terrain: MakeTerrain, tmp_path: Path, small_stripes: int) -> None:
    terrain = make_terrain(rows=1500, columns=30)
    options = ExportOptions(presets=("unity:65", "unreal:127", "godot", "blender", "worldpainter"))
    save(_guarded(terrain, 8 * small_stripes), tmp_path, options=options)
    heights = np.fromfile(tmp_path / "unity-height.raw", "<u2").reshape(65, 65)[::-1]
    column = Resampled(terrain.height, 65, 65, corners=True)[0:65][:, 32]
    np.testing.assert_allclose(
        heights[:, 32] * (terrain.height.max() / 65535), np.clip(column, 0, terrain.height.max()), atol=0.1
    )


def test_stripes_are_the_map(small_stripes: int) -> None:
    array = np.arange(95 * 30).reshape(95, 30)
    parts = list(stripes(Guarded(array, small_stripes)))
    assert [len(part) for part in parts] == [40, 40, 15]
    np.testing.assert_array_equal(np.concatenate(parts), array)
    assert [len(part) for part in stripes(np.zeros((2, 5000)))] == [1, 1]


def test_mapped_rows_are_made_when_asked_for() -> None:
    mapped = Mapped(np.arange(6).reshape(3, 2), lambda part: np.stack([part, -part], -1), np.int64, (2,))
    assert mapped.shape == (3, 2, 2)
    assert mapped.dtype == np.int64
    np.testing.assert_array_equal(mapped[1:2], [[[2, -2], [3, -3]]])


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("size", [(64, 41), (300, 97), (33, 33)])
def test_resampled_in_parts_is_resampled_whole(size: tuple[int, int], corners: bool, small_stripes: int) -> None:
    array = np.random.default_rng(0).random((900, 30), np.float32)
    parts = Resampled(Guarded(array, 8 * small_stripes), *size, corners=corners)
    pieces = np.concatenate([parts[0:7], parts[7:20], parts[20 : size[0]]])
    assert pieces.shape == parts.shape == size
    with pytest.MonkeyPatch.context() as m:
        m.setattr("spade_terrain.export.rows.STRIPE_PIXELS", 2**20)
        whole = Resampled(array, *size, corners=corners)[0 : size[0]]
    np.testing.assert_allclose(pieces, whole, atol=2e-5)  # Pillow takes places as 32-bit floats


def test_pixels_and_corners_lie_where_they_should() -> None:
    ramp = np.tile(np.arange(0.5, 64, dtype=np.float32), (64, 1))  # its pixels' middles, in pixels from the west
    pixels = Resampled(ramp, 32, 32)[0:32]
    np.testing.assert_allclose(pixels[5, 2:-2], np.arange(1, 64, 2)[2:-2], atol=1e-4)
    corners = Resampled(ramp, 65, 65, corners=True)[0:65]
    np.testing.assert_allclose(corners[5, 2:-2], np.arange(65)[2:-2], atol=1e-4)


def test_resampled_pictures_are_like_pillows() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    ours = Resampled(picture, 20, 30)[0:20]
    pillows = np.asarray(Image.fromarray(picture).resize((30, 20), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(ours[3:-3, 3:-3], pillows[3:-3, 3:-3])


def test_the_default_formats_just_work_for_any_size() -> None:
    assert check_formats(None, 65536, 65536) == ["texture", "terrain", "height", "glb", "preview"]


def test_a_map_too_large_to_simplify() -> None:
    with pytest.raises(TerrainError, match=r"meshes of obj to `triangles`, which takes .*; leave it out for a grid"):
        check_formats(["obj"], 65536, 65536, ExportOptions(triangles=1000))
    check_formats(STREAMED, 65536, 65536)


def test_no_such_format() -> None:
    with pytest.raises(TerrainError, match=r"^no such format: 'jpeg'; there are texture, "):
        check_formats(["jpeg"], 64, 64)


def test_what_a_format_needs_is_written_with_it(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    save(make_terrain(), tmp_path, ["obj"])
    assert {p.name for p in tmp_path.iterdir()} == {"texture.png", "terrain.obj", "terrain.mtl", "terrain.json"}


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (ExportOptions(relief=0), "relief"),
        (ExportOptions(vertical_scale=-1), "vertical_scale"),
        (ExportOptions(playable_km=float("nan")), "playable_km"),
        (ExportOptions(triangles=1), "triangles"),
    ],
)
def test_options_that_make_no_sense(options: ExportOptions, name: str) -> None:
    with pytest.raises(TerrainError, match=f"^`{name}` is "):
        check_formats(None, 64, 64, options)


def test_every_format_writes_what_it_describes(make_terrain: MakeTerrain, tmp_path: Path) -> None:
    for name in (name for name, f in formats.FORMATS.items() if not f.carved):
        paths = save(make_terrain(), tmp_path / name, [name])
        assert len(paths) > 1
        assert {p.name for p in paths} == {p.name for p in (tmp_path / name).iterdir()}
