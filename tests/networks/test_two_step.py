import torch

from spade_terrain.networks.build import build_two_step_generator
from spade_terrain.networks.shadow import shade
from spade_terrain.networks.two_step import FLIPS, TwoStepGenerator, flip_each


def tiny() -> TwoStepGenerator:
    torch.manual_seed(0)
    return build_two_step_generator((8, 8), 4, 4, textures=2)


@torch.no_grad()
def test_of_real_terrain_only_what_its_heights_explain_stays_sharp() -> None:
    generator = tiny()
    sea = torch.zeros(1, 1, 32, 32)
    sea[..., 24:] = 1
    height = torch.rand(1, 1, 32, 32) * (1 - sea) - sea
    checks = (torch.arange(32)[:, None] + torch.arange(32)) % 2 - 0.5

    # Even ground that is shaded by its height, in each texture otherwise, beside a sea that is not even.
    even = torch.linspace(-0.3, 0.2, 6).view(1, 6, 1, 1).expand(-1, -1, 32, 32)
    shaded = torch.where(sea > 0, checks, shade(even, generator.shadow(height)))
    torch.testing.assert_close(generator.blur_texture(shaded, height), shaded)
    # Checks that no height explains go.
    rough = generator.blur_texture(torch.where(sea > 0, shaded, shaded + checks), height)
    inland = (..., slice(2, -2), slice(2, 20))
    torch.testing.assert_close(rough[inland], shaded[inland])


@torch.no_grad()
def test_terrain_is_texture_and_shading() -> None:
    generator = tiny()
    labels = torch.zeros(1, 7, 16, 16)
    labels[:, 1] = 1
    noise = [torch.randn(1, n.channels, 16 // n.stride, 16 // n.stride) for n in generator.generator.noise_inputs]
    given = labels, noise, torch.zeros(1, 0, 1, 1), torch.zeros(1, 0, 4, 4)
    texture, height, terrain, elevation = generator(*given)
    atlas, satellite = generator.shadow(height).split(1, 1)
    assert torch.equal(terrain[:, :3], texture[:, :3] + atlas)
    assert torch.equal(terrain[:, 3:], texture[:, 3:] + satellite)
    # Textures and height are flipped first and shaded then; the elevation stays.
    flipped = generator(*given, torch.tensor([1]))
    assert torch.equal(flipped[0], texture.flip(3))
    assert torch.equal(flipped[1], height.flip(3))
    assert torch.equal(flipped[2], shade(texture.flip(3), generator.shadow(height.flip(3))))
    assert torch.equal(flipped[3], elevation)


def test_every_flip_but_the_first_moves_the_light_out_of_the_north_west() -> None:
    corner = torch.zeros(len(FLIPS), 1, 2, 2)
    corner[:, 0, 0, 0] = 1
    flipped = flip_each(corner, torch.arange(len(FLIPS)))
    assert [tuple(m[0].nonzero()[0].tolist()) for m in flipped] == [(0, 0), (0, 1), (1, 0), (1, 1)]
