import copy
import dataclasses
import shutil
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor

from spade_terrain.errors import TerrainError
from spade_terrain.networks.frozen.efficientnet import EfficientNetLite
from spade_terrain.networks.frozen.perceptual import Vgg
from spade_terrain.networks.shadow import shade
from spade_terrain.networks.two_step import FLIPS
from spade_terrain.training.config import Config
from spade_terrain.training.engine import launch
from spade_terrain.training.step import microbatch
from spade_terrain.training.step.draws import draw_noise
from spade_terrain.training.step.examples import Fake, real_examples
from spade_terrain.training.step.height_guide import no_height_guide
from spade_terrain.training.step.microbatch import MicroBatch
from spade_terrain.training.step.objectives import generator_loss
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.patches import Patches
from tests.training.conftest import run_steps, sampler_for


def test_the_generator_rests_while_the_discriminator_lags(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, balance_low=0.0, balance_high=0.0), fabric, None, None)
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


@pytest.mark.parametrize(("flip", "fine_relief"), [(1, False), (2, False), (3, True)])
def test_fakes_are_judged_as_generated_or_flipped_then_shaded(
    tiny_config: Config,
    patches: Patches,
    fabric: Fabric,
    monkeypatch: pytest.MonkeyPatch,
    flip: int,
    fine_relief: bool,
) -> None:
    flip_second(monkeypatch, flip)
    trainer = Trainer(dataclasses.replace(tiny_config, fine_relief=fine_relief), fabric, None, None)
    judged = judged_by(trainer, monkeypatch)
    drawn: list[MicroBatch] = []
    fake = trainer.fake

    def listen(part: MicroBatch, *, gradient: bool) -> Fake:
        drawn.append(part)
        return fake(part, gradient=gradient)

    monkeypatch.setattr(trainer, "fake", listen)
    real = sampler_for(trainer, patches).draw(2, trainer.random)
    generator = copy.deepcopy(trainer.generator)
    trainer.step(real)
    terrain, height, labels = judged[0]
    # Two real crops, as soft as if generated unless that makes fine relief; the first fake of their maps as it is; the
    # second flipped.
    assert len(terrain) == 4
    soft = generator.blur_texture(real.terrain, real.height)
    assert torch.equal(terrain[:2], real.terrain if fine_relief else soft)
    assert not torch.equal(real.terrain, soft)
    assert torch.equal(height[:2], real.height)
    assert torch.equal(labels[:3], torch.cat([real.labels, real.labels[:1]]))
    with torch.no_grad():
        part = drawn[0]
        texture, generated, shaded, _ = generator(real.labels, part.noise, part.style, part.height_guide)
        assert torch.equal(terrain[2], shaded[0])
        dims = [d - 1 for d in FLIPS[flip]]
        assert torch.equal(labels[3], real.labels[1].flip(dims))
        assert torch.equal(height[3], generated[1].flip(dims))
        # The light still comes from the north-west: the shading is the shadow generator's of the flipped height ...
        again = shade(texture[1:].flip([d + 1 for d in dims]), generator.shadow(height[3:]))[0]
        torch.testing.assert_close(again, terrain[3], atol=1e-5, rtol=0)
        # ... and not the flipped shading.
        assert not torch.allclose(shaded[1].flip(dims), terrain[3], atol=1e-3)


def test_without_flips_all_is_judged_as_generated(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, flips=False), fabric, None, None)
    sampler = sampler_for(trainer, patches)
    assert all(not trainer.draw(sampler.draw(2, trainer.random))[0].flips.any() for _ in range(8))


