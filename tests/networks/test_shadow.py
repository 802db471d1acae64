import torch

from spade_terrain.card import HeightCode
from spade_terrain.networks.shadow import SHADING_RADIUS, ShadowGenerator, shade


def test_flat_ground_gets_no_shading_at_any_height() -> None:
    shadow = ShadowGenerator(HeightCode())
    for code in (-1.0, -0.3, 0.9):
        assert (shadow(torch.full((1, 1, 16, 16), code)) == 0).all()


def test_shading_is_made_of_the_height_nearby_alone() -> None:
    """It takes nothing but the height, and looks no further than it says: no way for the texture to get in."""
    shadow = ShadowGenerator(HeightCode())
    height = torch.rand(1, 1, 32, 32, requires_grad=True)
    shadow(height)[0, 0, 16, 16].backward()
    assert height.grad is not None
    rows, columns = height.grad[0, 0].nonzero(as_tuple=True)
    assert (rows - 16).abs().max() == SHADING_RADIUS
    assert (columns - 16).abs().max() == SHADING_RADIUS


def test_each_texture_is_shaded_by_weights_of_its_own() -> None:
    torch.manual_seed(0)
    shadow, height = ShadowGenerator(HeightCode(), textures=2, channels=4), torch.rand(1, 1, 16, 16)
    before = shadow(height)
    assert before.shape == (1, 2, 16, 16)
    assert not torch.allclose(before[:, 0], before[:, 1])
    before[:, 1].sum().backward()
    for conv in (shadow.conv_1, shadow.conv_2):
        assert conv.weight.grad is not None
        first, second = conv.weight.grad.chunk(2)
        assert (first == 0).all()
        assert (second != 0).any()
    alone = ShadowGenerator(HeightCode(), channels=4)  # with the first texture's weights
    alone.load_state_dict({name: weight.chunk(2)[0] for name, weight in shadow.state_dict().items()})
    torch.testing.assert_close(alone(height), before[:, :1])


def test_shading_lightens_all_colours_of_its_texture_alike() -> None:
    shading = torch.tensor([0.1, -0.2]).view(1, 2, 1, 1).expand(-1, -1, 4, 4)
    shaded = shade(torch.zeros(1, 6, 4, 4), shading)
    torch.testing.assert_close(shaded[0, :, 0, 0], torch.tensor([0.1, 0.1, 0.1, -0.2, -0.2, -0.2]))
