import copy
import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor

from spade_terrain.errors import TerrainError
from spade_terrain.networks.perceptual import Vgg
from spade_terrain.training import trainer as trainer_module
from spade_terrain.training.checkpoint import load_checkpoint, save_checkpoint
from spade_terrain.training.config import Config
from spade_terrain.training.data import CropSampler
from spade_terrain.training.engine import launch
from spade_terrain.training.losses import FLIPS
from spade_terrain.training.maker import HEIGHT_CODE, TerrainMaker, draw_noise
from spade_terrain.training.trainer import Draw, Shown, Trainer
from spade_terrain.world.dataset.patches import Patches


def run(trainer: Trainer, patches: Patches, steps: int) -> dict[str, float]:
    """The last step's measures."""
    config = trainer.config
    sampler = CropSampler(patches, config.crop, config.batch, HEIGHT_CODE, trainer.fabric.device)
    return [trainer.step(sampler.draw(config.batch, trainer.random, trainer.share)) for _ in range(steps)][-1]


@pytest.mark.parametrize("with_vgg", [False, True])
def test_resuming_gives_the_same_weights_as_never_stopping(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg, tmp_path: Path, with_vgg: bool
) -> None:
    judge = vgg if with_vgg else None
    straight = Trainer(tiny_config, fabric, judge)
    run(straight, patches, 6)
    stopped = Trainer(tiny_config, fabric, judge)
    run(stopped, patches, 3)
    save_checkpoint(tmp_path / "c", *stopped.state())
    resumed = Trainer(tiny_config, fabric, judge)
    resumed.restore(*load_checkpoint(tmp_path / "c"))
    run(resumed, patches, 3)
    (expected, facts), (state, facts_2) = straight.state(), resumed.state()
    assert facts == facts_2
    assert facts["generator_steps"] == 5
    assert expected.keys() == state.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, state[name]), name


def test_the_generator_rests_while_the_discriminator_lags(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, balance_low=0.0, balance_high=0.0), fabric, None)
    before = [p.clone() for p in trainer.maker.parameters()]
    judge = [p.clone() for p in trainer.discriminator.parameters()]
    run(trainer, patches, 2)
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.maker.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(judge, trainer.discriminator.parameters(), strict=True))


def judged_by(trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tensor, Tensor, Tensor]]:
    """A list that fills with the terrain, height and labels that the discriminator is shown."""
    judged: list[tuple[Tensor, Tensor, Tensor]] = []
    forward = trainer.discriminator.forward

    def listen(terrain: Tensor, height: Tensor, labels: Tensor, *rest: Any) -> list[Tensor]:
        judged.append((terrain.detach(), height.detach(), labels))
        return forward(terrain, height, labels, *rest)

    monkeypatch.setattr(trainer.discriminator, "forward", listen)
    return judged


def flip_second(monkeypatch: pytest.MonkeyPatch, flip: int = 1) -> None:
    """Of two crops made, flip the second one, always."""
    monkeypatch.setattr(trainer_module, "draw_flips", lambda count, random: torch.tensor([0, flip]))


@pytest.mark.parametrize("flip", [1, 2, 3])
def test_made_terrain_is_judged_as_made_or_flipped_then_shaded(
    tiny_config: Config, patches: Patches, fabric: Fabric, monkeypatch: pytest.MonkeyPatch, flip: int
) -> None:
    flip_second(monkeypatch, flip)
    trainer = Trainer(tiny_config, fabric, None)
    judged = judged_by(trainer, monkeypatch)
    drawn: list[Draw] = []
    make = trainer._make

    def listen(draw: Draw, *, learning: bool) -> Shown:
        drawn.append(draw)
        return make(draw, learning=learning)

    monkeypatch.setattr(trainer, "_make", listen)
    real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
    maker = copy.deepcopy(trainer.maker)
    trainer.step(real)
    terrain, height, labels = judged[0]
    # Two real crops, as soft as if made; the first made of their maps as it is; the second flipped.
    assert len(terrain) == 4
    assert torch.equal(terrain[:2], maker.soften(real).terrain)
    assert torch.equal(height[:2], real.height)
    assert torch.equal(labels[:3], torch.cat([real.labels, real.labels[:1]]))
    with torch.no_grad():
        texture, made, shaded = maker(real.labels, drawn[0].noise, drawn[0].style)
        assert torch.equal(terrain[2], shaded[0])
        dims = [d - 1 for d in FLIPS[flip]]
        assert torch.equal(labels[3], real.labels[1].flip(dims))
        assert torch.equal(height[3], made[1].flip(dims))
        # The light still comes from the north-west: the shading is the shadow generator's of the flipped height ...
        again = texture[1].flip(dims) + maker.shadow(height[3:])[0]
        torch.testing.assert_close(again, terrain[3], atol=1e-5, rtol=0)
        # ... and not the flipped shading.
        assert not torch.allclose(shaded[1].flip(dims), terrain[3], atol=1e-3)


