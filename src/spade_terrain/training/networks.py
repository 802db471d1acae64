"""The networks that a configuration describes."""

from spade_terrain.networks.build import build_discriminator, build_two_step_generator
from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.networks.perceptual import Vgg
from spade_terrain.networks.style import STYLE
from spade_terrain.networks.two_step import TwoStepGenerator
from spade_terrain.training.config import Config


def generator_for(config: Config) -> TwoStepGenerator:
    """The generator of a run, untrained."""
    return build_two_step_generator(
        config.channels,
        config.guide_channels,
        config.head_channels,
        style=STYLE if config.style else (),
        noisy=config.noise,
    )


def discriminator_for(config: Config, vgg: Vgg | None) -> MultiScaleDiscriminator:
    """The discriminator of a run, untrained; without `vgg`, or one of a single tap, it has no heads."""
    has_heads = config.projected and vgg is not None and len(vgg.channels) > 1
    return build_discriminator(
        config.discriminator_channels,
        config.discriminator_scales,
        style=len(STYLE) if config.style else 0,
        vgg_channels=vgg.channels if vgg is not None and has_heads else (),
    )
