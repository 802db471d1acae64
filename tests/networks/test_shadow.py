import torch

from spade_terrain.card import HeightCode
from spade_terrain.networks.shadow import SHADING_RADIUS, ShadowGenerator, surface_normals


def test_flat_ground_gets_no_shading_at_any_height() -> None:
    shadow = ShadowGenerator(HeightCode())
    for code in (-1.0, -0.3, 0.9):
        assert (shadow(torch.full((1, 1, 16, 16), code)) == 0).all()


def test_normals_lean_downhill_and_stay_within_one() -> None:
    code = torch.linspace(-1, 1, 32).expand(1, 1, 32, 32)  # rises to the east
    normals = surface_normals(code, HeightCode())
    inner = normals[..., 1:-1, 1:-1]
    assert (inner[:, 0] < 0).all()
    assert (inner[:, 1] == 0).all()
    assert normals.square().sum(1).max() < 1


def test_normals_follow_the_slope_in_metres() -> None:
    metres = 100.0 * torch.arange(10.0).view(1, 1, 10, 1).expand(1, 1, 10, 10)  # 100 m a 2,000 m pixel, to the south
    code = 2 * (metres / 9000).sqrt() - 1
    south = surface_normals(code, HeightCode())[0, 1, 5, 5]
    slope = 15 * 100 / 2000
    assert abs(south + slope / (1 + slope**2) ** 0.5) < 1e-4


def test_shading_is_made_of_the_height_nearby_alone() -> None:
    """It takes nothing but the height, and looks no further than it says: no way for the texture to get in."""
    shadow = ShadowGenerator(HeightCode())
    height = torch.rand(1, 1, 32, 32, requires_grad=True)
    shadow(height)[0, 0, 16, 16].backward()
    assert height.grad is not None
    rows, columns = height.grad[0, 0].nonzero(as_tuple=True)
    assert (rows - 16).abs().max() == SHADING_RADIUS
    assert (columns - 16).abs().max() == SHADING_RADIUS