def test_without_flips_all_is_judged_as_made(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, flips=False), fabric, None)
    sampler = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device)
    assert all(not trainer._draw(sampler.draw(2, trainer.random))[0].flips.any() for _ in range(8))


def test_only_what_is_as_made_is_compared_with_the_real(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip_second(monkeypatch)
    trainer = Trainer(tiny_config, fabric, vgg)
    real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
    (draw,) = trainer._draw(real)
    shown, made = trainer._show(real, draw), trainer._make(draw, learning=False)
    expected = trainer._blame(draw, shown, made)["perceptual"]
    assert expected > 0
    for features in made.features:
        features[1:] += 1.0
    assert trainer._blame(draw, shown, made)["perceptual"] == expected


def test_flipped_terrain_is_not_mixed_with_the_real(
    tiny_config: Config, patches: Patches, fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip_second(monkeypatch)
    trainer = Trainer(dataclasses.replace(tiny_config, labelmix_weight=1.0), fabric, None)
    judged = judged_by(trainer, monkeypatch)
    real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
    trainer.step(real)
    terrain = judged[0][0]
    shown, mixed = terrain[:2], terrain[4:]
    assert not torch.equal(mixed[0], shown[0])
    assert torch.equal(mixed[1], shown[1])


STEADY = {"r1_weight": 1.0, "r1_every": 2, "translation": 0.25, "labelmix_weight": 10.0}


def test_what_steadies_the_discriminator_changes_nothing_but_its_losses(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    plain = Trainer(tiny_config, fabric, None)
    steady = Trainer(dataclasses.replace(tiny_config, r1_weight=1.0, r1_every=2, labelmix_weight=1.0), fabric, None)
    expected, measured = run(plain, patches, 1), run(steady, patches, 1)
    assert measured["discriminator/loss"] == pytest.approx(expected["discriminator/loss"], rel=1e-5)
    assert measured["discriminator/gradient"] != pytest.approx(expected["discriminator/gradient"], rel=1e-3)
    assert measured["discriminator/labelmix"] > 0
    assert measured["discriminator/r1"] > 0
    assert torch.equal(plain.random.get_state(), steady.random.get_state())


def test_r1_comes_each_nth_step_and_holds_the_discriminator_back(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    config = dataclasses.replace(tiny_config, r1_weight=100.0, r1_every=2)
    sampler = CropSampler(patches, config.crop, config.batch, HEIGHT_CODE, fabric.device)
    trainer = Trainer(config, fabric, None)
    seen = [trainer.step(sampler.draw(2, trainer.random)).get("discriminator/r1") for _ in range(30)]
    assert [penalty is not None for penalty in seen] == [True, False] * 15
    free = Trainer(dataclasses.replace(config, r1_weight=1e-9), fabric, None)
    unpunished = [free.step(sampler.draw(2, free.random)).get("discriminator/r1", 0.0) for _ in range(30)]
    assert seen[28] is not None
    assert seen[28] < unpunished[28] / 2


def test_the_discriminator_sees_each_place_shifted_alike(
    tiny_config: Config, patches: Patches, fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, translation=0.25, flips=False), fabric, None)
    judged = judged_by(trainer, monkeypatch)
    real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
    trainer.balance.generator_trains = True
    trainer.step(real)
    by_discriminator, by_generator = (labels for _, _, labels in judged)
    assert not torch.equal(by_discriminator[:2], real.labels)
    assert torch.equal(by_discriminator[2:4], by_discriminator[:2])  # made beside real
    assert torch.equal(by_generator, by_discriminator[2:])


def test_heads_judge_what_vgg_sees_of_real_and_made_and_teach_the_generator(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg
) -> None:
    blind = Trainer(tiny_config, fabric, None)
    seeing = Trainer(dataclasses.replace(tiny_config, perceptual_weight=0.0), fabric, vgg)
    assert blind.discriminator.heads is None
    heads = seeing.discriminator.heads
    assert heads is not None
    before = [p.clone() for p in heads.parameters()]
    run(seeing, patches, 1)
    assert not any(torch.equal(a, b) for a, b in zip(before, heads.parameters(), strict=True))
    # Deaf to the patch discriminators the generator still learns, from the heads alone.
    seeing.balance.generator_trains = True
    for scale in seeing.discriminator.scales:
        scale.verdict.parametrizations.weight.original.requires_grad_(False).zero_()  # type: ignore[union-attr,operator]
    (draw,) = seeing._draw(CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, seeing.random))
    made = seeing._make(draw, learning=True)
    sum(v.sum() for v in heads(made.glimpses)).backward()
    gradients = [p.grad for p in seeing.maker.generator.parameters()]
    assert sum(g is not None and bool(g.abs().sum() > 0) for g in gradients) > 0.9 * len(gradients)


def test_a_run_with_heads_is_not_gone_on_with_without_them(tiny_config: Config, fabric: Fabric, vgg: Vgg) -> None:
    blind, seeing = Trainer(tiny_config, fabric, None), Trainer(tiny_config, fabric, vgg)
    with pytest.raises(TerrainError, match="the run was begun with VGG-19 weights: give --vgg to go on with it"):
        blind.restore(*seeing.state())
    with pytest.raises(TerrainError, match="the run was begun without VGG-19 weights: leave --vgg out"):
        seeing.restore(*blind.state())


def test_weights_with_and_without_heads_begin_either_run(tiny_config: Config, fabric: Fabric, vgg: Vgg) -> None:
    for source in (None, vgg):
        for judge in (None, vgg):
            giver = Trainer(dataclasses.replace(tiny_config, seed=1), fabric, source)
            taker = Trainer(tiny_config, fabric, judge)
            taker.begin_from(giver.maker.state_dict(), giver.discriminator.state_dict(), {"steps": 5})
            given, taken = giver.discriminator.state_dict(), taker.discriminator.state_dict()
            same = {k for k in taken if k in given and torch.equal(given[k], taken[k])}
            assert same >= taken.keys() & given.keys()
            assert taker.begun_from == {"steps": 5}


def test_the_generator_is_told_the_style_of_the_real_crops(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    trainer = Trainer(tiny_config, fabric, None)
    sampler = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device)
    trainer.survey(sampler)
    meter = trainer.maker.meter
    assert meter is not None
    assert meter.usual.abs().sum() > 0
    assert trainer.average.meter is not None
    assert torch.equal(trainer.average.meter.usual, meter.usual)
    assert torch.equal(trainer.average.generator.plain, trainer.maker.generator.plain)
    assert trainer.average.generator.plain.abs().sum() > 0
    real = sampler.draw(2, trainer.random)
    (draw,) = trainer._draw(real)
    assert torch.equal(draw.style, meter(real))
    assert draw.style.shape == (2, 4, 1, 1)
    plain = Trainer(dataclasses.replace(tiny_config, style=False), fabric, None)
    (draw,) = plain._draw(real)
    assert draw.style.shape == (2, 0, 1, 1)
    run(plain, patches, 2)


def test_a_fixed_ratio_is_kept(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, balance_ratio=2), fabric, None)
    run(trainer, patches, 4)
    assert trainer.ratio == 2


def test_without_noise_one_map_has_one_terrain(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, noise=False), fabric, None)
    run(trainer, patches, 3)
    labels = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(1, trainer.random).labels
    noises = [draw_noise(trainer.maker.generator.noise_inputs, 1, 32, trainer.random) for _ in range(2)]
    style = torch.zeros(1, 4, 1, 1)
    once, again = (trainer.average(labels, noise, style) for noise in noises)
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))


