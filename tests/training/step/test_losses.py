import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.training.step.losses import (
    discriminator_hinge_loss,
    generator_hinge_loss,
    light_leak_loss,
    shading_loss,
    texture_detail_loss,
)


def test_hinge_by_hand() -> None:
    real = [torch.tensor([2.0, 0.5]), torch.tensor([-1.0])]  # hinges 0 and 0.5; 2
    fake = [torch.tensor([-2.0, 0.0]), torch.tensor([0.5])]  # hinges 0 and 1; 1.5
    assert discriminator_hinge_loss(real, fake).item() == pytest.approx((0.25 + 0.5 + 2 + 1.5) / 2)
    assert generator_hinge_loss(fake).item() == pytest.approx(-(-1.0 + 0.5) / 2)


def test_a_discriminator_that_knows_nothing_has_a_loss_of_two() -> None:
    logits = [torch.zeros(3, 1, 4, 4)]
    assert discriminator_hinge_loss(logits, logits) == 2


def slopes_and_colours() -> tuple[Tensor, Tensor, Tensor]:
    """Normals of rolling ground `(2, 2, 64, 64)`, a texture that knows nothing of them, and land with a lake."""
    random = torch.Generator().manual_seed(0)
    normals = torch.randn(2, 2, 64, 64, generator=random)
    texture = 0.3 * torch.randn(2, 3, 64, 64, generator=random)
    land = torch.ones(2, 1, 64, 64)
    land[:, :, 20:40, 20:40] = 0
    return normals, texture, land


def test_light_in_a_texture_is_found_from_any_side_and_only_on_land() -> None:
    normals, texture, land = slopes_and_colours()
    assert light_leak_loss(texture, normals, land) < 0.001
    for east, south in ((1, 0), (0, -1), (0.7, 0.7)):
        lit = texture + 0.5 * (east * normals[:, :1] + south * normals[:, 1:])
        assert light_leak_loss(lit, normals, land) > 0.2
        in_the_lake = texture + (1 - land) * (lit - texture)
        assert light_leak_loss(in_the_lake, normals, land) < 0.001


def test_colours_of_the_land_are_no_light() -> None:
    normals, texture, land = slopes_and_colours()
    flat = torch.zeros_like(normals)
    flat[..., 32:] = 1  # a long slope and its own colour
    assert light_leak_loss(0.01 * texture + flat[:, :1], flat, land) < 0.1
    assert light_leak_loss(texture, torch.zeros_like(normals), land) == 0
    assert light_leak_loss(texture, normals, torch.zeros_like(land)) == 0


def test_light_is_taken_out_of_the_texture_not_off_the_slopes() -> None:
    normals, texture, land = slopes_and_colours()
    lit = (texture + 0.5 * normals[:, :1]).requires_grad_()
    normals.requires_grad_()
    optimizer = torch.optim.SGD([lit], lr=2000.0)
    before = light_leak_loss(lit, normals, land)
    for _ in range(20):
        optimizer.zero_grad()
        light_leak_loss(lit, normals, land).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert light_leak_loss(lit, normals, land) < before / 4
    assert normals.grad is None


def test_shading_that_explains_the_terrain_leaves_nothing() -> None:
    normals, _, land = slopes_and_colours()
    shading = 0.2 * normals[:, :1]
    colours = torch.tensor([0.3, 0.1, -0.2]).view(1, 3, 1, 1) + torch.linspace(0, 1, 64)  # that change slowly
    assert shading_loss(colours + shading, shading, land) < 0.01
    assert shading_loss(colours + shading, 0 * shading, land) == pytest.approx(1)
    assert shading_loss(colours + shading, -shading, land) == pytest.approx(4, rel=0.02)


def test_neither_water_nor_the_line_of_a_coast_is_shading() -> None:
    normals, _, land = slopes_and_colours()
    shading = 0.2 * normals[:, :1]
    coast = torch.nn.functional.max_pool2d(1 - land, 5, stride=1, padding=2)  # the lake and two pixels around it
    terrain = (shading + 5 * coast).expand(-1, 3, -1, -1)
    assert shading_loss(terrain, shading, land) < 1e-6


