"""The networks, built from plain numbers."""

from collections.abc import Sequence

from spade_terrain.card import HeightCode
from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.networks.generator import Generator
from spade_terrain.networks.projected import ProjectedHeads
from spade_terrain.networks.shadow import ShadowGenerator
from spade_terrain.networks.two_step import TwoStepGenerator

HEIGHT_CODE = HeightCode()
"""The height code that all networks are built for."""


def build_two_step_generator(
    channels: Sequence[int],
    guide_channels: int,
    head_channels: int,
    *,
    style: Sequence[str] = (),
    noisy: bool = True,
) -> TwoStepGenerator:
    """The generator of texture and height, and the shadow generator.

    `style` are the names of the style's numbers; all else is as `Generator` takes it.
    """
    generator = Generator(tuple(channels), guide_channels, head_channels, style=len(style), noisy=noisy)
    return TwoStepGenerator(generator, ShadowGenerator(HEIGHT_CODE), tuple(style))


def build_discriminator(
    channels: int, scales: int, *, style: int = 0, vgg_channels: Sequence[int] = ()
) -> MultiScaleDiscriminator:
    """The discriminator.

    Args:
        channels: features of a patch discriminator's first layer, and of a head's.
        scales: how many patch discriminators there are.
        style: numbers of the style.
        vgg_channels: channels of the taps of the frozen network whose features heads judge; no heads if there are none.

    """
    heads = ProjectedHeads(list(vgg_channels), channels) if vgg_channels else None
    return MultiScaleDiscriminator(channels, scales, style, heads)
