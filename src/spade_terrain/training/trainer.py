"""The trainer: the networks, their optimisers and one training step."""

import copy
import math
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from spade_terrain.errors import TerrainError
from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.networks.perceptual import Vgg, perceptual_distance
from spade_terrain.training.balance import Balance
from spade_terrain.training.checkpoint import flatten_optimizer, restore_optimizer, select
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch
from spade_terrain.training.losses import FLIPS, flip_each, hinge_discriminator, hinge_generator
from spade_terrain.training.maker import TerrainMaker, draw_noise
from spade_terrain.training.stabilisers import (
    draw_classes,
    draw_shifts,
    labelmix_inconsistency,
    mix,
    r1_penalty,
    translate,
)

BETAS = (0.0, 0.99)

_M = TypeVar("_M", bound=nn.Module)


@dataclass(frozen=True)
class Draw:
    """What a part of a step works on: real crops, and the chance in what is made of their labels.

    Attributes:
        real: the crops.
        noise: for the generator.
        flips: `(N,)` on the CPU, places in `FLIPS`.
        shifts: `(N, 2)`, how far the discriminator sees each crop shifted.
        real_classes: `(N, 7)`, the classes that stay real when LabelMix mixes.

    """

    real: Batch
    noise: list[Tensor]
    flips: Tensor
    shifts: Tensor
    real_classes: Tensor


