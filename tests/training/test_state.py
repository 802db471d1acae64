import dataclasses
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file

from spade_terrain.errors import TerrainError
from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.perceptual import Vgg
from spade_terrain.training.checkpoint import load_checkpoint, save_checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.data import CropSampler
from spade_terrain.training.state import restore, take_weights, trainer_state
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.patches import Patches
from tests.training.conftest import run_steps

OLD = Path(__file__).parent / "old_checkpoint.safetensors"
"""A run of three steps with VGG-19 (the fixture `vgg`) and all stabilisers, saved before tensors were renamed.

Its trainer had fitted the statistics of the fixture `patches`, and drew from them with even classes.
"""

AFTERWARDS = [
    {
        "discriminator/loss": 1.9366035461425781,
        "discriminator/labelmix": 0.0,
        "discriminator/gradient": 2.2047243118286133,
        "generator/loss": -0.01894269324839115,
        "generator/light": 0.04172967001795769,
        "generator/detail": 2.2183414785104105e-06,
        "generator/shadow": 1.0869064331054688,
        "generator/perceptual": 0.0,
        "generator/gradient": 22.853382110595703,
    },
    {
        "discriminator/loss": 1.914007544517517,
        "discriminator/labelmix": 0.009557243436574936,
        "discriminator/r1": 0.24518442153930664,
        "discriminator/gradient": 9.473231315612793,
        "generator/loss": -0.012881527654826641,
        "generator/light": 0.0974215492606163,
        "generator/detail": 3.4229510674776975e-06,
        "generator/shadow": 1.0652432441711426,
        "generator/perceptual": 1.205918788909912,
        "generator/gradient": 72.06584930419922,
    },
    {
        "discriminator/loss": 1.87859046459198,
        "discriminator/labelmix": 0.012191488407552242,
        "discriminator/gradient": 2.5906684398651123,
        "generator/loss": -0.009514312259852886,
        "generator/light": 0.006859461776912212,
        "generator/detail": 9.239250289283518e-07,
        "generator/shadow": 1.112130045890808,
        "generator/perceptual": 1.296692132949829,
        "generator/gradient": 11.483526229858398,
    },
]
"""What the version that saved it measured in the next three steps."""


@pytest.mark.parametrize("with_vgg", [False, True])
def test_resuming_gives_the_same_weights_as_never_stopping(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg, tmp_path: Path, with_vgg: bool
) -> None:
    network = vgg if with_vgg else None
    straight = Trainer(tiny_config, fabric, network)
    run_steps(straight, patches, 6)
    stopped = Trainer(tiny_config, fabric, network)
    run_steps(stopped, patches, 3)
    save_checkpoint(tmp_path / "c", *trainer_state(stopped))
    resumed = Trainer(tiny_config, fabric, network)
    restore(resumed, *load_checkpoint(tmp_path / "c"))
    run_steps(resumed, patches, 3)
    (expected, facts), (state, facts_2) = trainer_state(straight), trainer_state(resumed)
    assert facts == facts_2
    assert facts["generator_steps"] == 5
    assert expected.keys() == state.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, state[name]), name


def test_a_run_with_heads_is_not_gone_on_with_without_them(tiny_config: Config, fabric: Fabric, vgg: Vgg) -> None:
    blind, seeing = Trainer(tiny_config, fabric, None, None), Trainer(tiny_config, fabric, vgg)
    with pytest.raises(TerrainError, match="the run was begun with VGG-19 weights: give `vgg` to go on with it"):
        restore(blind, *trainer_state(seeing))
    with pytest.raises(TerrainError, match="the run was begun without VGG-19 weights: leave `vgg` out"):
        restore(seeing, *trainer_state(blind))


def test_weights_with_and_without_heads_begin_either_run(tiny_config: Config, fabric: Fabric, vgg: Vgg) -> None:
    for source in (None, vgg):
        for network in (None, vgg):
            giver = Trainer(dataclasses.replace(tiny_config, seed=1), fabric, source)
            taker = Trainer(tiny_config, fabric, network)
            take_weights(taker, giver.generator.state_dict(), giver.discriminator.state_dict(), {"steps": 5})
            given, taken = giver.discriminator.state_dict(), taker.discriminator.state_dict()
            same = {k for k in taken if k in given and torch.equal(given[k], taken[k])}
            assert same >= taken.keys() & given.keys()
            assert taker.begun_from == {"steps": 5}


def test_an_old_checkpoint_is_gone_on_with_as_by_the_version_that_saved_it(
    patches: Patches, fabric: Fabric, vgg: Vgg
) -> None:
    tensors, facts = load_checkpoint(OLD)
    trainer = Trainer(Config.from_json(facts["config"]), fabric, vgg)
    restore(trainer, tensors, facts)
    config = trainer.config
    sampler = CropSampler(patches, config.crop, config.batch, HEIGHT_CODE, fabric.device, even=config.even_classes)
    for expected in AFTERWARDS:
        measured = trainer.step(sampler.draw(config.batch, trainer.random))
        assert measured == pytest.approx(expected, rel=1e-3, abs=1e-9)
        assert measured.keys() == expected.keys()


def test_an_old_checkpoint_holds_what_a_new_one_does(fabric: Fabric, vgg: Vgg) -> None:
    tensors, facts = load_checkpoint(OLD)
    fresh, _ = trainer_state(Trainer(Config.from_json(facts["config"]), fabric, vgg))
    fresh = {name: tensor for name, tensor in fresh.items() if "_adam." not in name}  # no moments before the first step
    assert fresh.keys() == {name for name in tensors if "_adam." not in name}
    assert all(tensors[name].shape == tensor.shape for name, tensor in fresh.items())


def test_an_old_discriminator_file_begins_a_run(fabric: Fabric, vgg: Vgg, tmp_path: Path) -> None:
    prefix, old = "discriminator.", load_file(OLD)
    kept = {name.removeprefix(prefix): tensor for name, tensor in old.items() if name.startswith(prefix)}
    assert any(".verdict." in name for name in kept)
    tensors, facts = load_checkpoint(OLD)
    save_checkpoint(tmp_path / "old", kept, facts)
    trainer = Trainer(Config.from_json(facts["config"]), fabric, vgg)
    take_weights(trainer, {}, load_checkpoint(tmp_path / "old")[0], {})
    assert all(torch.equal(tensors[prefix + k], v) for k, v in trainer.discriminator.state_dict().items())
