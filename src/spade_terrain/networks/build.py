"""The networks, built from plain numbers."""

from collections.abc import Sequence

from spade_terrain.card import HeightCode
from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.networks.fine_relief import FineRelief
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
    textures: int = 1,
    style: Sequence[str] = (),
    guided: bool = False,
    noisy: bool = True,
    fine_relief: bool = False,
) -> TwoStepGenerator:
    """The generator of textures and height, and the shadow generator.

    `style` are the names of the style's numbers; `fine_relief` says whether there is a `FineRelief`; all else
    is as `Generator` takes it.
    """
    generator = Generator(
        tuple(channels),
        guide_channels,
        head_channels,
        textures=textures,
        style=len(style),
        guided=guided,
        noisy=noisy,
    )
    fine = FineRelief(HEIGHT_CODE, textures) if fine_relief else None
    return TwoStepGenerator(generator, ShadowGenerator(HEIGHT_CODE, textures), fine, tuple(style))


def build_discriminator(
    channels: int, scales: int, *, textures: int = 1, style: int = 0, projected: bool = False
) -> MultiScaleDiscriminator:
    """The discriminator.

    Args:
        channels: features of a patch discriminator's first layer, and of a head's.
        scales: how many patch discriminators there are.
        textures: how many the terrain has.
        style: numbers of the style.
        projected: give it heads on a frozen network's features of each texture's terrain and of the relief.

    """
    heads = ProjectedHeads(textures + 1, channels) if projected else None
    return MultiScaleDiscriminator(channels, scales, textures, style, heads)
