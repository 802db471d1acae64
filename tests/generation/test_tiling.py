from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spade_terrain import Model, ParameterError, TerrainError, generate_window, load_model
from spade_terrain.generation.pixels import Pixels
from spade_terrain.generation.stages import SplitModel, split_model
from spade_terrain.generation.tiling import (
    BLOCK,
    WHOLE,
    blocks_of,
    generate_at_once,
    generate_block,
    generate_blocks,
    generate_part,
    margin,
)
from spade_terrain.maps.image import read_map
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.window import Window

SEEDS = st.integers(-(2**63), 2**64 - 1)
SIDES = st.integers(64, 150)


def _assert_same(a: Pixels, b: Pixels) -> None:
    """To 1e-4 of the range, of which a step of a colour is 40 times as much: a tie may be rounded either way."""
    np.testing.assert_allclose(a.height, b.height, rtol=0, atol=0.9)
    for colours, others in ((a.texture, b.texture), (a.shaded, b.shaded)):
        differ = colours.astype(int) != others
        assert np.abs(colours.astype(int) - others).max() <= 1
        assert differ.mean() < 1e-3


def _map(height: int, width: int) -> Labels:
    blocks = np.random.default_rng(height * width).integers(0, 7, (height // 5 + 1, width // 5 + 1), np.uint8)
    return blocks.repeat(5, 0).repeat(5, 1)[:height, :width]


def _whole(model: Model, labels: Labels, seed: int) -> Pixels:
    rows, columns = labels.shape
    strides = [(0, -side % model.card.stride) for side in labels.shape]
    return generate_at_once(model, np.pad(labels, strides, mode="edge"), seed).crop(np.s_[:rows, :columns])


def _cuts(side: int) -> st.SearchStrategy[list[int]]:
    """Where a side is divided: at multiples of the tiny model's stride, at least once."""
    return st.lists(st.integers(1, (side - 1) // 4), min_size=1, max_size=3, unique=True).map(
        lambda fourths: [0, *sorted(4 * f for f in fourths), side]
    )


@given(data=st.data(), height=SIDES, width=SIDES, seed=SEEDS, window=st.integers(4, 20))
@settings(deadline=None, max_examples=25)
def test_windows_of_any_size_and_order_equal_the_whole(
    tiny_model: Model, data: st.DataObject, height: int, width: int, seed: int, window: int
) -> None:
    labels = _map(height, width)
    rows, columns = data.draw(_cuts(height)), data.draw(_cuts(width))
    blocks = [Window(x0, y0, x1, y1) for y0, y1 in pairwise(rows) for x0, x1 in pairwise(columns)]
    made = Pixels.empty((height, width))
    for block, pixels in generate_blocks(tiny_model, labels, seed, data.draw(st.permutations(blocks)), 4 * window):
        pixels.write_to(made, block.place(Window(0, 0, width, height)))
    _assert_same(made, _whole(tiny_model, labels, seed))


def test_the_default_model_in_windows_equals_the_whole() -> None:
    """A strip so long that both ends of it lie beyond the halo of the other's block."""
    model = load_model()
    labels = read_map(Path(__file__).parents[2] / "examples" / "archipelago.png")[200:250]
    assert model.card.halo + split_model(model).cut.halo < 512 - 64
    made = Pixels.empty((50, 512))
    blocks = [Window(480, 0, 512, 50), Window(0, 0, 64, 50), Window(64, 0, 480, 50)]
    for block, pixels in generate_blocks(model, labels, 7, blocks, window=96):
        pixels.write_to(made, block.place(Window(0, 0, 512, 50)))
    whole, bounds = _whole(model, labels, 7), Window(0, 0, 512, 50)
    _assert_same(made, whole)
    part = Window(403, 9, 452, 50)
    _assert_same(generate_part(model, labels, bounds, part, 7, bounds), whole.crop(part.place(bounds)))


def test_the_sea_far_from_land_is_not_made_but_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    split = split_model(load_model())
    shapes: list[tuple[int, ...]] = []
    run_fine = SplitModel.run_fine

    def counted(self: SplitModel, labels: Labels, *rest: Any) -> Pixels:
        shapes.append(labels.shape)
        return run_fine(self, labels, *rest)

    monkeypatch.setattr(SplitModel, "run_fine", counted)
    labels = np.zeros((256, 320), np.uint8)
    labels[150:190, 120:200] = 3
    bounds = Window(0, 0, 320, 256)
    made = generate_block(split, lambda window: labels[window.place(bounds)], bounds, 5, bounds, window=128)
    # First the sea; then of six tiles the two that have land, and of them that land with its shore and the halo.
    assert shapes == [(32, 32), (64 + 64, 16 + 64), (64 + 64, 80 + 64)]
    monkeypatch.setattr(SplitModel, "sea", lambda _: None)
    _assert_same(made, generate_block(split, lambda w: labels[w.place(bounds)], bounds, 5, bounds, window=128))


def test_a_block_of_but_sea_has_no_features(monkeypatch: pytest.MonkeyPatch) -> None:
    split, sea = split_model(load_model()), Window(0, 0, 512, 512)
    monkeypatch.setattr("spade_terrain.generation.stages.KeptFeatures.of", None)
    made = generate_block(split, lambda window: np.zeros(window.shape, np.uint8), sea, 5, None)
    assert made.is_even
    assert made.height[0, 0] == 0


def test_a_sea_that_is_not_even_is_made_everywhere(tiny_model: Model) -> None:
    assert split_model(tiny_model).sea() is None


def test_one_thread_or_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default, labels = load_model(), _map(64, 96)
    made = []
    for cores in (1, 2):
        monkeypatch.setattr("spade_terrain.runtime.sessions.usable_cores", lambda cores=cores: cores)
        (tmp_path / f"{cores}.onnx").write_bytes(default.data)
        model = load_model(tmp_path / f"{cores}.onnx")
        assert model.session.get_session_options().intra_op_num_threads == cores
        made.append(model.run(labels, 3))
    _assert_same(*made)


@given(width=st.integers(1, 2**16), height=st.integers(1, 2**16))
def test_blocks_cover_every_pixel_once(width: int, height: int) -> None:
    blocks = blocks_of((height, width))
    assert sum(rows * columns for rows, columns in (b.shape for b in blocks)) == width * height
    assert len(set(blocks)) == len(blocks)
    assert all(0 <= b.x0 < b.x1 <= width and 0 <= b.y0 < b.y1 <= height for b in blocks)
    assert all(b.x0 % BLOCK == b.y0 % BLOCK == 0 and max(b.shape) <= max(BLOCK, WHOLE) for b in blocks)


def test_a_small_map_is_made_at_once() -> None:
    assert blocks_of((768, 768)) == [Window(0, 0, 768, 768)]
    assert len(blocks_of((BLOCK, BLOCK + 1))) == 2


def _world(x0: int, y0: int, width: int, height: int) -> Labels:
    """An endless world in stripes and rings."""
    x, y = np.arange(x0, x0 + width), np.arange(y0, y0 + height)[:, None]
    labels: Labels = ((x // 9 + y // 7 + (x * x + y * y) // 4000) % len(CLASSES)).astype(np.uint8)
    return labels


@given(
    x0=st.integers(-(10**6), 10**6),
    y0=st.integers(-(10**6), 10**6),
    offsets=st.lists(st.integers(0, 60), min_size=2, max_size=2),
    sides=st.lists(st.integers(1, 70), min_size=2, max_size=2),
    seed=SEEDS,
)
@settings(deadline=None, max_examples=40)
def test_windows_of_an_endless_world_agree(
    tiny_model: Model, x0: int, y0: int, offsets: Sequence[int], sides: Sequence[int], seed: int
) -> None:
    (left, top), (width, height) = offsets, sides
    large = generate_window(_world, x0, y0, left + width + 5, top + height + 3, seed=seed, model=tiny_model)
    small = generate_window(_world, x0 + left, y0 + top, width, height, seed=seed, model=tiny_model)
    place = np.s_[top : top + height, left : left + width]
    _assert_same(
        Pixels(small.texture, small.height, small.shaded),
        Pixels(large.texture, large.height, large.shaded).crop(place),
    )
    np.testing.assert_array_equal(small.labels, _world(x0 + left, y0 + top, width, height))


def test_an_endless_world_and_a_map_agree_away_from_the_maps_border(tiny_model: Model) -> None:
    whole = _whole(tiny_model, _world(0, 0, 176, 160), 5)
    window = generate_window(_world, 60, 64, 40, 30, seed=5, model=tiny_model)
    _assert_same(Pixels(window.texture, window.height, window.shaded), whole.crop(np.s_[64:94, 60:100]))


@pytest.mark.parametrize("window", [(0, 0, 0, 5), (0, 0, 5, -1), (2**31, 0, 5, 5), (0, -(2**31) - 1, 5, 5)])
def test_windows_that_are_none(window: tuple[int, int, int, int], tiny_model: Model) -> None:
    with pytest.raises(TerrainError, match="no window is"):
        generate_window(_world, *window, model=tiny_model)


@pytest.mark.parametrize(
    "labels",
    [np.zeros((9, 9), np.uint8), np.zeros((48, 64)), np.full((48, 64), 7, np.uint8), np.zeros((64, 48), np.uint8)],
)
def test_label_functions_that_are_wrong(labels: Labels, tiny_model: Model) -> None:
    with pytest.raises(TerrainError, match="`labels_at` returned"):
        generate_window(lambda *_: labels, 0, 0, 40, 24, model=tiny_model)


def test_a_fine_halo_of_one_pixel_less_shows(tiny_model: Model) -> None:
    """There is room for a row of features less then. (`test_halo` tests the same of the default model.)"""
    split, labels = split_model(tiny_model), _map(64, 64)
    bounds = Window(0, 0, 64, 64)
    whole = _whole(tiny_model, labels, 0)
    for halo, same in ((split.cut.halo, True), (_whole_cells(split.cut.halo - 1), False)):
        with_halo = replace(split, cut=replace(split.cut, halo=halo))
        made = generate_block(with_halo, lambda w: labels[w.place(bounds)], bounds, 0, bounds, window=32)
        assert (np.abs(made.height - whole.height).max() <= 0.9) == same


def test_a_halo_of_the_whole_of_one_pixel_less_shows(tiny_model: Model) -> None:
    labels, halo = _map(96, 96), tiny_model.card.halo
    whole = tiny_model.run(labels, 4)
    for room, same in ((halo, True), (_whole_cells(halo - 1), False)):
        window = tiny_model.run(labels[32 - room : 64 + room, 32 - room : 64 + room], 4, 32 - room, 32 - room)
        height = window.crop(np.s_[room : room + 32, room : room + 32]).height
        assert (np.abs(height - whole.height[32:64, 32:64]).max() <= 0.9) == same


def _whole_cells(pixels: int) -> int:
    """As many pixels as make whole ones of the tiny model's coarse stage."""
    return pixels // 4 * 4


@given(data=st.data(), height=SIDES, width=SIDES, seed=SEEDS, gsd=st.sampled_from([None, 500.0]))
@settings(deadline=None, max_examples=25)
def test_any_part_equals_the_whole_of_which_only_its_margin_is_known(
    tiny_model: Model, data: st.DataObject, height: int, width: int, seed: int, gsd: float | None
) -> None:
    labels, bounds = _map(height, width), Window(0, 0, width, height)
    x0, y0 = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    part = Window(x0, y0, data.draw(st.integers(x0 + 1, width)), data.draw(st.integers(y0 + 1, height)))
    extent = part.grown(margin(tiny_model.card), None).whole(tiny_model.card.stride).clipped(bounds)
    made = generate_part(tiny_model, labels[extent.place(bounds)], extent, part, seed, bounds, gsd)
    ((_, whole),) = generate_blocks(tiny_model, labels, seed, [bounds], gsd=gsd)
    _assert_same(made, whole.crop(part.place(bounds)))


def test_a_part_of_whose_margin_too_little_is_known(tiny_model: Model) -> None:
    labels, bounds, part = _map(300, 300), Window(0, 0, 300, 300), Window(120, 120, 140, 140)
    extent = part.grown(margin(tiny_model.card) // 2, bounds)
    with pytest.raises(ParameterError, match=f"give {margin(tiny_model.card)} pixels around it"):
        generate_part(tiny_model, labels[extent.place(bounds)], extent, part, 0, bounds)
