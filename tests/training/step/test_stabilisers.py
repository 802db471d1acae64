import pytest
import torch
from torch import Tensor, nn

from spade_terrain.training.data import Batch, one_hot
from spade_terrain.training.step.stabilisers import labelmix_loss, mix, r1_penalty, translate


def ramp() -> Batch:
    """Two crops of 3 x 3 whose values tell their places: 0 to 8 in all maps, and the classes with them."""
    values = torch.arange(9.0).view(1, 1, 3, 3).expand(2, -1, -1, -1)
    return Batch(values.expand(-1, 3, -1, -1), values, one_hot(values[:, 0].long() % 7))


def test_r1_of_a_linear_discriminator_by_hand() -> None:
    terrain, height = torch.rand(2, 3, 2, 2, requires_grad=True), torch.rand(2, 1, 2, 2, requires_grad=True)
    # A logit a pixel: its gradient is 1, 1, 1 by the terrain and 2 by the height; by no other pixel's.
    fine = terrain.sum(1, keepdim=True) + 2 * height
    # A logit a crop, the sum of all its pixels' means: its gradient is 1/4 by each of 4 x 4 values.
    coarse = (terrain.sum(1, keepdim=True) + height).mean((2, 3), keepdim=True)
    assert r1_penalty([fine], [terrain, height]).item() == pytest.approx((3 + 4) / 2)
    assert r1_penalty([coarse], [terrain, height]).item() == pytest.approx(16 / 16 / 2)
    assert r1_penalty([fine, coarse], [terrain, height]).item() == pytest.approx((7 / 2 + 1 / 2) / 2)


def r1_penalty_of(discriminator: nn.Module, size: int) -> Tensor:
    inputs = torch.ones(1, 1, size, size, requires_grad=True)
    return r1_penalty([discriminator(inputs)], [inputs])


def test_r1_has_a_gradient_and_does_not_grow_with_the_crop() -> None:
    discriminator = nn.Conv2d(1, 1, 2, stride=2, bias=False)
    nn.init.constant_(discriminator.weight, 3.0)
    assert r1_penalty_of(discriminator, 4).item() == r1_penalty_of(discriminator, 16).item() == pytest.approx(4 * 9 / 2)
    r1_penalty_of(discriminator, 4).backward()  # type: ignore[no-untyped-call]
    assert discriminator.weight.grad is not None
    assert torch.equal(discriminator.weight.grad, torch.full((1, 1, 2, 2), 3.0))  # of half the square of each weight


def test_a_shift_moves_all_maps_alike_and_repeats_the_edge() -> None:
    batch = ramp()
    moved = translate(batch, torch.tensor([[1, 0], [0, -2]]))
    down, left = torch.tensor([[0, 1, 2], [0, 1, 2], [3, 4, 5]]), torch.tensor([[2, 2, 2], [5, 5, 5], [8, 8, 8]])
    for crop, places in enumerate((down, left)):
        for maps, before in zip(moved.maps, batch.maps, strict=True):
            assert torch.equal(maps[crop], before[crop].flatten(1)[:, places])


def test_gradients_go_where_shifts_took_the_values_from() -> None:
    height = torch.zeros(1, 1, 3, 3, requires_grad=True)
    moved = translate(Batch(torch.zeros(1, 3, 3, 3), height, torch.zeros(1, 7, 3, 3)), torch.tensor([[2, 0]]))
    moved.height.sum().backward()  # type: ignore[no-untyped-call]
    assert height.grad is not None
    assert torch.equal(height.grad[0, 0], torch.tensor([[3.0] * 3, [0.0] * 3, [0.0] * 3]))


def test_a_mix_is_real_by_class() -> None:
    labels = one_hot(torch.tensor([[[0, 3], [3, 6]]]))
    real = Batch(torch.ones(1, 3, 2, 2), torch.full((1, 1, 2, 2), 4.0), labels)
    fake = Batch(torch.zeros(1, 3, 2, 2), torch.full((1, 1, 2, 2), 5.0), labels)
    mixed, mask = mix(real, fake, torch.tensor([[1.0, 0, 0, 0, 0, 0, 1]]))
    assert torch.equal(mask[0, 0], torch.tensor([[1.0, 0], [0, 1]]))
    assert torch.equal(mixed.terrain, mask.expand(-1, 3, -1, -1))
    assert torch.equal(mixed.height[0, 0], torch.tensor([[4.0, 5], [5, 4]]))
    assert torch.equal(mixed.labels, labels)


def test_labelmix_by_hand() -> None:
    mask = torch.tensor([[1.0, 1, 0, 0], [1, 1, 0, 1]]).view(1, 1, 2, 4)
    real, fake = torch.tensor([[[[2.0, 2.0]]]]), torch.tensor([[[[-2.0, -2.0]]]])
    # Of the first patch all is real, so 2 is due; of the second a quarter, so -1.
    assert labelmix_loss([torch.tensor([[[[2.0, -1.0]]]])], [real], [fake], mask) == 0
    assert labelmix_loss([torch.tensor([[[[0.0, 2.0]]]])], [real], [fake], mask) == (4 + 9) / 2
    scales = [torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[[[2.0, -1.0]]]])]
    assert labelmix_loss(scales, [real] * 2, [fake] * 2, mask) == (4 + 9) / 4
