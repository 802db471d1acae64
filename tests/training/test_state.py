import dataclasses
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file
from torch import Tensor

from spade_terrain.errors import TerrainError
from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.efficientnet import EfficientNetLite
from spade_terrain.networks.frozen.perceptual import Vgg
from spade_terrain.training.checkpoint import load_checkpoint, save_checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.data import CropSampler, one_hot
from spade_terrain.training.networks import discriminator_for
from spade_terrain.training.state import restore, take_weights, trainer_state
from spade_terrain.training.step.draws import draw_noise
from spade_terrain.training.step.height_guide import no_height_guide
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.patches import Patches
from tests.training.conftest import run_steps

OLD = Path(__file__).parent / "old_checkpoint.safetensors"
"""A run of three steps with VGG-19 (the fixture `vgg`) and all stabilisers, saved before tensors were renamed.

Its trainer had fitted the statistics of the fixture `patches`, and drew from them with even classes.
"""

AFTERWARDS = [
    {
        "discriminator/loss": 1.9619462490081787,
        "discriminator/labelmix": 0.0,
        "discriminator/gradient": 1.216603398323059,
        "generator/loss": 0.010141231119632721,
        "generator/light": 0.04172983020544052,
        "generator/detail": 6.041051165084355e-06,
        "generator/shadow": 1.0869064331054688,
        "generator/gradient": 22.82921028137207,
    },
    {
        "discriminator/loss": 1.9716988801956177,
        "discriminator/labelmix": 0.003427348332479596,
        "discriminator/r1": 0.24192044138908386,
        "discriminator/gradient": 9.043716430664062,
        "generator/loss": 0.016983892768621445,
        "generator/light": 0.0969475656747818,
        "generator/detail": 7.6118571996630635e-06,
        "generator/shadow": 1.0652434825897217,
        "generator/gradient": 71.69207000732422,
    },
    {
        "discriminator/loss": 1.9794485569000244,
        "discriminator/labelmix": 0.0033702568616718054,
        "discriminator/gradient": 1.7373461723327637,
        "generator/loss": 0.004914756864309311,
        "generator/light": 0.006819060537964106,
        "generator/detail": 4.771548901771894e-06,
        "generator/shadow": 1.1121264696121216,
        "generator/gradient": 11.457626342773438,
    },
]
"""What the next three steps measure, gone on with without heads and VGG-19.

The losses are as in the version that saved it but for what it did not know: discriminators see land `above_a_step`, and
detail has its price up to the coast. To the generator's loss the bias of the logits is added: its gradients cancel but
for rounding, which Adam makes whole steps of.
"""


def without_heads(tensors: dict[str, Tensor], config: Config) -> dict[str, Tensor]:
    """A checkpoint's tensors, as if its run had had no heads."""
    scales = len(list(discriminator_for(config, projected=False).parameters()))  # the heads' parameters come behind

    def of_heads(name: str) -> bool:
        prefix, place = name.split(".")[:2] if "." in name else (name, "")
        return (prefix == "discriminator_adam" and int(place) >= scales) or name.startswith("discriminator.heads.")

    return {name: tensor for name, tensor in tensors.items() if not of_heads(name)}


@pytest.mark.parametrize("seeing", [False, True])
def test_resuming_gives_the_same_weights_as_never_stopping(
    tiny_config: Config,
    wide_patches: Patches,
    fabric: Fabric,
    efficientnet: EfficientNetLite,
    vgg: Vgg,
    tmp_path: Path,
    seeing: bool,
) -> None:
    networks = (efficientnet, vgg) if seeing else (None, None)
    config = dataclasses.replace(tiny_config, crop=64)
    straight = Trainer(config, fabric, *networks)
    run_steps(straight, wide_patches, 6)
    stopped = Trainer(config, fabric, *networks)
    run_steps(stopped, wide_patches, 3)
    save_checkpoint(tmp_path / "c", *trainer_state(stopped))
    resumed = Trainer(config, fabric, *networks)
    restore(resumed, *load_checkpoint(tmp_path / "c"))
    run_steps(resumed, wide_patches, 3)
    (expected, facts), (state, facts_2) = trainer_state(straight), trainer_state(resumed)
    assert facts == facts_2
    assert facts["generator_steps"] == 5
    assert expected.keys() == state.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, state[name]), name


