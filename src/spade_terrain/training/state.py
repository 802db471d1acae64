"""The state of a trainer: what a checkpoint holds, and what a new run begins from."""

from typing import Any

from torch import Tensor, nn

from spade_terrain.errors import ModelError, ParameterError
from spade_terrain.training.checkpoint import flatten_optimizer, restore_optimizer, select
from spade_terrain.training.step.trainer import Trainer

_HEADS = "discriminator.heads."


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

    Raises `ParameterError` if VGG-19 was there and is not now, or the other way round.
    """
    if any(name.startswith(_HEADS) for name in tensors) != (trainer.discriminator.heads is not None):
        begun, now = ("without", "leave `vgg` out") if trainer.discriminator.heads else ("with", "give `vgg`")
        raise ParameterError(f"the run was begun {begun} VGG-19 weights: {now} to go on with it")
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

    What they lack stays as it is: what `fit_statistics` learns, all of the discriminator if there is none, heads on
    VGG-19's features if only this run has them.
    """
    targets = (trainer.generator, generator), (trainer.ema, generator), (trainer.discriminator, discriminator)
    try:
        for network, given in targets:
            own = network.state_dict()
            network.load_state_dict(own | {k: v for k, v in given.items() if k in own})
    except RuntimeError as e:
        raise ModelError("the weights of `init` do not fit the networks of their configuration") from e
    trainer.begun_from = facts


def _networks(trainer: Trainer) -> dict[str, nn.Module]:
    """The networks whose weights a checkpoint holds, by the first part of their names there."""
    networks: dict[str, nn.Module] = {
        "generator": trainer.generator,
        "ema": trainer.ema,
        "discriminator": trainer.discriminator,
    }
    return networks if trainer.style_encoder is None else {**networks, "style_encoder": trainer.style_encoder}
