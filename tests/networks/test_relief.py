import torch

from spade_terrain.card import HeightCode
from spade_terrain.networks.relief import SEA_STEP, above_a_step, land_mask, surface_normals


def test_land_is_what_lies_above_the_sea() -> None:
    height = torch.tensor([-1.0, -0.999, 1.0])
    assert torch.equal(land_mask(height), torch.tensor([0.0, 1.0, 1.0]))


def test_discriminators_see_the_sea_a_step_below_all_land() -> None:
    height = torch.tensor([-1.0, -0.999, 1.0], requires_grad=True)
    seen = above_a_step(height)
    assert torch.equal(seen - height, torch.tensor([0.0, SEA_STEP, SEA_STEP]))
    seen.sum().backward()  # type: ignore[no-untyped-call]
    assert height.grad is not None
    assert torch.equal(height.grad, torch.ones(3))  # the step moves no land


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
