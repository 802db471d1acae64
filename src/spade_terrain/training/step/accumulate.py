"""Gradient accumulation: losses of the parts of a batch, backpropagated one part after another."""

from collections.abc import Callable, Mapping

import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from torch import Tensor
from torch.nn.utils import get_total_norm


def accumulate(
    fabric: Fabric,
    network: _FabricModule,
    part_losses: Callable[[int], dict[str, Tensor]],
    parts: int,
    weights: Mapping[str, float],
) -> dict[str, Tensor]:
    """Backpropagate the weighted sum of losses, averaged over `parts`, so that only one part's graph is held at a time.

    Args:
        fabric: the processes.
        network: what the gradients are taken of, as `Fabric.setup_module` wrapped it. They are averaged over the
            processes with the last part.
        part_losses: the losses of a part by name, each a mean over that part. All parts have the same names.
        parts: how many there are.
        weights: by the same names.

    Returns:
        each loss, unweighted and without its gradient: the mean over the parts.

    """
    measured: dict[str, list[Tensor]] = {}
    for i in range(parts):
        with fabric.no_backward_sync(network, enabled=i < parts - 1):
            losses = part_losses(i)
            total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
            fabric.backward(total / parts)
        for name, loss in losses.items():
            measured.setdefault(name, []).append(loss.detach())
    return {name: torch.stack(values).mean() for name, values in measured.items()}


def descend(optimizer: torch.optim.Optimizer) -> Tensor:
    """Take an optimiser's step and clear the gradients; returns the norm that they had."""
    norm = get_total_norm([p.grad for group in optimizer.param_groups for p in group["params"]])
    optimizer.step()
    optimizer.zero_grad()
    return norm
