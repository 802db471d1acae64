"""What each network minimises: its losses by name, unweighted, and the weights that a configuration gives them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.discriminator import MultiScaleDiscriminator, discriminator_input
from spade_terrain.networks.frozen.perceptual import Vgg, perceptual_loss
from spade_terrain.networks.projected import cat_features, pictures
from spade_terrain.networks.relief import land_mask, surface_normals
from spade_terrain.networks.shadow import ShadowGenerator
from spade_terrain.networks.two_step import flip_each
from spade_terrain.palette import WATER
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch
from spade_terrain.training.step.examples import Examples, Fake, Mixed
from spade_terrain.training.step.height_guide import height_guide_loss
from spade_terrain.training.step.land import land_loss, painted_zones, shore_loss
from spade_terrain.training.step.losses import (
    discriminator_hinge_loss,
    generator_hinge_loss,
    light_leak_loss,
    shading_loss,
    texture_detail_loss,
)
from spade_terrain.training.step.microbatch import MicroBatch
from spade_terrain.training.step.stabilisers import labelmix_loss, r1_penalty


def discriminator_weights(config: Config) -> dict[str, float]:
    """Weights of `discriminator_loss` and `r1_loss`, which is taken in each `r1_every`-th step only."""
    return {"loss": 1.0, "labelmix": config.labelmix_weight, "r1": config.r1_weight * config.r1_every}


def discriminator_loss(
    discriminator: nn.Module, real: Examples, fake: Examples, mixed: Mixed | None
) -> dict[str, Tensor]:
    """The hinge loss and, of `mixed` examples if there are any, the LabelMix loss.

    `discriminator` is called as a `MultiScaleDiscriminator` is, once for all examples; `fake` is detached.
    """
    examples = [real, fake] if mixed is None else [real, fake, mixed.examples]
    terrain, height, labels = map(torch.cat, zip(*(e.crops.maps for e in examples), strict=True))
    style, features = torch.cat([e.style for e in examples]), cat_features([e.features for e in examples])
    logits = discriminator(terrain, height, labels, style, features)  # a scale or head: (2 N or 3 N, 1, h, w)
    logits = [x.split([len(e.crops) for e in examples]) for x in logits]
    real_logits, fake_logits, *mixed_logits = ([*of_kind] for of_kind in zip(*logits, strict=True))
    losses = {"loss": discriminator_hinge_loss(real_logits, fake_logits)}
    if mixed is not None:
        losses["labelmix"] = labelmix_loss(mixed_logits[0], real_logits, fake_logits, mixed.mask)
    return losses


def r1_loss(discriminator: MultiScaleDiscriminator, real: Examples) -> Tensor:
    """R1 on real terrain and height, of the patch discriminators alone.

    In float32: bfloat16 has no digits for squares of small gradients.
    """
    crops = real.crops
    with torch.autocast(crops.terrain.device.type, enabled=False):
        terrain, height = (x.clone().requires_grad_() for x in (crops.terrain, crops.height))
        x = discriminator_input(terrain, height, crops.labels, real.style)  # (N, C, H, W)
        return r1_penalty(discriminator.judge_patches(x), [terrain, height])


def generator_weights(config: Config) -> dict[str, float]:
    """Weights of `generator_loss`."""
    return {
        "loss": 1.0,
        "light": config.light_weight,
        "detail": config.detail_weight,
        "shadow": config.shadow_weight,
        "guide": config.guide_weight,
        "land": config.land_weight,
        "shore": config.shore_weight,
        "perceptual": config.perceptual_weight,
    }


def generator_loss(
    config: Config,
    discriminator: MultiScaleDiscriminator,
    shadow: ShadowGenerator,
    vgg: Vgg | None,
    part: MicroBatch,
    real: Examples,
    fake: Fake,
    mean_over_processes: Callable[[Tensor], Tensor],
) -> dict[str, Tensor]:
    """The adversarial loss, and those of `generator_weights` that have a weight in `config`.

    Args:
        config: which losses there are.
        discriminator: frozen.
        shadow: learns shading from the real crops of `part`, too.
        vgg: for the perceptual loss, if there is to be one.
        part: the microbatch.
        real: its real crops as the discriminator sees them.
        fake: the terrain made of it, with its gradient.
        mean_over_processes: averages a number over the processes that share the batch.

    """
    examples = fake.examples
    losses = {"loss": generator_hinge_loss(discriminator(*examples.crops.maps, examples.style, examples.features))}
    if config.light_weight:
        land = 1 - fake.labels[:, WATER : WATER + 1]  # (N, 1, H, W)
        losses["light"] = light_leak_loss(fake.texture, surface_normals(fake.height, HEIGHT_CODE), land)
    if config.detail_weight:
        losses["detail"] = _detail_loss(fake, part.real, mean_over_processes)
    if config.shadow_weight:
        # Real terrain teaches what is shading, so that textures have nothing of it to make up for.
        terrain, height = part.real.terrain, part.real.height
        losses["shadow"] = shading_loss(terrain, shadow(height), land_mask(height), mean_over_processes)
    if config.guided and config.guide_weight:
        height = flip_each(fake.height, part.flips)  # back
        guided = part.real.labels, part.height_guide, HEIGHT_CODE
        losses["guide"] = height_guide_loss(height, *guided, mean_over_processes)
    if config.land_weight or config.shore_weight:
        zones = painted_zones(part.real.labels)
        if config.land_weight:
            losses["land"] = land_loss(fake.elevation, zones, mean_over_processes)
        if config.shore_weight:
            losses["shore"] = shore_loss(fake.elevation, zones, mean_over_processes)
    if config.perceptual_weight and vgg is not None:
        losses["perceptual"] = _perceptual_loss(config, vgg, part, real, fake, mean_over_processes)
    return losses


def _perceptual_loss(
    config: Config,
    vgg: Vgg,
    part: MicroBatch,
    real: Examples,
    fake: Fake,
    mean_over_processes: Callable[[Tensor], Tensor],
) -> Tensor:
    fake_taps, real_taps = (
        vgg(torch.cat([p[..., *part.window] for p in pictures(HEIGHT_CODE, crops.terrain, crops.height)]))
        for crops in (fake.examples.crops, real.crops)
    )  # a tap: (P N, C, h, w)
    # Half are flipped and have no real counterpart; the others count twice.
    weights = 2 * part.unflipped if config.flips else part.unflipped  # (N,)
    shown = len(real_taps[0]) // len(weights)
    return perceptual_loss(fake_taps, real_taps, weights.repeat(shown), mean_over_processes)


def _detail_loss(fake: Fake, real: Batch, mean_over_processes: Callable[[Tensor], Tensor]) -> Tensor:
    lands = land_mask(fake.height), land_mask(real.height)
    return texture_detail_loss(fake.texture, lands[0], real.terrain, lands[1], mean_over_processes)
