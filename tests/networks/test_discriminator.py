import torch

from spade_terrain.networks.discriminator import (
    GRADIENT_GAIN,
    MAP_CHANNELS,
    TERRAIN,
    MultiScaleDiscriminator,
    PatchDiscriminator,
    discriminator_input,
)
from spade_terrain.networks.projected import ProjectedFeatures
from spade_terrain.networks.relief import above_a_step


def test_it_sees_terrain_height_gradients_and_labels() -> None:
    terrain, labels = torch.rand(2, 3, 8, 8), torch.rand(2, 7, 8, 8)
    height = torch.arange(8.0).expand(2, 1, 8, 8)  # one more each pixel to the east
    style = torch.tensor([[0.5, -1.0], [2.0, 0.0]])[:, :, None, None]
    seen = discriminator_input(terrain, height, labels, style)
    assert seen.shape == (2, TERRAIN + MAP_CHANNELS + 2, 8, 8)
    assert torch.equal(seen[:, :3], terrain)
    assert torch.equal(seen[:, 3:4], above_a_step(height))
    assert (seen[:, 4, :, :-1] == GRADIENT_GAIN).all()
    assert (seen[:, 5] == 0).all()
    assert torch.equal(seen[:, 6:13], labels)
    assert torch.equal(seen[:, 13:], style.expand(2, 2, 8, 8))
    # A second texture comes last: what a discriminator of one texture has learned of the rest holds on.
    other = torch.rand(2, 3, 8, 8)
    both = discriminator_input(torch.cat([terrain, other], 1), height, labels, style)
    assert torch.equal(both, torch.cat([seen, other], 1))


def test_a_logit_looks_at_70_pixels() -> None:
    discriminator = PatchDiscriminator(TERRAIN + MAP_CHANNELS, 4)
    x = torch.rand(1, TERRAIN + MAP_CHANNELS, 128, 128, requires_grad=True)
    logits = discriminator(x)
    logits[0, 0, 7, 7].backward()
    assert x.grad is not None
    rows = x.grad[0].abs().sum((0, 2)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70


def test_each_scale_discriminators_half_the_size() -> None:
    discriminator = MultiScaleDiscriminator(4, 3)
    maps = [torch.rand(1, channels, 128, 128) for channels in (3, 1, 7)]
    logits = discriminator(*maps, torch.zeros(1, 0, 1, 1), ProjectedFeatures([], maps[2]))
    assert [tuple(v.shape) for v in logits] == [(1, 1, 14, 14), (1, 1, 6, 6), (1, 1, 2, 2)]


def test_spectral_norm_bounds_every_layer() -> None:
    discriminator = PatchDiscriminator(TERRAIN + MAP_CHANNELS, 8)
    x = torch.rand(1, TERRAIN + MAP_CHANNELS, 64, 64)
    for _ in range(50):
        discriminator(x)
    for layer in [*discriminator.layers, discriminator.logits]:
        weight = layer.weight
        assert isinstance(weight, torch.Tensor)
        assert abs(float(torch.linalg.matrix_norm(weight.detach().flatten(1), 2)) - 1) < 0.02
