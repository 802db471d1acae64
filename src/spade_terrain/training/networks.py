"""The networks that a configuration describes."""

from spade_terrain.networks.build import build_discriminator, build_two_step_generator
from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.networks.style import STYLE
from spade_terrain.networks.two_step import TwoStepGenerator
from spade_terrain.training.config import Config


def generator_for(config: Config) -> TwoStepGenerator:
    """The generator of a run, untrained."""
    return build_two_step_generator(
        config.channels,
        config.guide_channels,
        config.head_channels,
        textures=len(config.textures),
        style=STYLE if config.style else (),
        guided=config.guided,
        noisy=config.noise,
        fine_relief=config.fine_relief and config.noise,
    )


def discriminator_for(config: Config, *, projected: bool) -> MultiScaleDiscriminator:
    """The discriminator of a run, untrained, with heads if the run has them and there are features for them."""
    return build_discriminator(
        config.discriminator_channels,
        config.discriminator_scales,
        textures=len(config.textures),
        style=len(STYLE) if config.style else 0,
        projected=config.projected and projected,
    )
