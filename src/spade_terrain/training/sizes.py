"""The sizes that networks come in, and what a size costs."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.palette import CLASSES
from spade_terrain.training.config import Config
from spade_terrain.training.maker import TerrainMaker

MAP = 256


def describe_networks(config: Config) -> str:
    """One line: parameters of both networks, and the generator's billions of multiply-adds (GMAC) for 256 x 256."""
    with torch.device("meta"):
        maker = TerrainMaker(config)
        style = torch.empty(1, len(maker.style), 1, 1)
        discriminator = MultiScaleDiscriminator(
            config.discriminator_channels, config.discriminator_scales, len(maker.style)
        )
        labels = torch.empty(1, len(CLASSES), MAP, MAP)
        noise = [
            torch.empty(1, n.channels, MAP // n.stride, MAP // n.stride) for n in maker.generator.noise_inputs
        ]  # fmt: skip
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        maker(labels, noise, style)
    gmac = counter.get_total_flops() / 2e9
    made, judging = _millions(maker), _millions(discriminator)
    return f"generator {made:.2f} M parameters, {gmac:.2f} GMAC for {MAP} x {MAP}; discriminator {judging:.2f} M"


def _millions(module: nn.Module) -> float:
    return sum(p.numel() for p in module.parameters()) / 1e6