@pytest.mark.parametrize("with_vgg", [False, True])
@pytest.mark.parametrize("steady", [{}, STEADY])
def test_a_step_in_parts_is_the_whole_step(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg, steady: dict[str, float], with_vgg: bool
) -> None:
    # Without the perceptual loss, which measures each part against its own features.
    config = dataclasses.replace(tiny_config, **steady, perceptual_weight=0.0)  # type: ignore[arg-type]
    judge = vgg if with_vgg else None
    whole, parts = Trainer(config, fabric, judge), Trainer(config, fabric, judge, parts=2)
    for trainer in (whole, parts):
        trainer.discriminator.eval()  # or spectral normalisation would look at the weights once more a part
    expected, measured = run(whole, patches, 2), run(parts, patches, 2)
    assert "generator/gradient" in expected
    assert measured == pytest.approx(expected, rel=0.005, abs=1e-3)


def test_a_batch_that_does_not_divide_is_refused(tiny_config: Config, fabric: Fabric) -> None:
    with pytest.raises(TerrainError, match="--batch 2 can't be shared out evenly among 1 processes x --accumulate 3"):
        Trainer(tiny_config, fabric, None, parts=3)


def test_a_loss_that_is_no_number_stops_training(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(tiny_config, fabric, None)
    trainer.discriminator.scales[0].verdict.bias.data.fill_(float("nan"))  # type: ignore[union-attr,operator]
    with pytest.raises(TerrainError, match="step 1: discriminator/loss is nan: stopped; the last checkpoint is good"):
        run(trainer, patches, 1)


def test_a_gradient_that_is_no_number_stops_training(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(tiny_config, fabric, None)
    trainer.discriminator.scales[0].verdict.bias.register_hook(lambda gradient: gradient * float("inf"))  # type: ignore[union-attr,operator]
    with pytest.raises(TerrainError, match=r"step 1: discriminator/gradient is (inf|nan)"):
        run(trainer, patches, 1)


def test_training_noise_is_distributed_as_generations() -> None:
    from spade_terrain.noise import noise

    inputs = TerrainMaker(Config(channels=(4, 4))).generator.noise_inputs
    for drawn, spec in zip(draw_noise(inputs, 4, 256, torch.Generator().manual_seed(0)), inputs, strict=True):
        made = noise(1, spec.stride, spec.channels, 0, 0, 256, 256)
        assert drawn.shape == (4, spec.channels, 256 // spec.stride, 256 // spec.stride)
        assert drawn.std().item() == pytest.approx(made.std(), abs=0.03)
        assert drawn.mean().item() == pytest.approx(made.mean(), abs=0.03)
        assert drawn.abs().max().item() <= 510 * (3 / 65535) ** 0.5 + 1e-6
        assert np.isin(np.round(made[0, :2] * (65535 / 3) ** 0.5 + 510), np.arange(1021)).all()


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile takes g++")
def test_a_compiled_generator_learns_the_same(tiny_config: Config, patches: Patches) -> None:
    fabric = launch("cpu", bfloat16=True)
    plain, compiled = (Trainer(tiny_config, fabric, None, compiled=on) for on in (False, True))
    for trainer in (plain, compiled):
        real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
        with fabric.autocast():
            (draw,) = trainer._draw(real)
            made = trainer._make(draw, learning=True).batch
        fabric.backward(made.terrain.square().mean() + made.height.square().mean())
    for (name, expected), own in zip(plain.maker.named_parameters(), compiled.maker.parameters(), strict=True):
        assert expected.grad is not None, name
        assert own.grad is not None, name
        assert torch.linalg.vector_norm(own.grad - expected.grad) < 0.3 * torch.linalg.vector_norm(expected.grad), name
