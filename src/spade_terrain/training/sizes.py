"""The sizes that networks come in, and what a size costs."""

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from spade_terrain.palette import CLASSES
from spade_terrain.training.config import Config
from spade_terrain.training.networks import discriminator_for, generator_for
from spade_terrain.training.step.height_guide import no_height_guide

MAP = 256


def describe_networks(config: Config) -> str:
    """One line: parameters of both networks, and the generator's billions of multiply-adds (GMAC) for 256 x 256."""
    with FakeTensorMode():  # shapes alone; unlike the device "meta", it is one that autocast knows
        generator, discriminator = generator_for(config), discriminator_for(config, projected=False)
        labels = torch.empty(1, len(CLASSES), MAP, MAP)
        inputs = generator.generator.noise_inputs
        noise = [torch.empty(1, n.channels, MAP // n.stride, MAP // n.stride) for n in inputs]
        style = torch.empty(1, len(generator.style), 1, 1)
        guide = no_height_guide(labels, generator.generator.stride, guided=config.guided)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            generator(labels, noise, style, guide)
    gmac = counter.get_total_flops() / 2e9
    return (
        f"generator {_millions(generator):.2f} M parameters, {gmac:.2f} GMAC for {MAP} x {MAP}; "
        f"discriminator {_millions(discriminator):.2f} M"
    )


def _millions(module: nn.Module) -> float:
    return sum(p.numel() for p in module.parameters()) / 1e6