class Trainer:
    """Networks, optimisers, moving average, balance and random state, and the step that moves them all.

    Args:
        config: what is learned.
        fabric: the device, launched; of several processes each takes its share of every batch.
        vgg: for the perceptual loss, if there is to be one.
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
        self.discriminator = self._place(
            MultiScaleDiscriminator(config.discriminator_channels, config.discriminator_scales)
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

    def step(self, real: Batch) -> dict[str, float]:
        """Train the discriminator on `real` and terrain made of its labels; then the generator, if it is its turn.

        `real` is this process's share of the batch (`share`). What was measured comes back by name, the mean over all
        processes: "discriminator/loss" (hinge: 2 for a coin's tosses, 0 when it is sure), "discriminator/gradient"
        (its norm) and, by configuration, "discriminator/labelmix" and, when it was its turn, "discriminator/r1" (both
        unweighted); and, when the generator trained, "generator/loss", "generator/gradient" and, with a VGG,
        "generator/perceptual" (unweighted).

        Raises `TerrainError` naming the measure that is no number. The networks are spoilt then.
        """
        trains = self.balance.is_generators_turn(self.steps + 1)
        with self.fabric.autocast():
            draws = self._draw(real)
            made = [self._make(draw, learning=trains and self.parts == 1) for draw in draws]
            measured = self._step_discriminator(draws, made)
            if trains:
                measured |= self._step_generator(draws, made)
                self._update_average()
        self.steps += 1
        self.generator_steps += trains
        values = self._finite_means(measured)
        self.balance.update(values["discriminator/loss"])
        return values

    def _draw(self, real: Batch) -> list[Draw]:
        """What each part works on. All processes draw the same for the whole batch: their number changes nothing."""
        flips = torch.randint(len(FLIPS), (self.config.batch,), generator=self.random)[self.share]
        seed = int(torch.randint(1 << 62, (), generator=self.random))
        random = torch.Generator(self.fabric.device).manual_seed(seed)
        noise = draw_noise(self.maker.generator.noise_inputs, self.config.batch, self.config.crop, random)
        noises = zip(*(n[self.share].chunk(self.parts) for n in noise), strict=True)
        shifts = draw_shifts(self.config.batch, self.config.crop, self.config.translation, random)[self.share]
        classes = draw_classes(self.config.batch, random)[self.share]
        rest = (chances.chunk(self.parts) for chances in (flips, shifts, classes))
        return [Draw(r, list(n), *others) for r, n, *others in zip(real.split(self.parts), noises, *rest, strict=True)]

    def _make(self, draw: Draw, *, learning: bool) -> Batch:
        """What the discriminator judges: the terrain as made and, behind it, flipped first and shaded then."""
        labels = draw.real.labels
        with torch.set_grad_enabled(learning):
            texture, height, terrain = self.synced_maker(labels, draw.noise)
            if not self.config.flips:
                return Batch(terrain, height, labels)
            texture, turned, turned_labels = (flip_each(m, draw.flips) for m in (texture, height, labels))
            flipped = texture + self.maker.shadow(turned)
            return Batch(*map(torch.cat, ((terrain, flipped), (height, turned), (labels, turned_labels))))

    def _step_discriminator(self, draws: list[Draw], made: list[Batch]) -> dict[str, Tensor]:
        self.discriminator.requires_grad_(True)
        config = self.config
        weights = {"loss": 1.0, "labelmix": config.labelmix_weight, "r1": config.r1_weight * config.r1_every}
        losses: dict[str, list[Tensor]] = {name: [] for name in weights}
        for i, (draw, judged) in enumerate(zip(draws, made, strict=True)):
            with self.fabric.no_backward_sync(self.synced_discriminator, enabled=i < self.parts - 1):
                parts = self._judge(draw, judged.detach())
                total = torch.stack([weights[name] * loss for name, loss in parts.items()]).sum()
                self.fabric.backward(total / self.parts)
            for name, loss in parts.items():
                losses[name].append(loss.detach())
        measured = {f"discriminator/{name}": torch.stack(parts).mean() for name, parts in losses.items() if parts}
        return {**measured, "discriminator/gradient": _descend(self.discriminator_adam)}

    def _judge(self, draw: Draw, made: Batch) -> dict[str, Tensor]:
        """The discriminator's losses by name, unweighted: the hinge loss and those that steady it."""
        real, made = self._seen(draw.real, draw), self._seen(made, draw)
        shown = [real, made]
        if self.config.labelmix_weight:
            mixed, mask = mix(real, Batch(*(m[: len(real)] for m in made.maps)), draw.real_classes)
            shown.append(mixed)
        scales = self.synced_discriminator(*map(torch.cat, zip(*(batch.maps for batch in shown), strict=True)))
        verdicts = [list(v) for v in zip(*(s.split([len(b) for b in shown]) for s in scales), strict=True)]
        losses = {"loss": hinge_discriminator(verdicts[0], verdicts[1])}
        if self.config.labelmix_weight:
            as_made = [v[: len(real)] for v in verdicts[1]]
            losses["labelmix"] = labelmix_inconsistency(verdicts[2], verdicts[0], as_made, mask)
        if self.config.r1_weight and self.steps % self.config.r1_every == 0:
            losses["r1"] = self._r1(real)
        return losses

    def _r1(self, real: Batch) -> Tensor:
        # In float32: bfloat16 has no digits for squares of small gradients. Unwrapped: the loss it is added to syncs.
        with torch.autocast(self.fabric.device.type, enabled=False):
            seen = [real.terrain.clone().requires_grad_(), real.height.clone().requires_grad_()]
            return r1_penalty(self.discriminator(*seen, real.labels), seen)

    def _seen(self, batch: Batch, draw: Draw) -> Batch:
        """The crops of a draw, or what was made of them once or twice, as the discriminator gets to see them."""
        if not self.config.translation:
            return batch
        return translate(batch, draw.shifts.repeat(len(batch) // len(draw.shifts), 1))

    def _step_generator(self, draws: list[Draw], made: list[Batch]) -> dict[str, Tensor]:
        self.discriminator.requires_grad_(False)
        corner = torch.randint(self.config.crop - self.config.perceptual_crop + 1, (2,), generator=self.random).tolist()
        losses: dict[str, list[Tensor]] = {"generator/loss": [], "generator/perceptual": []}
        for i, (draw, judged) in enumerate(zip(draws, made, strict=True)):
            with self.fabric.no_backward_sync(self.synced_maker, enabled=i < self.parts - 1):
                if self.parts > 1:  # Made again: to keep the gradients' way through all parts would save no memory.
                    judged = self._make(draw, learning=True)
                loss = hinge_generator(self.discriminator(*self._seen(judged, draw).maps))
                losses["generator/loss"].append(loss.detach())
                if self.vgg is not None and self.config.perceptual_weight:
                    distance = self._perceptual(self.vgg, draw.real, judged, corner)
                    losses["generator/perceptual"].append(distance.detach())
                    loss = loss + self.config.perceptual_weight * distance
                self.fabric.backward(loss / self.parts)
        measured = {name: torch.stack(parts).mean() for name, parts in losses.items() if parts}
        return {**measured, "generator/gradient": _descend(self.generator_adam)}

    def _perceptual(self, vgg: Vgg, real: Batch, judged: Batch, corner: list[int]) -> Tensor:
        """Distance of the made crops (not the flipped) to the real ones, in one window of each crop."""
        (y, x), size = corner, self.config.perceptual_crop

        def pictures(maps: Batch) -> Tensor:
            count = len(real.labels)
            both = torch.cat([maps.terrain[:count], maps.height[:count].expand(-1, 3, -1, -1)])
            return both[..., y : y + size, x : x + size]

        return perceptual_distance(vgg, pictures(judged), pictures(real), self._mean)

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
        """Take the weights of another run, whose `facts` are kept. Raises `TerrainError` if they don't fit."""
        try:
            self.maker.load_state_dict(maker)
            self.average.load_state_dict(maker)
            self.discriminator.load_state_dict(discriminator)
        except RuntimeError as e:
            raise TerrainError("the weights of --init are not those of the configuration beside them") from e
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
        """Put back what `state` gave; the next step is then the one that would have followed."""
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
