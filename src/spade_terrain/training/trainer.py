"""The trainer: the networks, their optimisers and one training step."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from spade_terrain.errors import TerrainError
from spade_terrain.networks.discriminator import MultiScaleDiscriminator, what_it_sees
from spade_terrain.networks.perceptual import Vgg, perceptual_distance
from spade_terrain.networks.projected import Glimpse, ProjectedHeads, join, look
from spade_terrain.networks.shadow import surface_normals
from spade_terrain.palette import WATER
from spade_terrain.training.balance import Balance
from spade_terrain.training.checkpoint import flatten_optimizer, restore_optimizer, select
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch, CropSampler, dry
from spade_terrain.training.losses import (
    detail,
    draw_flips,
    flip_each,
    hinge_discriminator,
    hinge_generator,
    light_in_texture,
    unexplained,
)
from spade_terrain.training.maker import HEIGHT_CODE, TerrainMaker, draw_noise
from spade_terrain.training.stabilisers import (
    draw_classes,
    draw_shifts,
    labelmix_inconsistency,
    mix,
    r1_penalty,
    translate,
)
from spade_terrain.training.style import CROPS, class_colours

BETAS = (0.0, 0.99)
_HEADS = "heads."
_FITTED = 64  # crops at a time, to fit the style to

_M = TypeVar("_M", bound=nn.Module)


@dataclass(frozen=True)
class Draw:
    """What a part of a step works on: real crops, and the chance in what is made of their labels.

    Attributes:
        real: the crops.
        noise: for the generator.
        style: of the crops, `(N, S, 1, 1)`.
        flips: `(N,)` on the CPU, places in `FLIPS`: how what is made of each crop's map is flipped.
        shifts: `(N, 2)`, how far the discriminator sees each crop shifted.
        real_classes: `(N, 7)`, the classes that stay real when LabelMix mixes.
        window: rows and columns of each crop that VGG-19 looks at closely.

    """

    real: Batch
    noise: list[Tensor]
    style: Tensor
    flips: Tensor
    shifts: Tensor
    real_classes: Tensor
    window: tuple[slice, slice]

    @property
    def as_made(self) -> Tensor:
        """Which crops' likes are not flipped, `(N,)` of 0 or 1."""
        return (self.flips == 0).to(self.style)


class Shown(NamedTuple):
    """Crops, real or made, as the discriminator gets to see them.

    Attributes:
        batch: the crops.
        style: theirs, `(N, S, 1, 1)`.
        glimpses: what VGG-19 sees of them; none without it.
        faults: of their textures, if they were made: those that count, by name.

    """

    batch: Batch
    style: Tensor
    glimpses: list[Glimpse]
    faults: Mapping[str, Tensor] = MappingProxyType({})

    @property
    def features(self) -> list[Tensor]:
        """All that VGG-19 sees of the crops."""
        return [f for g in self.glimpses for f in g.features]

    def detach(self) -> "Shown":
        """The same numbers, without the way that they were made."""
        glimpses = [Glimpse([f.detach() for f in g.features], g.labels) for g in self.glimpses]
        return Shown(self.batch.detach(), self.style, glimpses)