def test_a_run_with_heads_is_not_gone_on_with_without_them(
    tiny_config: Config, fabric: Fabric, efficientnet: EfficientNetLite
) -> None:
    config = dataclasses.replace(tiny_config, crop=64)
    blind, seeing = (Trainer(config, fabric, network, None) for network in (None, efficientnet))
    with pytest.raises(
        TerrainError, match="the run was begun with EfficientNet's weights: give `efficientnet` to go on with it"
    ):
        restore(blind, *trainer_state(seeing))
    with pytest.raises(
        TerrainError, match="the run was begun without EfficientNet's weights: leave `efficientnet` out"
    ):
        restore(seeing, *trainer_state(blind))


def test_weights_with_and_without_heads_begin_either_run(
    tiny_config: Config, fabric: Fabric, efficientnet: EfficientNetLite
) -> None:
    config = dataclasses.replace(tiny_config, crop=64)
    for source in (None, efficientnet):
        for network in (None, efficientnet):
            giver = Trainer(dataclasses.replace(config, seed=1), fabric, source, None)
            taker = Trainer(config, fabric, network, None)
            take_weights(taker, giver.generator.state_dict(), giver.discriminator.state_dict(), {"steps": 5})
            given, taken = giver.discriminator.state_dict(), taker.discriminator.state_dict()
            same = {k for k in taken if k in given and torch.equal(given[k], taken[k])}
            assert same >= taken.keys() & given.keys()
            assert taker.begun_from == {"steps": 5}


def test_an_old_checkpoint_is_gone_on_with(patches: Patches, fabric: Fabric) -> None:
    tensors, facts = load_checkpoint(OLD)
    trainer = Trainer(Config.from_json(facts["config"]), fabric, None, None)
    restore(trainer, without_heads(tensors, trainer.config), facts)
    config = trainer.config
    sampler = CropSampler(patches, config.crop, config.batch, HEIGHT_CODE, fabric.device, even=config.even_classes)
    for expected in AFTERWARDS:
        measured = trainer.step(sampler.draw(config.batch, trainer.random))
        measured["generator/loss"] += trainer.discriminator.get_parameter("scales.0.logits.bias").item()
        assert measured == pytest.approx(expected, rel=1e-3, abs=1e-9)
        assert measured.keys() == expected.keys()


def test_an_old_checkpoint_holds_what_a_new_one_does(fabric: Fabric) -> None:
    tensors, facts = load_checkpoint(OLD)
    config = Config.from_json(facts["config"])
    tensors, (fresh, _) = without_heads(tensors, config), trainer_state(Trainer(config, fabric, None, None))
    fresh = {name: tensor for name, tensor in fresh.items() if "_adam." not in name}  # no moments before the first step
    assert fresh.keys() == {name for name in tensors if "_adam." not in name}
    assert all(tensors[name].shape == tensor.shape for name, tensor in fresh.items())


@pytest.mark.parametrize("seeing", [False, True])
def test_an_old_run_whose_heads_judge_vggs_features_is_not_gone_on_with(
    fabric: Fabric, efficientnet: EfficientNetLite, seeing: bool
) -> None:
    tensors, facts = load_checkpoint(OLD)
    config = dataclasses.replace(Config.from_json(facts["config"]), crop=64)
    trainer = Trainer(config, fabric, efficientnet if seeing else None, None)
    before = {name: tensor.clone() for name, tensor in trainer.generator.state_dict().items()}
    with pytest.raises(TerrainError) as caught:
        restore(trainer, tensors, facts)
    assert str(caught.value) == (
        "the run's discriminator has heads on VGG-19's features, which an earlier version gave it: `export` the run, "
        "and begin another one from that by `init` and `init_discriminator`"
    )
    assert all(torch.equal(before[name], tensor) for name, tensor in trainer.generator.state_dict().items())


