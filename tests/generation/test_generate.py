from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spade_terrain
from spade_terrain import Model, Terrain, TerrainError, generate
from spade_terrain.generation.coast import REACH, keep_topology, land_share
from spade_terrain.palette import COLOURS, WATER, Labels, labels_to_image
from spade_terrain.window import Window


def _blocks(height: int, width: int) -> Labels:
    blocks = np.random.default_rng(4).integers(0, 7, (height // 9 + 1, width // 9 + 1), np.uint8)
    return blocks.repeat(9, 0).repeat(9, 1)[:height, :width]


def _assert_same(a: Terrain, b: Terrain) -> None:
    np.testing.assert_array_equal(a.texture, b.texture)
    np.testing.assert_array_equal(a.height, b.height)
    np.testing.assert_array_equal(a.shaded, b.shaded)
    np.testing.assert_array_equal(a.labels, b.labels)
    assert (a.seed, a.model, a.gsd) == (b.seed, b.model, b.gsd)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (67, 90), (101, 64), (70, 203)])
def test_any_size(tiny_model: Model, height: int, width: int) -> None:
    labels = _blocks(height, width)
    terrain = generate(labels, model=tiny_model)
    assert terrain.texture.shape == terrain.shaded.shape == (height, width, 3)
    assert terrain.height.shape == (height, width)
    assert (terrain.height[labels == WATER] == 0).all()
    np.testing.assert_array_equal(terrain.labels, labels)
    assert (terrain.seed, terrain.model, terrain.gsd) == (0, "tiny", 2000.0)


@pytest.mark.parametrize(("height", "width"), [(96, 96), (131, 154)])
def test_equals_a_part_of_a_larger_map(tiny_model: Model, height: int, width: int) -> None:
    """The larger map goes on as the smaller one ends; further in than halo and coasts reach the end can't be felt."""
    labels = _blocks(height, width)
    terrain = generate(labels, seed=5, model=tiny_model)
    margins = [(40, 40 + -side % 4) for side in labels.shape]
    padded = np.pad(labels, margins, mode="edge")
    larger = tiny_model.run(padded, 5, x0=-40, y0=-40)
    window = Window(-40, -40, padded.shape[1] - 40, padded.shape[0] - 40)
    keep_topology(larger, padded, land_share(padded), window, 5, tiny_model.card.gsd, [COLOURS])
    edge = tiny_model.card.halo + REACH
    here, there = (np.s_[m + edge : m + height - edge, m + edge : m + width - edge] for m in (0, 40))
    np.testing.assert_allclose(terrain.height[here], larger.height[there], rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(terrain.texture[here].astype(int), larger.texture[there], atol=1)
    np.testing.assert_allclose(terrain.shaded[here].astype(int), larger.shaded[there], atol=1)


def test_the_same_seed_gives_the_same_bytes_and_another_another(tiny_model: Model) -> None:
    labels = _blocks(80, 80)
    first, again, other = (generate(labels, seed=seed, model=tiny_model) for seed in (3, 3, 4))
    _assert_same(first, again)
    assert (first.height != other.height).mean() > 0.5
    assert (first.texture != other.texture).mean() > 0.5


def test_paths_pictures_and_labels_agree(tiny_model: Model, tiny_model_path: Path, tmp_path: Path) -> None:
    labels = _blocks(66, 75)
    path = tmp_path / "map.png"
    Image.fromarray(labels_to_image(labels)).save(path)
    expected = generate(labels, seed=1, model=tiny_model)
    _assert_same(generate(path, seed=1, model=tiny_model), expected)
    _assert_same(generate(str(path), seed=1, model=tiny_model_path), expected)
    _assert_same(generate(labels_to_image(labels), seed=1, model=str(tiny_model_path)), expected)


@pytest.mark.parametrize("seed", [-(2**63), -1, 2**64 - 1, np.int64(7), np.uint64(2**64 - 1)])
def test_seeds_of_64_bits(tiny_model: Model, seed: int) -> None:
    terrain = generate(_blocks(64, 64), seed=seed, model=tiny_model)
    assert terrain.seed == int(seed)
    assert type(terrain.seed) is int


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, "7"])
def test_other_seeds(tiny_model: Model, seed: int) -> None:
    with pytest.raises(TerrainError, match="seed"):
        generate(_blocks(64, 64), seed=seed, model=tiny_model)


def test_maps_are_checked(tiny_model: Model) -> None:
    with pytest.raises(TerrainError, match="at least 64"):
        generate(_blocks(63, 80), model=tiny_model)


def test_public_names() -> None:
    assert all(hasattr(spade_terrain, name) for name in spade_terrain.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = spade_terrain.nothing


@pytest.mark.parametrize(("gsd", "scale"), [(5000.0, 1.0), (2000.0, 1.0), (250.0, 0.25), (16.0, 0.04)])
def test_heights_go_with_the_ground(gsd: float, scale: float, tiny_model: Model) -> None:
    labels = _blocks(80, 80)
    usual, terrain = (generate(labels, model=tiny_model, gsd=metres) for metres in (None, gsd))
    np.testing.assert_allclose(terrain.height, usual.height * scale, rtol=1e-6)
    np.testing.assert_array_equal(terrain.shaded, usual.shaded)