def test_detail_is_a_share_of_real_terrains_and_slow_colours_are_none() -> None:
    normals, _, land = slopes_and_colours()
    slow = torch.linspace(-1, 1, 64).expand(2, 3, 64, 64)
    rough, faint = slow + 0.2 * normals[:, :1], slow + 0.1 * normals[:, :1]
    assert texture_detail_loss(faint, land, rough, land) == pytest.approx(0.25, rel=0.05)
    assert texture_detail_loss(slow, land, slow + 0.2 * normals[:, :1], land) < 0.01


def test_a_coloured_line_along_a_coast_is_detail_and_what_lies_under_water_is_not() -> None:
    _, real, land = slopes_and_colours()
    coast = land * F.max_pool2d(1 - land, 5, stride=1, padding=2)  # two pixels around the lake
    cyan = coast * torch.tensor([-0.2, 0.1, 0.1])[:, None, None]  # as light as the land around
    price = texture_detail_loss(cyan, land, real, land)
    assert price > 0
    assert texture_detail_loss(2 * cyan + 1 - land, land, real, land) == pytest.approx(4 * float(price), rel=1e-4)
    assert texture_detail_loss(cyan, torch.zeros_like(land), real, land) == 0


def test_processes_share_what_a_loss_is_measured_by() -> None:
    normals, _, land = slopes_and_colours()
    shading = 0.2 * normals[:, :1]
    terrain = torch.stack([shading[0], 3 * shading[0]]).expand(-1, 3, -1, -1)
    shading = 0 * shading
    shares = [slice(0, 1), slice(1, 2)]
    alone = [shading_loss(terrain[s], shading[s], land[s]) for s in shares]
    assert [a.item() for a in alone] == pytest.approx([1, 1])
    sizes: list[Tensor] = []

    def noted(size: Tensor) -> Tensor:
        sizes.append(size)
        return size

    for s in shares:
        shading_loss(terrain[s], shading[s], land[s], noted)
    mean = torch.stack(sizes).mean()
    together = torch.stack([shading_loss(terrain[s], shading[s], land[s], lambda _: mean) for s in shares]).mean()
    assert together == pytest.approx(shading_loss(terrain, shading, land))


def test_each_texture_has_its_own_light_shading_and_detail() -> None:
    normals, texture, land = slopes_and_colours()
    lit, shading = texture + 0.5 * normals[:, :1], 0.2 * normals[:, :1]
    alone = light_leak_loss(lit, normals, land)
    for pair in ((lit, texture), (texture, lit)):  # half of the textures
        both = light_leak_loss(torch.cat(pair, 1), normals, land)
        assert both == pytest.approx(float(alone + light_leak_loss(texture, normals, land)) / 2, rel=1e-4)
    # Lit from the other side, the second texture takes the other shading.
    terrain = torch.cat([texture.mean() + s.expand(-1, 3, -1, -1) for s in (shading, -shading)], 1)
    assert shading_loss(terrain, torch.cat([shading, -shading], 1), land) < 0.01
    assert shading_loss(terrain, torch.cat([shading, shading], 1), land) == pytest.approx(4 / 2, rel=0.02)
    # Each is measured by real terrain of its own kind: half as strong as one, twice as strong as the other.
    real, made = (torch.cat([a * normals[:, :1].expand(-1, 3, -1, -1) for a in pair], 1) for pair in ((2, 1), (1, 2)))
    assert texture_detail_loss(made, land, real, land) == pytest.approx((0.25 + 4) / 2, rel=1e-4)


def test_fine_is_what_differs_from_the_mean_within_four_pixels() -> None:
    _, texture, _ = slopes_and_colours()
    land = torch.ones(2, 1, 64, 64)
    real = F.avg_pool2d(texture, 5, stride=1, padding=2)

    def mean_squares(pictures: Tensor) -> Tensor:
        around = F.avg_pool2d(pictures, 9, stride=1, padding=4, count_include_pad=False)
        return (pictures - around).square().mean((0, 2, 3))

    expected = (mean_squares(texture) / mean_squares(real)).mean().item()
    assert texture_detail_loss(texture, land, real, land) == pytest.approx(expected, rel=1e-4)