@pytest.mark.parametrize("seeing", [False, True])
def test_an_old_discriminator_file_begins_a_run(
    fabric: Fabric,
    efficientnet: EfficientNetLite,
    tmp_path: Path,
    seeing: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    prefix, old = "discriminator.", load_file(OLD)
    kept = {name.removeprefix(prefix): tensor for name, tensor in old.items() if name.startswith(prefix)}
    assert any(".verdict." in name for name in kept)
    tensors, facts = load_checkpoint(OLD)
    save_checkpoint(tmp_path / "old", kept, facts)
    config = dataclasses.replace(Config.from_json(facts["config"]), crop=64)
    trainers = [Trainer(config, fabric, efficientnet if seeing else None, None) for _ in range(2)]
    take_weights(trainers[0], {}, load_checkpoint(tmp_path / "old")[0], {})
    assert ("the run's begin anew" in caplog.text) == seeing
    taken, fresh = (t.discriminator.state_dict() for t in trainers)
    for name, tensor in taken.items():  # heads on VGG-19's features are no heads on EfficientNet's
        assert torch.equal(fresh[name] if name.startswith("heads.") else tensors[prefix + name], tensor), name


@pytest.mark.parametrize("fine_relief", [False, True])
@torch.inference_mode()
def test_a_model_of_one_texture_without_a_guide_grows(fine_relief: bool, tiny_config: Config, fabric: Fabric) -> None:
    old_config = dataclasses.replace(tiny_config, seed=1, satellite=False, guided=False, fine_relief=fine_relief)
    old, grown = Trainer(old_config, fabric, None, None), Trainer(tiny_config, fabric, None, None)
    random = torch.Generator().manual_seed(2)
    for p in old.generator.parameters():
        p.add_(0.1 * torch.randn(p.shape, generator=random))
    old.generator.generator.set_class_colours(torch.rand(7, 3, generator=random))
    take_weights(grown, old.generator.state_dict(), old.discriminator.state_dict(), {})
    labels = one_hot(torch.randint(7, (2, 32, 32), generator=random))
    noise = draw_noise(old.generator.generator.noise_inputs, 2, 32, random)
    style = torch.randn(2, 4, 1, 1, generator=random)
    nothing = [no_height_guide(labels, 4, guided=guided) for guided in (False, True)]
    for network in (grown.generator, grown.ema):
        texture, height, shaded, elevation = network(labels, noise, style, nothing[1])
        expected = old.generator(labels, noise, style, nothing[0])
        for own, before in zip((texture[:, :3], height, shaded[:, :3], elevation), expected, strict=True):
            torch.testing.assert_close(own, before, rtol=0, atol=1e-6)
        assert texture[:, 3:].std() > 0.01
    guide = torch.ones_like(nothing[1])
    assert not torch.equal(grown.generator(labels, noise, style, guide)[1], height)
    # What a discriminator of one texture has learned holds on for what it saw.
    judge, before_judge = (t.discriminator.state_dict() for t in (grown, old))
    for name, tensor in before_judge.items():
        first = judge[name][tuple(slice(n) for n in tensor.shape)]
        assert torch.equal(first, tensor), name


def test_a_model_does_not_shrink(tiny_config: Config, fabric: Fabric) -> None:
    large, small = (Trainer(dataclasses.replace(tiny_config, satellite=on), fabric, None, None) for on in (True, False))
    with pytest.raises(TerrainError, match="the weights of `init` do not fit the networks"):
        take_weights(small, large.generator.state_dict(), {}, {})
