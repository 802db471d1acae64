import copy
import dataclasses
import shutil
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor

from spade_terrain.errors import TerrainError
from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.perceptual import Vgg
from spade_terrain.networks.two_step import FLIPS
from spade_terrain.training.config import Config
from spade_terrain.training.data import CropSampler
from spade_terrain.training.engine import launch
from spade_terrain.training.step import microbatch
from spade_terrain.training.step.draws import draw_noise
from spade_terrain.training.step.examples import Fake, real_examples
from spade_terrain.training.step.microbatch import MicroBatch
from spade_terrain.training.step.objectives import generator_loss
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.patches import Patches
from tests.training.conftest import run_steps


def test_the_generator_rests_while_the_discriminator_lags(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, balance_low=0.0, balance_high=0.0), fabric, None)
    before = [p.clone() for p in trainer.generator.parameters()]
    discriminator = [p.clone() for p in trainer.discriminator.parameters()]
    run_steps(trainer, patches, 2)
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.generator.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(discriminator, trainer.discriminator.parameters(), strict=True))


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
    """Of two fakes, flip the second one, always."""
    monkeypatch.setattr(microbatch, "draw_flips", lambda count, random: torch.tensor([0, flip]))


@pytest.mark.parametrize("flip", [1, 2, 3])
def test_fakes_are_judged_as_generated_or_flipped_then_shaded(
    tiny_config: Config, patches: Patches, fabric: Fabric, monkeypatch: pytest.MonkeyPatch, flip: int
) -> None:
    flip_second(monkeypatch, flip)
    trainer = Trainer(tiny_config, fabric, None)
    judged = judged_by(trainer, monkeypatch)
    drawn: list[MicroBatch] = []
    fake = trainer.fake

    def listen(part: MicroBatch, *, gradient: bool) -> Fake:
        drawn.append(part)
        return fake(part, gradient=gradient)

    monkeypatch.setattr(trainer, "fake", listen)
    real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
    generator = copy.deepcopy(trainer.generator)
    trainer.step(real)
    terrain, height, labels = judged[0]
    # Two real crops, as soft as if generated; the first fake of their maps as it is; the second flipped.
    assert len(terrain) == 4
    assert torch.equal(terrain[:2], generator.blur_texture(real.terrain, real.height))
    assert torch.equal(height[:2], real.height)
    assert torch.equal(labels[:3], torch.cat([real.labels, real.labels[:1]]))
    with torch.no_grad():
        texture, generated, shaded = generator(real.labels, drawn[0].noise, drawn[0].style)
        assert torch.equal(terrain[2], shaded[0])
        dims = [d - 1 for d in FLIPS[flip]]
        assert torch.equal(labels[3], real.labels[1].flip(dims))
        assert torch.equal(height[3], generated[1].flip(dims))
        # The light still comes from the north-west: the shading is the shadow generator's of the flipped height ...
        again = texture[1].flip(dims) + generator.shadow(height[3:])[0]
        torch.testing.assert_close(again, terrain[3], atol=1e-5, rtol=0)
        # ... and not the flipped shading.
        assert not torch.allclose(shaded[1].flip(dims), terrain[3], atol=1e-3)


def test_without_flips_all_is_judged_as_generated(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, flips=False), fabric, None)
    sampler = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device)
    assert all(not trainer.draw(sampler.draw(2, trainer.random))[0].flips.any() for _ in range(8))


def test_only_what_is_not_flipped_is_compared_with_the_real(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip_second(monkeypatch)
    trainer = Trainer(tiny_config, fabric, vgg)
    real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
    (part,) = trainer.draw(real)
    shown, fake = real_examples(trainer.generator, part, vgg, shifted=False), trainer.fake(part, gradient=False)

    def loss() -> Tensor:
        networks = trainer.discriminator, trainer.generator.shadow
        return generator_loss(tiny_config, *networks, part, shown, fake, lambda mean: mean)["perceptual"]

    expected = loss()
    assert expected > 0
    for view in fake.examples.features:
        for tap in view.taps:
            tap[1:] += 1.0
    assert loss() == expected


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


STABILISED = {"r1_weight": 1.0, "r1_every": 2, "translation": 0.25, "labelmix_weight": 10.0}


def test_stabilisers_change_nothing_but_the_discriminators_losses(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    plain = Trainer(tiny_config, fabric, None)
    stabilised = Trainer(dataclasses.replace(tiny_config, r1_weight=1.0, r1_every=2, labelmix_weight=1.0), fabric, None)
    expected, measured = run_steps(plain, patches, 1), run_steps(stabilised, patches, 1)
    assert measured["discriminator/loss"] == pytest.approx(expected["discriminator/loss"], rel=1e-5)
    assert measured["discriminator/gradient"] != pytest.approx(expected["discriminator/gradient"], rel=1e-3)
    assert measured["discriminator/labelmix"] > 0
    assert measured["discriminator/r1"] > 0
    assert torch.equal(plain.random.get_state(), stabilised.random.get_state())


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
    assert torch.equal(by_discriminator[2:4], by_discriminator[:2])  # fake beside real
    assert torch.equal(by_generator, by_discriminator[2:])


def test_heads_judge_vgg_features_of_real_and_fake_and_train_the_generator(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg
) -> None:
    blind = Trainer(tiny_config, fabric, None)
    seeing = Trainer(dataclasses.replace(tiny_config, perceptual_weight=0.0), fabric, vgg)
    assert blind.discriminator.heads is None
    heads = seeing.discriminator.heads
    assert heads is not None
    before = [p.clone() for p in heads.parameters()]
    run_steps(seeing, patches, 1)
    assert not any(torch.equal(a, b) for a, b in zip(before, heads.parameters(), strict=True))
    # With patch discriminators that have no gradient the generator still learns, from the heads alone.
    seeing.balance.generator_trains = True
    for scale in seeing.discriminator.scales:
        scale.logits.parametrizations.weight.original.requires_grad_(False).zero_()  # type: ignore[union-attr,operator]
    (part,) = seeing.draw(CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, seeing.random))
    fake = seeing.fake(part, gradient=True)
    sum(logits.sum() for logits in heads(fake.examples.features)).backward()
    gradients = [p.grad for p in seeing.generator.generator.parameters()]
    assert sum(g is not None and bool(g.abs().sum() > 0) for g in gradients) > 0.9 * len(gradients)


def test_the_generator_is_told_the_style_of_the_real_crops(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    trainer = Trainer(tiny_config, fabric, None)
    sampler = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device)
    trainer.fit_statistics(sampler)
    encoder = trainer.style_encoder
    assert encoder is not None
    assert encoder.mean_weights.abs().sum() > 0
    assert torch.equal(trainer.ema.generator.plain, trainer.generator.generator.plain)
    assert trainer.ema.generator.plain.abs().sum() > 0
    real = sampler.draw(2, trainer.random)
    (part,) = trainer.draw(real)
    assert torch.equal(part.style, encoder(*real.maps))
    assert part.style.shape == (2, 4, 1, 1)
    plain = Trainer(dataclasses.replace(tiny_config, style=False), fabric, None)
    (part,) = plain.draw(real)
    assert part.style.shape == (2, 0, 1, 1)
    run_steps(plain, patches, 2)


def test_a_fixed_ratio_is_kept(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, balance_ratio=2), fabric, None)
    run_steps(trainer, patches, 4)
    assert trainer.ratio == 2


