"""The state of a trainer: what a checkpoint holds, and what a new run begins from."""

import logging
from typing import Any

import torch
from torch import Tensor, nn

from spade_terrain.errors import ModelError, ParameterError
from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.training.checkpoint import flatten_optimizer, restore_optimizer, select
from spade_terrain.training.networks import discriminator_for
from spade_terrain.training.step.trainer import Trainer

_log = logging.getLogger(__name__)

_HEADS = "heads."
_GROWING = ("to_texture.", "stem.", ".sea", ".plain", "shadow.conv_", "fine_relief.", ".layers.0.")
"""Parts of the names of tensors that have more channels for a second texture or a height guide."""


def trainer_state(trainer: Trainer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All that `restore` needs: tensors by name, and facts for JSON."""
    tensors = {
        **{
            f"{prefix}.{name}": tensor
            for prefix, network in _networks(trainer).items()
            for name, tensor in network.state_dict().items()
        },
        **flatten_optimizer("generator_adam", trainer.generator_adam),
        **flatten_optimizer("discriminator_adam", trainer.discriminator_adam),
        "random": trainer.random.get_state(),
    }
    facts = {
        "config": trainer.config.to_json(),
        "steps": trainer.steps,
        "generator_steps": trainer.generator_steps,
        "generator_trains": trainer.balance.generator_trains,
    }
    return tensors, facts if trainer.begun_from is None else {**facts, "begun_from": trainer.begun_from}


def restore(trainer: Trainer, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Put back what `trainer_state` gave; the next step is then the one that would have followed.

    Raises `ParameterError` if EfficientNet was there and is not now, or the other way round; `ModelError` if the run's
    heads are those of an earlier version, on other features.
    """
    judge = select("discriminator", tensors)
    with torch.device("meta"):
        usual = discriminator_for(trainer.config, projected=True)
    if len(_fitting(usual, judge)) < len(judge):
        raise ModelError(
            "the run's discriminator has heads on VGG-19's features, which an earlier version gave it: `export` the "
            "run, and begin another one from that by `init` and `init_discriminator`"
        )
    has = trainer.discriminator.heads is not None
    if any(name.startswith(_HEADS) for name in judge) != has:
        begun, now = ("without", "leave `efficientnet` out") if has else ("with", "give `efficientnet`")
        raise ParameterError(f"the run was begun {begun} EfficientNet's weights: {now} to go on with it")
    for prefix, network in _networks(trainer).items():
        network.load_state_dict(select(prefix, tensors))
    restore_optimizer("generator_adam", trainer.generator_adam, tensors)
    restore_optimizer("discriminator_adam", trainer.discriminator_adam, tensors)
    trainer.random.set_state(tensors["random"])
    trainer.steps, trainer.generator_steps = facts["steps"], facts["generator_steps"]
    trainer.balance.generator_trains = facts["generator_trains"]
    trainer.begun_from = facts.get("begun_from")


def take_weights(
    trainer: Trainer, generator: dict[str, Tensor], discriminator: dict[str, Tensor], facts: dict[str, Any]
) -> None:
    """Take the weights of another run, whose `facts` are kept. Raises `ModelError` if they don't fit.

    What they lack stays as it is: what `fit_statistics` learns, all of the discriminator if there is none, its heads if
    they judge other features, a second texture and the height guide.
    """
    judge = _fitting(trainer.discriminator, discriminator)
    if len(judge) < len(discriminator) and trainer.discriminator.heads is not None and trainer.fabric.is_global_zero:
        _log.warning("the discriminator's heads were taught on other features or textures: the run's begin anew")
    targets = (trainer.generator, generator), (trainer.ema, generator), (trainer.discriminator, judge)
    try:
        for network, given in targets:
            own = network.state_dict()
            network.load_state_dict(own | {k: _widened(k, v, own[k]) for k, v in given.items() if k in own})
    except RuntimeError as e:
        raise ModelError("the weights of `init` do not fit the networks of their configuration") from e
    trainer.begun_from = facts


def _fitting(discriminator: MultiScaleDiscriminator, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """`given` without heads if `discriminator`'s heads are others: on another network's features."""
    own = discriminator.state_dict()
    heads = [name for name in given if name.startswith(_HEADS)]
    same = all(name in own and own[name].shape == given[name].shape for name in heads)
    return given if same else {name: tensor for name, tensor in given.items() if name not in heads}


def _widened(name: str, given: Tensor, own: Tensor) -> Tensor:
    """`given` within a tensor of `own`'s shape, of whose channels it has the first."""
    if given.shape == own.shape or given.ndim != own.ndim or not any(part in name for part in _GROWING):
        return given
    if any(g > o for g, o in zip(given.shape, own.shape, strict=True)):
        return given
    wide = own.clone()
    wide[tuple(slice(n) for n in given.shape)] = given
    return wide


def _networks(trainer: Trainer) -> dict[str, nn.Module]:
    """The networks whose weights a checkpoint holds, by the first part of their names there."""
    networks: dict[str, nn.Module] = {
        "generator": trainer.generator,
        "ema": trainer.ema,
        "discriminator": trainer.discriminator,
    }
    return networks if trainer.style_encoder is None else {**networks, "style_encoder": trainer.style_encoder}