class Trainer:
    """Networks, optimisers, moving average, balance and random state, and the step that moves them all.

    Args:
        config: what is learned.
        fabric: the device, launched; of several processes each takes its share of every batch.
        vgg: for the perceptual loss and the heads that judge what it sees, if there are to be any.
        parts: the pieces that a process works off its share in, one after another, to save memory.
        compiled: compile the generator.

    """

    def __init__(self, config: Config, fabric: Fabric, vgg: Vgg | None, *, parts: int = 1, compiled: bool = False):
        if config.batch % (fabric.world_size * parts):
            pieces = f"{fabric.world_size} processes x --accumulate {parts}"
            raise TerrainError(f"--batch {config.batch} can't be shared out evenly among {pieces}")
        torch.manual_seed(config.seed)
        self.config, self.fabric, self.parts = config, fabric, parts
        share = config.batch // fabric.world_size
        self.share = slice(fabric.global_rank * share, (fabric.global_rank + 1) * share)
        self.maker = self._place(TerrainMaker(config))
        self.average = copy.deepcopy(self.maker).requires_grad_(False)
        projected = config.projected and vgg is not None and len(vgg.channels) > 1
        heads = ProjectedHeads(vgg.channels, config.discriminator_channels) if vgg and projected else None
        self.discriminator = self._place(
            MultiScaleDiscriminator(
                config.discriminator_channels, config.discriminator_scales, len(self.maker.style), heads
            )
        )
        self.vgg = None if vgg is None else self._place(vgg)
        if compiled:
            self.maker.generator.compile()
        # Called in place of the networks, these average the gradients over the processes.
        self.synced_maker = fabric.setup_module(self.maker)
        self.synced_discriminator = fabric.setup_module(self.discriminator)
        self.generator_adam = torch.optim.Adam(self.maker.parameters(), config.generator_rate, BETAS, fused=True)
        self.discriminator_adam = torch.optim.Adam(
            self.discriminator.parameters(), config.discriminator_rate, BETAS, fused=True
        )
        self.balance = Balance(config.balance_low, config.balance_high, config.balance_ratio)
        self.random = torch.Generator().manual_seed(config.seed)
        self.steps = self.generator_steps = 0
        self.begun_from: dict[str, Any] | None = None

    def _place(self, module: _M) -> _M:
        placed: _M = module.to(self.fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return placed

    @property
    def images(self) -> int:
        """Real crops shown so far, by all processes."""
        return self.steps * self.config.batch

    @property
    def ratio(self) -> float:
        """D:G, steps of the discriminator for one of the generator, so far."""
        return self.steps / max(self.generator_steps, 1)

    def survey(self, sampler: CropSampler) -> None:
        """Learn from the training set its classes' colours and, if the generator is taught style, what is usual."""

        def crops() -> Iterator[Batch]:
            random = torch.Generator().manual_seed(self.config.seed)
            return (sampler.draw(_FITTED, random) for _ in range(CROPS // _FITTED))

        self.maker.generator.learn_colours(class_colours(crops()))
        if self.maker.meter is not None:
            self.maker.meter.fit(crops())
        self.average.load_state_dict(self.maker.state_dict())

    def step(self, real: Batch) -> dict[str, float]:
        """Train the discriminator on `real` and terrain made of its labels; then the generator, if it is its turn.

        `real` is this process's share of the batch (`share`). What was measured comes back by name, the mean over all
        processes: "discriminator/loss" (hinge: 2 for a coin's tosses, 0 when it is sure), "discriminator/gradient"
        (its norm) and, by configuration, "discriminator/labelmix" and, when it was its turn, "discriminator/r1" (both
        unweighted); and, when the generator trained, "generator/loss", "generator/gradient" and, by configuration,
        "generator/light", "generator/detail", "generator/shadow" and "generator/perceptual" (all unweighted).

        Raises `TerrainError` naming the measure that is no number. The networks are spoilt then.
        """
        trains = self.balance.is_generators_turn(self.steps + 1)
        with self.fabric.autocast():
            draws = self._draw(real)
            reals = [self._show(self.maker.soften(draw.real), draw) for draw in draws]
            made = [self._make(draw, learning=trains and self.parts == 1) for draw in draws]
            measured = self._step_discriminator(draws, reals, made)
            if trains:
                measured |= self._step_generator(draws, reals, made)
                self._update_average()
        self.steps += 1
        self.generator_steps += trains
        values = self._finite_means(measured)
        self.balance.update(values["discriminator/loss"])
        return values

    def _draw(self, real: Batch) -> list[Draw]:
        """What each part works on. All processes draw the same for the whole batch: their number changes nothing."""
        flips = draw_flips(self.config.batch, self.random)[self.share] * self.config.flips
        seed = int(torch.randint(1 << 62, (), generator=self.random))
        random = torch.Generator(self.fabric.device).manual_seed(seed)
        noise = draw_noise(self.maker.generator.noise_inputs, self.config.batch, self.config.crop, random)
        noises = zip(*(n[self.share].chunk(self.parts) for n in noise), strict=True)
        shifts = draw_shifts(self.config.batch, self.config.crop, self.config.translation, random)[self.share]
        classes = draw_classes(self.config.batch, random)[self.share]
        size = self.config.perceptual_crop
        corner = torch.randint(self.config.crop - size + 1, (2,), generator=self.random).tolist()
        rows, columns = (slice(start, start + size) for start in corner)
        rest = (chances.chunk(self.parts) for chances in (self.maker.style_of(real), flips, shifts, classes))
        parts = zip(real.split(self.parts), map(list, noises), *rest, strict=True)
        return [
            Draw(r, noise, style, turned, shifted, kept, (rows, columns))
            for r, noise, style, turned, shifted, kept in parts
        ]

    def _make(self, draw: Draw, *, learning: bool) -> Shown:
        """What the discriminator judges: terrain as made, and terrain flipped first and shaded then."""
        labels = flip_each(draw.real.labels, draw.flips)
        with torch.set_grad_enabled(learning):
            texture, height, terrain = self.synced_maker(draw.real.labels, draw.noise, draw.style, draw.flips)
            faults = self._faults(texture, height, labels, draw.real)
            return self._show(Batch(terrain, height, labels), draw)._replace(faults=faults)

    def _faults(self, texture: Tensor, height: Tensor, labels: Tensor, real: Batch) -> dict[str, Tensor]:
        """What is wrong with textures `(N, 3, H, W)` by themselves."""
        faults = {}
        if self.config.light_weight:
            land = 1 - labels[:, WATER : WATER + 1]
            faults["light"] = light_in_texture(texture, surface_normals(height, HEIGHT_CODE), land)
        if self.config.detail_weight:
            faults["detail"] = detail(texture, dry(height), real.terrain, dry(real.height), self._mean)
        return faults

    def _show(self, batch: Batch, draw: Draw) -> Shown:
        """The crops of a draw, or what was made of them, as the discriminator gets to see them."""
        if self.config.translation:
            batch = translate(batch, draw.shifts)
        return Shown(batch, draw.style, self._look(batch, draw))

    def _look(self, batch: Batch, draw: Draw) -> list[Glimpse]:
        return [] if self.vgg is None else look(self.vgg, HEIGHT_CODE, *batch.maps, draw.window)

    def _step_discriminator(self, draws: list[Draw], reals: list[Shown], made: list[Shown]) -> dict[str, Tensor]:
        self.discriminator.requires_grad_(True)
        config = self.config
        weights = {"loss": 1.0, "labelmix": config.labelmix_weight, "r1": config.r1_weight * config.r1_every}
        losses: dict[str, list[Tensor]] = {name: [] for name in weights}
        for i, (draw, real, judged) in enumerate(zip(draws, reals, made, strict=True)):
            with self.fabric.no_backward_sync(self.synced_discriminator, enabled=i < self.parts - 1):
                parts = self._judge(draw, real, judged.detach())
                total = torch.stack([weights[name] * loss for name, loss in parts.items()]).sum()
                self.fabric.backward(total / self.parts)
            for name, loss in parts.items():
                losses[name].append(loss.detach())
        measured = {f"discriminator/{name}": torch.stack(parts).mean() for name, parts in losses.items() if parts}
        return {**measured, "discriminator/gradient": _descend(self.discriminator_adam)}

    def _judge(self, draw: Draw, real: Shown, made: Shown) -> dict[str, Tensor]:
        """The discriminator's losses by name, unweighted: the hinge loss and those that steady it."""
        shown = [real, made]
        if self.config.labelmix_weight:
            # Flipped terrain has another map: its mix is all real.
            mixed, mask = mix(real.batch, made.batch, torch.maximum(draw.real_classes, 1 - draw.as_made[:, None]))
            shown.append(Shown(mixed, draw.style, self._look(mixed, draw)))
        maps = map(torch.cat, zip(*(s.batch.maps for s in shown), strict=True))
        styles, glimpses = torch.cat([s.style for s in shown]), join([s.glimpses for s in shown])
        kinds = self.synced_discriminator(*maps, styles, glimpses)
        verdicts = [list(v) for v in zip(*(k.split([len(s.batch) for s in shown]) for k in kinds), strict=True)]
        losses = {"loss": hinge_discriminator(verdicts[0], verdicts[1])}
        if self.config.labelmix_weight:
            losses["labelmix"] = labelmix_inconsistency(verdicts[2], verdicts[0], verdicts[1], mask)
        if self.config.r1_weight and self.steps % self.config.r1_every == 0:
            losses["r1"] = self._r1(real)
        return losses

    def _r1(self, real: Shown) -> Tensor:
        # In float32: bfloat16 has no digits for squares of small gradients. Unwrapped: the loss it is added to syncs.
        with torch.autocast(self.fabric.device.type, enabled=False):
            seen = [m.clone().requires_grad_() for m in (real.batch.terrain, real.batch.height)]
            maps = what_it_sees(seen[0], seen[1], real.batch.labels, real.style)
            return r1_penalty(self.discriminator.patches(maps), seen)

    def _step_generator(self, draws: list[Draw], reals: list[Shown], made: list[Shown]) -> dict[str, Tensor]:
        self.discriminator.requires_grad_(False)
        config = self.config
        weights = {
            "loss": 1.0,
            "light": config.light_weight,
            "detail": config.detail_weight,
            "shadow": config.shadow_weight,
            "perceptual": config.perceptual_weight,
        }
        losses: dict[str, list[Tensor]] = {name: [] for name in weights}
        for i, (draw, real, judged) in enumerate(zip(draws, reals, made, strict=True)):
            with self.fabric.no_backward_sync(self.synced_maker, enabled=i < self.parts - 1):
                if self.parts > 1:  # Made again: to keep the gradients' way through all parts would save no memory.
                    judged = self._make(draw, learning=True)
                parts = self._blame(draw, real, judged)
                total = torch.stack([weights[name] * loss for name, loss in parts.items()]).sum()
                self.fabric.backward(total / self.parts)
            for name, loss in parts.items():
                losses[name].append(loss.detach())
        measured = {f"generator/{name}": torch.stack(parts).mean() for name, parts in losses.items() if parts}
        return {**measured, "generator/gradient": _descend(self.generator_adam)}

    def _blame(self, draw: Draw, real: Shown, made: Shown) -> dict[str, Tensor]:
        """The generator's losses by name, unweighted."""
        verdicts = self.discriminator(*made.batch.maps, made.style, made.glimpses)
        losses = {"loss": hinge_generator(verdicts), **made.faults}
        if self.config.shadow_weight:
            # Real ground teaches what is shading, so that textures have nothing of it to make up for.
            terrain, height = draw.real.terrain, draw.real.height
            losses["shadow"] = unexplained(terrain, self.maker.shadow(height), dry(height), self._mean)
        if self.vgg is not None and self.config.perceptual_weight:
            # Half are flipped and have no real like; the others count twice.
            weights = 2 * draw.as_made if self.config.flips else draw.as_made
            losses["perceptual"] = perceptual_distance(made.features, real.features, weights, self._mean)
        return losses

    def _mean(self, values: Tensor) -> Tensor:
        """Mean over the processes."""
        mean: Tensor = self.fabric.all_reduce(values, reduce_op="mean")  # type: ignore[assignment]
        return mean

    def any_says(self, so: bool) -> bool:
        """Whether any process says so. All must call it."""
        return self._mean(torch.tensor(float(so), device=self.fabric.device)).item() > 0

    def _finite_means(self, measured: dict[str, Tensor]) -> dict[str, float]:
        # The only wait for the device in a step.
        means = self._mean(torch.stack([v.float() for v in measured.values()])).tolist()
        for name, value in zip(measured, means, strict=True):
            if not math.isfinite(value):
                raise TerrainError(
                    f"step {self.steps}: {name} is {value}: stopped; the last checkpoint is good: "
                    "go on from it with --resume --no-bfloat16"
                )
        return dict(zip(measured, means, strict=True))

    def _update_average(self) -> None:
        # A young average follows quickly (Karras et al., StyleGAN2-ADA, 2020), or the first weights would linger in it.
        half_life = min(self.config.average_images, max(0.05 * self.images, 1.0))
        weight = 1 - 0.5 ** (self.config.batch / half_life)
        torch._foreach_lerp_(list(self.average.parameters()), list(self.maker.parameters()), weight)

    def begin_from(self, maker: dict[str, Tensor], discriminator: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Take the weights of another run, whose `facts` are kept. Raises `TerrainError` if they don't fit.

        What they lack stays as it is: what `survey` learns, all of the discriminator if there is none, heads on
        VGG-19's features if only this run has them.
        """
        try:
            for network, given in ((self.maker, maker), (self.average, maker), (self.discriminator, discriminator)):
                own = network.state_dict()
                network.load_state_dict(own | {k: v for k, v in given.items() if k in own})
        except RuntimeError as e:
            raise TerrainError("the weights of --init do not fit the networks of their configuration") from e
        self.begun_from = facts

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that `restore` needs: tensors by name, and facts for JSON."""
        tensors = {
            **{f"maker.{k}": v for k, v in self.maker.state_dict().items()},
            **{f"average.{k}": v for k, v in self.average.state_dict().items()},
            **{f"discriminator.{k}": v for k, v in self.discriminator.state_dict().items()},
            **flatten_optimizer("generator_adam", self.generator_adam),
            **flatten_optimizer("discriminator_adam", self.discriminator_adam),
            "random": self.random.get_state(),
        }
        facts = {
            "config": self.config.to_json(),
            "steps": self.steps,
            "generator_steps": self.generator_steps,
            "generator_trains": self.balance.generator_trains,
        }
        return tensors, facts if self.begun_from is None else {**facts, "begun_from": self.begun_from}

    def restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Put back what `state` gave; the next step is then the one that would have followed.

        Raises `TerrainError` if VGG-19 was there and is not now, or the other way round.
        """
        if any(k.startswith("discriminator." + _HEADS) for k in tensors) != (self.discriminator.heads is not None):
            begun, now = ("without", "leave --vgg out") if self.discriminator.heads else ("with", "give --vgg")
            raise TerrainError(f"the run was begun {begun} VGG-19 weights: {now} to go on with it")
        self.maker.load_state_dict(select("maker", tensors))
        self.average.load_state_dict(select("average", tensors))
        self.discriminator.load_state_dict(select("discriminator", tensors))
        restore_optimizer("generator_adam", self.generator_adam, tensors)
        restore_optimizer("discriminator_adam", self.discriminator_adam, tensors)
        self.random.set_state(tensors["random"])
        self.steps, self.generator_steps = facts["steps"], facts["generator_steps"]
        self.balance.generator_trains = facts["generator_trains"]
        self.begun_from = facts.get("begun_from")


def _descend(optimizer: torch.optim.Optimizer) -> Tensor:
    """Take the step; the norm of the gradients that it took."""
    norm = get_total_norm([p.grad for group in optimizer.param_groups for p in group["params"]])
    optimizer.step()
    optimizer.zero_grad()
    return norm
