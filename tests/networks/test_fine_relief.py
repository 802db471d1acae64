import torch

from spade_terrain.card import HeightCode
from spade_terrain.networks.build import build_two_step_generator
from spade_terrain.networks.fine_relief import FineRelief
from spade_terrain.networks.generator import HEAD_NOISE
from spade_terrain.networks.shadow import SHADING_RADIUS, shade


def drawn(textures: int = 1) -> FineRelief:
    torch.manual_seed(0)
    fine = FineRelief(HeightCode(), textures, channels=4)
    torch.nn.init.normal_(fine.conv_2.weight)
    return fine


@torch.no_grad()
def test_a_fresh_one_changes_nothing() -> None:
    shading = FineRelief(HeightCode(), textures=2)(torch.randn(1, HEAD_NOISE, 16, 16), torch.rand(1, 1, 16, 16))
    assert shading.shape == (1, 2, 16, 16)
    assert (shading == 0).all()


@torch.no_grad()
def test_the_sea_stays_even() -> None:
    height = torch.rand(1, 1, 16, 16)
    height[..., 8:] = -1
    shading = drawn()(torch.randn(1, HEAD_NOISE, 16, 16), height)
    assert (shading[..., 8:] == 0).all()
    assert (shading[..., :8] != 0).all()


def test_it_looks_no_further_than_shading_may() -> None:
    """The generator's halo counts on it."""
    noise, height = torch.randn(1, HEAD_NOISE, 32, 32), torch.rand(1, 1, 32, 32)
    drawn()(noise.requires_grad_(), height.requires_grad_())[0, 0, 16, 16].backward()
    for given in (noise, height):
        assert given.grad is not None
        assert 0 < (given.grad[0].nonzero()[:, 1:] - 16).abs().max() <= SHADING_RADIUS


@torch.no_grad()
def test_it_is_in_the_terrain_and_not_in_the_texture() -> None:
    torch.manual_seed(0)
    generator = build_two_step_generator((8, 8), 4, 4, textures=2, fine_relief=True)
    labels = torch.zeros(1, 7, 16, 16)
    labels[:, 5] = 1
    noise = [torch.randn(1, n.channels, 16 // n.stride, 16 // n.stride) for n in generator.generator.noise_inputs]
    given = labels, noise, torch.zeros(1, 0, 1, 1), torch.zeros(1, 0, 4, 4)
    before = generator(*given)
    fine = generator.fine_relief
    assert fine is not None
    torch.nn.init.normal_(fine.conv_2.weight)
    texture, height, terrain, _ = generator(*given)
    assert all(torch.equal(a, b) for a, b in zip(before[:2], (texture, height), strict=True))
    assert torch.equal(terrain, shade(texture, generator.shadow(height) + fine(noise[-1], height)))
    assert not torch.equal(terrain, before[2])
