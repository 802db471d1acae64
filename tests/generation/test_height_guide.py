"""Rough heights on the way to the network."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from spade_terrain import Model, TerrainError, generate, generate_to, generate_window, load_model
from spade_terrain.card import HeightCode
from spade_terrain.cli import main
from spade_terrain.generation import job, tiling
from spade_terrain.generation.height_guide import height_guide
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.tiling import generate_at_once, generate_blocks
from spade_terrain.maps.heights.read import read_heights
from spade_terrain.maps.heights.rough import RoughHeights
from spade_terrain.maps.read import open_map
from spade_terrain.palette import WATER, Labels, labels_to_image
from spade_terrain.window import Window
from tests.conftest import GUIDED_CARD, tiny_onnx

Metres = NDArray[np.float32]


def _labels(height: int = 90, width: int = 107) -> Labels:
    blocks = np.random.default_rng(0).integers(0, 7, (height // 9 + 1, width // 9 + 1), np.uint8)
    return blocks.repeat(9, 0).repeat(9, 1)[:height, :width]


def _metres(shape: tuple[int, int], seed: int = 0) -> Metres:
    """Noise, a third of it unknown."""
    random = np.random.default_rng(seed)
    metres = random.uniform(0, 5000, shape).astype(np.float32)
    return np.where(random.random(shape) < 1 / 3, np.float32(np.nan), metres)


@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.5, 0.9]), st.sampled_from([0.1, 0.5, 0.9]))
def test_cells_ask_for_means_of_known_land_and_more_of_high_land(seed: int, land: float, known: float) -> None:
    random = np.random.default_rng(seed)
    labels = np.where(random.random((12, 20)) < land, 3, WATER).astype(np.uint8)
    metres = random.uniform(0, 12_000 if seed % 2 else 400, (12, 20)).astype(np.float32)
    metres[random.random((12, 20)) > known] = np.nan
    code = HeightCode()
    guide = height_guide(metres, labels, 4, code)
    assert guide.shape == (2, 3, 5)
    assert guide.dtype == np.float32
    for row, column in np.ndindex(3, 5):
        cell = np.s_[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        on_land = metres[cell][labels[cell] != WATER]
        given_ = on_land[~np.isnan(on_land)]
        if len(given_) and len(given_) >= len(on_land) / 4:
            mean = given_.mean(dtype=np.float64)
            asked = mean if mean < 200 else 1.15 * mean - 30
            np.testing.assert_allclose(guide[:, row, column], [2 * np.sqrt(min(asked, 9000) / 9000), 1], rtol=1e-5)
        else:
            assert guide[:, row, column].tolist() == [0, 0]


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert not height_guide(None, _labels(64, 64), 4, HeightCode()).any()


@given(data=st.data(), seed=st.integers(0, 10_000), window=st.integers(4, 20), coarse=st.integers(5, 150))
@settings(deadline=None, max_examples=20)
def test_windows_with_a_guide_equal_the_whole(
    guided_model: Model, data: st.DataObject, seed: int, window: int, coarse: int
) -> None:
    labels = _labels(90, 130)
    heights = RoughHeights.fitted(_metres((coarse, coarse), seed), labels.shape, "noise", None)
    sides = [st.lists(st.integers(1, n // 4 - 1), min_size=1, max_size=3, unique=True) for n in labels.shape]
    rows, columns = ([0, *sorted(4 * cut for cut in data.draw(side))] for side in sides)
    blocks = [
        Window(x0, y0, x1, y1)
        for y0, y1 in zip(rows, [*rows[1:], 90], strict=True)
        for x0, x1 in zip(columns, [*columns[1:], 130], strict=True)
    ]
    made = Pixels.empty((90, 130))
    for block, part in generate_blocks(guided_model, labels, seed, blocks, 4 * window, metres_at=heights.window):
        part.write_to(made, block.place(Window(0, 0, 130, 90)))
    padded = np.pad(labels, ((0, 2), (0, 2)), mode="edge")
    whole = generate_at_once(guided_model, padded, seed, heights.window).crop(np.s_[:90, :130])
    np.testing.assert_allclose(made.height, whole.height, rtol=0, atol=0.9)
    assert np.abs(made.shaded.astype(int) - whole.shaded).max() <= 1
    assert np.abs(made.texture.astype(int) - whole.texture).max() <= 1


def test_a_guide_has_its_effect_where_it_is_known(guided_model: Model) -> None:
    labels = np.full((96, 96), 5, np.uint8)
    metres = np.full((96, 96), np.nan, np.float32)
    plain = generate(labels, model=guided_model)
    metres[32:64, 32:64] = 4000
    guided = generate(labels, guide=metres, model=guided_model)
    changed = guided.height != plain.height
    halo = guided_model.card.halo
    assert changed[40:56, 40:56].mean() > 0.5
    changed[32 - halo : 64 + halo, 32 - halo : 64 + halo] = False
    assert not changed.any()
    assert guided.guide is not None
    assert (guided.guide.source, guided.guide.range_m) == ("an array", (4000, 4000))
    assert plain.guide is None


def test_what_is_known_of_the_sea_alone_changes_nothing(guided_model: Model) -> None:
    labels = _labels()
    at_sea = np.where(labels == WATER, np.float32(3000), np.float32(np.nan))
    assert generate(labels, guide=at_sea, model=guided_model).height.tobytes() == (
        generate(labels, model=guided_model).height.tobytes()
    )


def test_the_styles_elevation_is_0_with_a_guide_unless_given(tmp_path: Path) -> None:
    card = replace(GUIDED_CARD, style=("elevation", "relief", "lightness", "greenness"))
    onnx.save(tiny_onnx(card), tmp_path / "styled.onnx")
    model = load_model(tmp_path / "styled.onnx")
    labels, metres = _labels(), _metres((90, 107))
    drawn = generate(labels, seed=3, model=model).style
    assert drawn["elevation"] != 0
    assert generate(labels, seed=3, guide=metres, model=model).style == {**drawn, "elevation": 0}
    for given_ in (
        generate(labels, seed=3, guide=metres, style={"elevation": 1.5}, model=model),
        generate(labels, seed=3, guide=metres, model=model.styled({"elevation": 1.5})),
    ):
        assert given_.style == {**drawn, "elevation": 1.5}


def test_a_model_that_takes_none_says_so(tiny_model: Model, tmp_path: Path) -> None:
    calls: list[Callable[[], object]] = [
        lambda: generate(_labels(), guide=_metres((90, 107)), model=tiny_model),
        lambda: generate_to(_labels(), tmp_path / "out", guide=tmp_path / "none.tif", model=tiny_model),
        lambda: generate_window(
            lambda *_: _labels(), 0, 0, 9, 9, guide_at=lambda *_: _metres((9, 9)), model=tiny_model
        ),
    ]
    for call in calls:
        with pytest.raises(TerrainError, match=r"^the model 'tiny' takes no `guide`; leave it out"):
            call()
    assert list(tmp_path.iterdir()) == []


def _world(x0: int, y0: int, width: int, height: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.arange(x0, x0 + width), np.arange(y0, y0 + height)[:, None]


def _world_labels(x0: int, y0: int, width: int, height: int) -> Labels:
    x, y = _world(x0, y0, width, height)
    labels: Labels = ((x // 9 + y // 7) % 7).astype(np.uint8)
    return labels


def _world_metres(x0: int, y0: int, width: int, height: int) -> Metres:
    x, y = _world(x0, y0, width, height)
    metres = ((x * x + y * y) % 4001).astype(np.float32)
    metres[metres < 1000] = np.nan
    return metres


def test_windows_of_an_endless_world_agree(guided_model: Model) -> None:
    def window(x0: int, y0: int, width: int, height: int) -> Metres:
        terrain = generate_window(
            _world_labels, x0, y0, width, height, guide_at=_world_metres, texture="atlas", model=guided_model
        )
        return terrain.height

    large = window(-37, 1003, 90, 70)
    np.testing.assert_allclose(window(-10, 1020, 31, 17), large[17:34, 27:58], rtol=0, atol=0.9)
    plain = generate_window(_world_labels, -37, 1003, 90, 70, model=guided_model).height
    assert (plain != large).mean() > 0.3


@pytest.mark.parametrize("metres", [np.zeros((9, 9), np.float32), np.zeros((24, 40)), [1.0]])
def test_functions_of_heights_that_are_wrong(metres: Any, guided_model: Model) -> None:
    with pytest.raises(TerrainError, match=r"^`guide_at` returned .*; make it metres, float32 of the shape"):
        generate_window(_world_labels, 0, 0, 40, 24, guide_at=lambda *_: metres, model=guided_model)


@pytest.mark.parametrize("metres", [np.inf, -32768, 1e9])
def test_functions_of_heights_that_are_none(metres: float, guided_model: Model) -> None:
    def heights_at(x0: int, y0: int, width: int, height: int) -> Metres:
        return np.full((height, width), metres, np.float32)

    with pytest.raises(TerrainError, match=r"^`guide_at` returned heights as far from the sea as .* NaN where unknown"):
        generate_window(_world_labels, 0, 0, 40, 24, guide_at=heights_at, model=guided_model)


def _bytes(terrain: Any) -> list[bytes]:
    return [np.asarray(a[:]).tobytes() for a in (terrain.texture, terrain.height, terrain.shaded, terrain.labels)]


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "BLOCK", 32)
    monkeypatch.setattr(tiling, "WHOLE", 64 * 64)


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("relative", [False, True])
def test_on_disk_resumed_and_in_memory_are_the_same(
    relative: bool, guided_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, out = _labels(), tmp_path / "out"
    grey = tmp_path / "grey.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (45, 54), np.uint8)).save(grey)
    guide, other = (grey, _metres((90, 107))) if relative else (_metres((90, 107)), grey)
    whole = generate(labels, guide=guide, model=guided_model)
    make, left = tiling.generate_block, 5

    def counted(*args: Any) -> Pixels:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return make(*args)

    with monkeypatch.context() as patched:
        patched.setattr(tiling, "generate_block", counted)
        with pytest.raises(KeyboardInterrupt):
            generate_to(labels, out, ["height"], guide=guide, model=guided_model)
    for changed in (other, None):
        with pytest.raises(TerrainError, match="holds an unfinished run with another guide"):
            generate_to(labels, out, ["height"], guide=changed, model=guided_model, resume=True)
    heights = read_heights(guide, None, labels.shape)
    with job.resumable_terrain(open_map(labels), out, guided_model, 0, heights=heights, resume=True) as made:
        assert _bytes(made) == _bytes(whole)
        assert made.guide == whole.guide


@pytest.mark.usefixtures("_small_blocks")
def test_a_picture_of_one_shade_leaves_nothing(guided_model: Model, tmp_path: Path) -> None:
    Image.fromarray(np.full((90, 107), 9, np.uint8)).save(tmp_path / "grey.png")
    with pytest.raises(TerrainError, match=r"grey.png has one shade on all land of the map; .*`guide_range`"):
        generate_to(_labels(), tmp_path / "out", ["height"], guide=tmp_path / "grey.png", model=guided_model)
    assert not (tmp_path / "out").exists()


def test_a_guide_that_covers_more_than_the_map_is_taken_from_where_the_map_lies(
    guided_model: Model, tmp_path: Path
) -> None:
    labels, metres = _labels(96, 128), _metres((200, 300))
    around, beneath = tmp_path / "around.tif", metres[60:156, 40:168]
    for path, bands, corner in (
        (tmp_path / "map.tif", labels_to_image(labels).transpose(2, 0, 1), (540_000, 4_940_000)),
        (around, metres[None], (500_000, 5_000_000)),
    ):
        count, height, width = bands.shape
        grid = rasterio.Affine(1000, 0, corner[0], 0, -1000, corner[1])
        profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": bands.dtype}
        with rasterio.open(path, "w", **profile, crs="EPSG:32633", transform=grid) as raster:
            raster.write(bands)
    made = generate(tmp_path / "map.tif", guide=around, model=guided_model)
    expected = generate(tmp_path / "map.tif", guide=beneath, model=guided_model)
    np.testing.assert_array_equal(made.height, expected.height)
    assert made.guide is not None
    assert expected.guide is not None
    assert made.guide.range_m == expected.guide.range_m
    other = generate(tmp_path / "map.tif", guide=around, model=guided_model, gsd=1500)
    assert other.georeference is None
    assert other.guide == made.guide


@pytest.mark.parametrize(("gsd", "most"), [(None, None), (250, 2250), (30, 547)])
def test_a_line_tells_of_heights_that_pixels_so_small_do_not_reach(
    gsd: float | None, most: int | None, guided_model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    generate(_labels(64, 64), guide=np.full((64, 64), 2500, np.float32), model=guided_model, gsd=gsd)
    told = [record.getMessage() for record in caplog.records if "is cut" in record.getMessage()]
    line = f"an array: it rises to 2,500 m, but land with pixels of {gsd} m to {most:,} m at most, so " if most else ""
    assert [text.partition("what is")[0] for text in told] == [line] * bool(most)


def test_on_the_command_line(guided_model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = _labels(96, 96)
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    grey = np.linspace(0, 65535, 96 * 96).reshape(96, 96).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    command = ["generate", str(tmp_path / "map.png"), "--model", str(guided_model_path), "--format", "height"]
    guide = ["--guide", str(tmp_path / "grey.png")]
    assert main([*command, "--out", str(tmp_path / "out"), *guide, "--guide-range", "-500", "3000"]) == 0
    about = json.loads((tmp_path / "out" / "terrain.json").read_text())
    assert about["guide"] == {"source": "grey.png", "range_m": {"min": -500, "max": 3000}}
    metres = np.maximum(grey / np.float32(65535) * 3500 - 500, 0).astype(np.float32)
    terrain = generate(labels, guide=metres, model=load_model(guided_model_path))
    assert about["height_range_m"]["max"] == pytest.approx(float(terrain.height.max()), abs=0.5)
    assert main([*command, "--out", str(tmp_path / "none")]) == 0
    assert json.loads((tmp_path / "none" / "terrain.json").read_text())["guide"] is None
    capsys.readouterr()
    assert main([*command, "--out", str(tmp_path / "no"), "--guide-range", "0", "9"]) == 2
    assert capsys.readouterr().err == (
        "spade-terrain: --guide-range is of a grey picture with heights; give that as --guide, too\n"
    )
    assert main([*command, "--out", str(tmp_path / "no"), *guide, "--guide-range", "9", "0"]) == 2
    assert capsys.readouterr().err.startswith("spade-terrain: --guide-range is 9 to 0; give metres of black")


def test_a_guide_that_would_be_written_over(guided_model: Model, tmp_path: Path) -> None:
    Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)).save(tmp_path / "height.png")
    with pytest.raises(TerrainError, match="would be written over"):
        generate_to(_labels(64, 64), tmp_path, ["height"], guide=tmp_path / "height.png", model=guided_model)
