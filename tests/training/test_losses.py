import pytest
import torch

from spade_terrain.training.losses import FLIPS, flip_each, hinge_discriminator, hinge_generator


def test_hinge_by_hand() -> None:
    real = [torch.tensor([2.0, 0.5]), torch.tensor([-1.0])]  # hinges 0 and 0.5; 2
    made = [torch.tensor([-2.0, 0.0]), torch.tensor([0.5])]  # hinges 0 and 1; 1.5
    assert hinge_discriminator(real, made).item() == pytest.approx((0.25 + 0.5 + 2 + 1.5) / 2)
    assert hinge_generator(made).item() == pytest.approx(-(-1.0 + 0.5) / 2)


def test_a_discriminator_that_knows_nothing_has_a_loss_of_two() -> None:
    verdicts = [torch.zeros(3, 1, 4, 4)]
    assert hinge_discriminator(verdicts, verdicts) == 2


def test_every_flip_moves_the_light_out_of_the_north_west() -> None:
    corner = torch.zeros(len(FLIPS), 1, 2, 2)
    corner[:, 0, 0, 0] = 1
    flipped = flip_each(corner, torch.arange(len(FLIPS)))
    assert [tuple(m[0].nonzero()[0].tolist()) for m in flipped] == [(0, 1), (1, 0), (1, 1)]