def test_without_noise_one_map_has_one_terrain(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, noise=False), fabric, None)
    run_steps(trainer, patches, 3)
    labels = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(1, trainer.random).labels
    noises = [draw_noise(trainer.generator.generator.noise_inputs, 1, 32, trainer.random) for _ in range(2)]
    style = torch.zeros(1, 4, 1, 1)
    once, again = (trainer.ema(labels, noise, style) for noise in noises)
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))


@pytest.mark.parametrize("with_vgg", [False, True])
@pytest.mark.parametrize("stabilisers", [{}, STABILISED])
def test_a_step_in_parts_is_the_whole_step(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg, stabilisers: dict[str, float], with_vgg: bool
) -> None:
    # Without the perceptual loss, which measures each part against its own features.
    config = dataclasses.replace(tiny_config, **stabilisers, perceptual_weight=0.0)  # type: ignore[arg-type]
    network = vgg if with_vgg else None
    whole, parts = Trainer(config, fabric, network), Trainer(config, fabric, network, parts=2)
    for trainer in (whole, parts):
        trainer.discriminator.eval()  # or spectral normalisation would look at the weights once more a part
    expected, measured = run_steps(whole, patches, 2), run_steps(parts, patches, 2)
    assert "generator/gradient" in expected
    assert measured == pytest.approx(expected, rel=0.005, abs=1e-3)


def test_a_batch_that_does_not_divide_is_refused(tiny_config: Config, fabric: Fabric) -> None:
    with pytest.raises(TerrainError, match="`batch` 2 can't be shared out evenly among 1 processes x `accumulate` 3"):
        Trainer(tiny_config, fabric, None, parts=3)


def test_a_loss_that_is_no_number_stops_training(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(tiny_config, fabric, None)
    trainer.discriminator.scales[0].logits.bias.data.fill_(float("nan"))  # type: ignore[union-attr,operator]
    with pytest.raises(TerrainError, match="step 1: discriminator/loss is nan: stopped; the last checkpoint is good"):
        run_steps(trainer, patches, 1)


def test_a_gradient_that_is_no_number_stops_training(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(tiny_config, fabric, None)
    trainer.discriminator.scales[0].logits.bias.register_hook(lambda gradient: gradient * float("inf"))  # type: ignore[union-attr,operator]
    with pytest.raises(TerrainError, match=r"step 1: discriminator/gradient is (inf|nan)"):
        run_steps(trainer, patches, 1)


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile takes g++")
def test_a_compiled_generator_learns_the_same(tiny_config: Config, patches: Patches) -> None:
    fabric = launch("cpu", bfloat16=True)
    plain, compiled = (Trainer(tiny_config, fabric, None, compiled=on) for on in (False, True))
    for trainer in (plain, compiled):
        real = CropSampler(patches, 32, 2, HEIGHT_CODE, fabric.device).draw(2, trainer.random)
        with fabric.autocast():
            (part,) = trainer.draw(real)
            fake = trainer.fake(part, gradient=True)
        fabric.backward(fake.examples.crops.terrain.square().mean() + fake.height.square().mean())
    for (name, expected), own in zip(plain.generator.named_parameters(), compiled.generator.parameters(), strict=True):
        assert expected.grad is not None, name
        assert own.grad is not None, name
        assert torch.linalg.vector_norm(own.grad - expected.grad) < 0.3 * torch.linalg.vector_norm(expected.grad), name
