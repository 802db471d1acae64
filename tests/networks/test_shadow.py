import torch

from spade_terrain.card import HeightCode
from spade_terrain.networks.shadow import SHADING_RADIUS, ShadowGenerator


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
