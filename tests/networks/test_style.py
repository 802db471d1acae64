import numpy as np
import pytest
import torch
from torch import Tensor

from spade_terrain.card import HeightCode
from spade_terrain.errors import TerrainError
from spade_terrain.networks.style import LIMIT, STYLE, Crops, StyleEncoder
from spade_terrain.palette import WATER


def crops(count: int, seed: int) -> Crops:
    """Crops whose land lies the higher and strays the further, the more of it is class 5; classes change by halves."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.zeros(count, 7, 16, 16)
    share = torch.randint(4, 13, (count,), generator=random)
    for i, columns in enumerate(share):
        labels[i, 5, :, :columns] = 1
        labels[i, 1, :, columns:] = 1
    usual = share / 16
    height = usual / 4 + 0.1 * usual * torch.randn(count, generator=random) - 1
    rough = 0.02 * torch.rand(count, 1, 1, 1, generator=random) * torch.randn(count, 1, 16, 16, generator=random)
    grey = 0.3 * torch.randn(count, 1, 1, 1, generator=random)
    terrain = grey + 0.1 * torch.randn(count, 3, 1, 1, generator=random)
    height = (height[:, None, None, None] + rough).clamp_min(-1)
    return terrain.expand(-1, -1, 16, 16).contiguous(), height, labels


@pytest.fixture(scope="module")
def encoder() -> StyleEncoder:
    fitted = StyleEncoder(HeightCode())
    fitted.fit(crops(200, seed) for seed in range(5))
    return fitted


def correlation(a: Tensor, b: Tensor) -> float:
    return float(np.corrcoef(a.numpy(), b.numpy())[0, 1])


def test_real_crops_have_styles_of_mean_0_and_variance_1(encoder: StyleEncoder) -> None:
    style = encoder(*crops(1000, 9))[:, :, 0, 0]
    assert style.shape == (1000, len(STYLE))
    assert style.abs().max() <= LIMIT
    for i, name in enumerate(STYLE):
        assert style[:, i].mean().abs() < 0.15, name
        assert abs(style[:, i].std().item() - 1) < 0.3, name


def test_the_numbers_say_nothing_of_the_map_nor_of_each_other(encoder: StyleEncoder) -> None:
    terrain, height, labels = crops(1000, 9)
    style, mountains = encoder(terrain, height, labels)[:, :, 0, 0], labels[:, 5].mean((1, 2))
    assert correlation(height.mean((1, 2, 3)), mountains) > 0.5  # what is measured does
    for i in range(len(STYLE)):
        assert abs(correlation(style[:, i], mountains)) < 0.1
        for k in range(i):
            assert abs(correlation(style[:, i], style[:, k])) < 0.15


def test_higher_land_has_more_elevation_and_greener_land_more_greenness(encoder: StyleEncoder) -> None:
    terrain, height, labels = crops(50, 3)
    before = encoder(terrain, height, labels)[:, :, 0, 0]
    higher = encoder(terrain, height + 0.02, labels)[:, :, 0, 0]
    green = terrain + 0.03 * torch.tensor([-1.0, 2.0, -1.0]).view(1, 3, 1, 1)
    greener = encoder(green, height, labels)[:, :, 0, 0]
    inside = (before.abs() < 2).all(1)
    assert (higher[inside, STYLE.index("elevation")] > before[inside, STYLE.index("elevation")]).all()
    place = STYLE.index("greenness")
    assert (greener[inside, place] > before[inside, place]).all()
    assert torch.allclose(greener[:, :2], before[:, :2])


def test_the_sea_has_no_style(encoder: StyleEncoder) -> None:
    terrain, height, labels = crops(2, 0)
    labels = torch.zeros_like(labels)
    labels[:, WATER] = 1
    assert (encoder(terrain, height, labels) == 0).all()


def test_nothing_is_learned_of_the_sea() -> None:
    terrain, height, labels = crops(3, 3)
    sea = torch.zeros_like(labels)
    sea[:, WATER] = 1
    with pytest.raises(TerrainError, match="show water only, or hardly any land; give a set"):
        StyleEncoder(HeightCode()).fit([(terrain, height, sea)])


def test_what_it_has_learned_travels_with_its_state(encoder: StyleEncoder) -> None:
    other = StyleEncoder(HeightCode())
    batch = crops(4, 1)
    assert not torch.equal(other(*batch), encoder(*batch))
    other.load_state_dict(encoder.state_dict())
    assert torch.equal(other(*batch), encoder(*batch))