def test_only_what_is_not_flipped_is_compared_with_the_real(
    tiny_config: Config, patches: Patches, fabric: Fabric, vgg: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip_second(monkeypatch)
    trainer = Trainer(tiny_config, fabric, None, vgg)
    real = sampler_for(trainer, patches).draw(2, trainer.random)
    (part,) = trainer.draw(real)
    shown, fake = real_examples(trainer.generator, part, None, shifted=False), trainer.fake(part, gradient=False)

    def loss() -> float:
        networks = trainer.discriminator, trainer.generator.shadow
        return generator_loss(tiny_config, *networks, vgg, part, shown, fake, lambda mean: mean)["perceptual"].item()

    expected = loss()
    assert expected > 0
    for maps in (fake.examples.crops.terrain, fake.examples.crops.height):
        maps[1:] *= 0.5
        assert loss() == expected
    for channels in (slice(0, 3), slice(3, 6)):  # of either texture
        fake.examples.crops.terrain[:1, channels] *= 0.5
        assert loss() != expected
        expected = loss()
    fake.examples.crops.height[:1] *= 0.5
    assert loss() != expected


def test_flipped_terrain_is_not_mixed_with_the_real(
    tiny_config: Config, patches: Patches, fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip_second(monkeypatch)
    trainer = Trainer(dataclasses.replace(tiny_config, labelmix_weight=1.0), fabric, None, None)
    judged = judged_by(trainer, monkeypatch)
    real = sampler_for(trainer, patches).draw(2, trainer.random)
    trainer.step(real)
    terrain = judged[0][0]
    shown, mixed = terrain[:2], terrain[4:]
    assert not torch.equal(mixed[0], shown[0])
    assert torch.equal(mixed[1], shown[1])


STABILISED = {"r1_weight": 1.0, "r1_every": 2, "translation": 0.25, "labelmix_weight": 10.0}


def test_stabilisers_change_nothing_but_the_discriminators_losses(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    plain = Trainer(tiny_config, fabric, None, None)
    stabilised = Trainer(
        dataclasses.replace(tiny_config, r1_weight=1.0, r1_every=2, labelmix_weight=1.0), fabric, None, None
    )
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
    trainer = Trainer(config, fabric, None, None)
    sampler = sampler_for(trainer, patches)
    seen = [trainer.step(sampler.draw(2, trainer.random)).get("discriminator/r1") for _ in range(30)]
    assert [penalty is not None for penalty in seen] == [True, False] * 15
    free = Trainer(dataclasses.replace(config, r1_weight=1e-9), fabric, None, None)
    unpunished = [free.step(sampler.draw(2, free.random)).get("discriminator/r1", 0.0) for _ in range(30)]
    assert seen[28] is not None
    assert seen[28] < unpunished[28] / 2


def test_the_discriminator_sees_each_place_shifted_alike(
    tiny_config: Config, patches: Patches, fabric: Fabric, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, translation=0.25, flips=False), fabric, None, None)
    judged = judged_by(trainer, monkeypatch)
    real = sampler_for(trainer, patches).draw(2, trainer.random)
    trainer.balance.generator_trains = True
    trainer.step(real)
    by_discriminator, by_generator = (labels for _, _, labels in judged)
    assert not torch.equal(by_discriminator[:2], real.labels)
    assert torch.equal(by_discriminator[2:4], by_discriminator[:2])  # fake beside real
    assert torch.equal(by_generator, by_discriminator[2:])


def with_heads(config: Config) -> Config:
    """The same for crops that are large enough for EfficientNet."""
    return dataclasses.replace(config, crop=64)


def test_heads_judge_features_of_real_and_fake_and_train_the_generator(
    tiny_config: Config, wide_patches: Patches, fabric: Fabric, efficientnet: EfficientNetLite
) -> None:
    blind, seeing = (Trainer(with_heads(tiny_config), fabric, n, None) for n in (None, efficientnet))
    assert blind.discriminator.heads is None
    heads = seeing.discriminator.heads
    assert heads is not None
    before = [p.clone() for p in heads.parameters()]
    frozen = [p.clone() for p in efficientnet.parameters()]
    run_steps(seeing, wide_patches, 2)
    assert not any(torch.equal(a, b) for a, b in zip(before, heads.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(frozen, efficientnet.parameters(), strict=True))
    # With patch discriminators that have no gradient the generator still learns, from the heads alone.
    for scale in seeing.discriminator.scales:
        scale.logits.parametrizations.weight.original.requires_grad_(False).zero_()  # type: ignore[union-attr,operator]
    (part,) = seeing.draw(sampler_for(seeing, wide_patches).draw(2, seeing.random))
    fake = seeing.fake(part, gradient=True)
    sum(logits.sum() for logits in heads(fake.examples.features)).backward()
    gradients = [p.grad for p in seeing.generator.generator.parameters()]
    assert sum(g is not None and bool(g.abs().sum() > 0) for g in gradients) > 0.9 * len(gradients)
    assert all(p.grad is None for p in efficientnet.parameters())


@pytest.mark.parametrize("crop", [32, 80])
def test_crops_that_efficientnet_cannot_take_are_refused(
    tiny_config: Config, fabric: Fabric, efficientnet: EfficientNetLite, crop: int
) -> None:
    config = dataclasses.replace(tiny_config, crop=crop)
    with pytest.raises(TerrainError, match=f"`crop` {crop} is none that EfficientNet can take: give a multiple of 32"):
        Trainer(config, fabric, efficientnet, None)
    assert Trainer(dataclasses.replace(config, projected=False), fabric, efficientnet, None).network is None


def test_the_generator_is_told_the_style_of_the_real_crops(
    tiny_config: Config, patches: Patches, fabric: Fabric
) -> None:
    trainer = Trainer(tiny_config, fabric, None, None)
    sampler = sampler_for(trainer, patches)
    trainer.fit_statistics(sampler)
    encoder = trainer.style_encoder
    assert encoder is not None
    assert encoder.mean_weights.abs().sum() > 0
    assert torch.equal(trainer.ema.generator.plain, trainer.generator.generator.plain)
    assert trainer.ema.generator.plain.abs().sum() > 0
    real = sampler.draw(2, trainer.random)
    (part,) = trainer.draw(real)
    told = part.height_guide[:, 1:].amax((1, 2, 3)) == 0  # a guide says the elevation in its place
    assert torch.equal(part.style[:, 1:], encoder(*real.maps)[:, 1:])
    assert torch.equal(part.style[:, 0], encoder(*real.maps)[:, 0] * told[:, None, None])
    assert part.style.shape == (2, 4, 1, 1)
    plain = Trainer(dataclasses.replace(tiny_config, style=False), fabric, None, None)
    (part,) = plain.draw(real)
    assert part.style.shape == (2, 0, 1, 1)
    run_steps(plain, patches, 2)


def test_a_fixed_ratio_is_kept(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, balance_ratio=2), fabric, None, None)
    run_steps(trainer, patches, 4)
    assert trainer.ratio == 2


def test_without_noise_one_map_has_one_terrain(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(dataclasses.replace(tiny_config, noise=False), fabric, None, None)
    run_steps(trainer, patches, 3)
    labels = sampler_for(trainer, patches).draw(1, trainer.random).labels
    noises = [draw_noise(trainer.generator.generator.noise_inputs, 1, 32, trainer.random) for _ in range(2)]
    style = torch.zeros(1, 4, 1, 1)
    guide = no_height_guide(labels, 4, guided=True)
    once, again = (trainer.ema(labels, noise, style, guide) for noise in noises)
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))


@pytest.mark.parametrize(
    ("seeing", "fine_relief", "shading", "tolerance"),
    [(False, False, False, 0.001), (True, False, False, 0.001), (True, True, False, 0.001), (False, False, True, 0.05)],
    ids=["plain", "seeing", "fine", "shading"],
)
@pytest.mark.parametrize("stabilisers", [{}, {**STABILISED, "r1_every": 1}])
def test_a_step_in_parts_is_the_whole_step(
    tiny_config: Config,
    patches: Patches,
    wide_patches: Patches,
    fabric: Fabric,
    efficientnet: EfficientNetLite,
    stabilisers: dict[str, float],
    seeing: bool,
    fine_relief: bool,
    shading: bool,
    tolerance: float,
) -> None:
    config = dataclasses.replace(with_heads(tiny_config) if seeing else tiny_config, **stabilisers)  # type: ignore[arg-type]
    network, crops = (efficientnet, wide_patches) if seeing else (None, patches)
    # Without the losses that measure each part against itself: its features, its known cells, its land.
    config = dataclasses.replace(config, perceptual_weight=0.0, guide_weight=0.0, land_weight=0.0, shore_weight=0.0)
    # The first step is of the generator, too: by a second one Adam has made much of how sums are rounded.
    config = dataclasses.replace(config, fine_relief=fine_relief, balance_ratio=1)
    if not shading:  # the losses of detail and shading do that a little, too: hence another tolerance
        config = dataclasses.replace(config, detail_weight=0.0, shadow_weight=0.0)
    whole, parts = Trainer(config, fabric, network, None), Trainer(config, fabric, network, None, parts=2)
    for trainer in (whole, parts):
        trainer.discriminator.eval()  # or spectral normalisation would look at the weights once more a part
    expected, measured = run_steps(whole, crops, 1), run_steps(parts, crops, 1)
    assert "generator/gradient" in expected
    assert measured == pytest.approx(expected, rel=tolerance, abs=1e-3)


def test_a_batch_that_does_not_divide_is_refused(tiny_config: Config, fabric: Fabric) -> None:
    with pytest.raises(TerrainError, match="`batch` 2 can't be shared out evenly among 1 processes x `accumulate` 3"):
        Trainer(tiny_config, fabric, None, None, parts=3)


def test_a_loss_that_is_no_number_stops_training(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(tiny_config, fabric, None, None)
    trainer.discriminator.scales[0].logits.bias.data.fill_(float("nan"))  # type: ignore[union-attr,operator]
    with pytest.raises(
        TerrainError, match=r"step 1: discriminator/loss is nan: stopped before it was saved; .* anew if"
    ):
        run_steps(trainer, patches, 1)


def test_a_gradient_that_is_no_number_stops_training(tiny_config: Config, patches: Patches, fabric: Fabric) -> None:
    trainer = Trainer(tiny_config, fabric, None, None)
    trainer.discriminator.scales[0].logits.bias.register_hook(lambda gradient: gradient * float("inf"))  # type: ignore[union-attr,operator]
    with pytest.raises(TerrainError, match=r"step 1: discriminator/gradient is (inf|nan)"):
        run_steps(trainer, patches, 1)


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile takes g++")
def test_a_compiled_generator_learns_the_same(tiny_config: Config, patches: Patches) -> None:
    fabric = launch("cpu", bfloat16=True)
    plain, compiled = (Trainer(tiny_config, fabric, None, None, compiled=on) for on in (False, True))
    for trainer in (plain, compiled):
        assert trainer.generator.fine_relief is not None
        trainer.generator.fine_relief.conv_2.weight.data.fill_(0.1)  # a fresh one's other weights have no gradient
        real = sampler_for(trainer, patches).draw(2, trainer.random)
        with fabric.autocast():
            (part,) = trainer.draw(real)
            fake = trainer.fake(part, gradient=True)
        fabric.backward(fake.examples.crops.terrain.square().mean() + fake.height.square().mean())
    for (name, expected), own in zip(plain.generator.named_parameters(), compiled.generator.parameters(), strict=True):
        assert expected.grad is not None, name
        assert own.grad is not None, name
        assert torch.linalg.vector_norm(own.grad - expected.grad) < 0.3 * torch.linalg.vector_norm(expected.grad), name
