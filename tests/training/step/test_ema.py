import pytest
import torch
from torch import nn

from spade_terrain.training.step.ema import ema_weight, make_ema, update_ema


def test_the_average_halves_its_distance_in_a_half_life() -> None:
    network = nn.Linear(1, 1, bias=False)
    ema = make_ema(network)
    before = ema.weight.clone()
    network.weight.data += 1
    for _ in range(4):
        update_ema(ema, network, ema_weight(batch=25, images=10_000, half_life=100))
    torch.testing.assert_close(ema.weight, before + 0.5)
    assert not ema.weight.requires_grad
    assert network.weight.requires_grad


def test_a_young_average_follows_quickly() -> None:
    assert ema_weight(batch=4, images=0, half_life=5000) == pytest.approx(1 - 0.5**4)  # a half-life of one image
    assert ema_weight(batch=4, images=2000, half_life=5000) == pytest.approx(1 - 0.5 ** (4 / 100))
    assert ema_weight(batch=4, images=1_000_000, half_life=5000) == pytest.approx(1 - 0.5 ** (4 / 5000))
