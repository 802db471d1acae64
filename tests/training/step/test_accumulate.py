import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from spade_terrain.training.step.accumulate import accumulate, descend


def test_parts_add_up_to_the_whole_by_weight(fabric: Fabric) -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 3.0)
    wrapped = fabric.setup_module(network)
    inputs = torch.tensor([[1.0], [3.0]])

    def losses(i: int) -> dict[str, Tensor]:
        output = wrapped(inputs[i])
        return {"linear": output.mean(), "square": output.square().mean()}

    measured = accumulate(fabric, wrapped, losses, 2, {"linear": 1.0, "square": 0.5, "not taken": 9.0})
    assert {name: value.item() for name, value in measured.items()} == {"linear": 6.0, "square": (9 + 81) / 2}
    gradient = ((1 + 3) + 0.5 * (2 * 3 * 1 + 2 * 3 * 9)) / 2
    assert network.weight.grad is not None
    assert network.weight.grad.item() == pytest.approx(gradient)
    norm = descend(torch.optim.SGD(network.parameters(), lr=0.1))
    assert norm.item() == pytest.approx(gradient)
    assert network.weight.item() == pytest.approx(3 - 0.1 * gradient)
    assert network.weight.grad is None
