"""The trainer: the networks, their optimisers and one training step."""

import math
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from spade_terrain.errors import ModelError, ParameterError
from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.efficientnet import STRIDES, EfficientNetLite
from spade_terrain.networks.frozen.perceptual import Vgg
from spade_terrain.networks.projected import SMALLEST
from spade_terrain.networks.style import StyleEncoder
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch, CropSampler
from spade_terrain.training.networks import discriminator_for, generator_for
from spade_terrain.training.statistics import class_colours, sample_crops
from spade_terrain.training.step.accumulate import accumulate, descend
from spade_terrain.training.step.balance import Balance
from spade_terrain.training.step.ema import ema_weight, make_ema, update_ema
from spade_terrain.training.step.examples import Examples, Fake, fake_terrain, mixed_examples, real_examples
from spade_terrain.training.step.microbatch import MicroBatch, draw_microbatches
from spade_terrain.training.step.objectives import (
    discriminator_loss,
    discriminator_weights,
    generator_loss,
    generator_weights,
    r1_loss,
)

BETAS = (0.0, 0.99)

_M = TypeVar("_M", bound=nn.Module)


class Trainer:
    """Networks, optimisers, moving average, balance and random state, and the step that changes them all.

    Args:
        config: what is learned.
        fabric: the device, launched; of several processes each takes its share of every batch.
        network: EfficientNet, for projected heads, if there are to be any.
        vgg: VGG-19, for the perceptual loss, if there is to be one.
        parts: the microbatches that a process works its share off in, to save memory.
        compiled: compile the generator.

    """

    def __init__(
        self,
        config: Config,
        fabric: Fabric,
        network: EfficientNetLite | None,
        vgg: Vgg | None,
        *,
        parts: int = 1,
        compiled: bool = False,
    ) -> None:
        if config.batch % (fabric.world_size * parts):
            pieces = f"{fabric.world_size} processes x `accumulate` {parts}"
            raise ParameterError(f"`batch` {config.batch} can't be shared out evenly among {pieces}")
        if network is not None and config.projected and (config.crop < SMALLEST or config.crop % STRIDES[-1]):
            raise ParameterError(
                f"`crop` {config.crop} is none that EfficientNet can take: give a multiple of {STRIDES[-1]} from "
                f"{SMALLEST} on, or switch `projected` off"
            )
        torch.manual_seed(config.seed)
        self.config, self.fabric, self.parts = config, fabric, parts
        share = config.batch // fabric.world_size
        self.share = slice(fabric.global_rank * share, (fabric.global_rank + 1) * share)
        self.generator = self._place(generator_for(config))
        self.ema = make_ema(self.generator)
        self.style_encoder = self._place(StyleEncoder(HEIGHT_CODE)) if config.style else None
        self.discriminator = self._place(discriminator_for(config, projected=network is not None))
        self.network = None if self.discriminator.heads is None or network is None else self._place(network)
        self.vgg = None if vgg is None else self._place(vgg)
        if compiled:
            self.generator.generator.compile()
        # Called in place of the networks, these average the gradients over the processes.
        self._synced_generator = fabric.setup_module(self.generator)
        self._synced_discriminator = fabric.setup_module(self.discriminator)
        self.generator_adam = torch.optim.Adam(self.generator.parameters(), config.generator_rate, BETAS, fused=True)
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

    def fit_statistics(self, sampler: CropSampler) -> None:
        """Fit the classes' colours and, if there is a style, its encoder to real crops; before the first step."""
        colours = class_colours(sample_crops(sampler, self.config.seed))
        for network in (self.generator, self.ema):
            network.generator.set_class_colours(colours)
        if self.style_encoder is not None:
            self.style_encoder.fit(batch.maps for batch in sample_crops(sampler, self.config.seed))

    def step(self, real: Batch) -> dict[str, float]:
        """Train the discriminator on `real` and terrain made of its labels; then the generator, if it is its turn.

        `real` is this process's share of the batch (`share`). What was measured comes back by name, the mean over all
        processes: "discriminator/loss" (hinge: 2 when all logits are 0, 0 when it is sure), "discriminator/gradient"
        (its norm) and, by configuration, "discriminator/labelmix" and, when it was its turn, "discriminator/r1" (both
        unweighted); and, when the generator trained, "generator/loss", "generator/gradient" and, by configuration,
        "generator/light", "generator/detail", "generator/shadow", "generator/guide", "generator/land" and
        "generator/perceptual" (all unweighted).

        Raises `ModelError` naming the measure that is no number. The networks are spoilt then.
        """
        trains = self.balance.is_generators_turn(self.steps + 1)
        with self.fabric.autocast():
            parts = self.draw(real)
            reals = [real_examples(self.generator, part, self.network, shifted=self._shifts) for part in parts]
            # With several parts the generator runs again later: the graphs of all would take the memory of the whole.
            fakes = [self.fake(part, gradient=trains and self.parts == 1) for part in parts]
            measured = self._train_discriminator(parts, reals, fakes)
            if trains:
                measured |= self._train_generator(parts, reals, fakes)
                weight = ema_weight(self.config.batch, self.images, self.config.average_images)
                update_ema(self.ema, self.generator, weight)
        self.steps += 1
        self.generator_steps += trains
        values = self._finite_means(measured)
        self.balance.update(values["discriminator/loss"])
        return values

    def draw(self, real: Batch) -> list[MicroBatch]:
        """Draw all that is random in a step on `real`, this process's share."""
        generator, style = self.generator.generator, self._style(real)
        return draw_microbatches(self.config, generator, real, style, self.random, parts=self.parts, share=self.share)

    def fake(self, part: MicroBatch, *, gradient: bool) -> Fake:
        """Terrain made of a microbatch's labels, with or without its gradient."""
        with torch.set_grad_enabled(gradient):
            return fake_terrain(self._synced_generator, part, self.network, shifted=self._shifts)

    @property
    def _shifts(self) -> bool:
        return self.config.translation > 0

    def _style(self, real: Batch) -> Tensor:
        """Style of real crops `(N, S, 1, 1)`, to make their like with; `S` is 0 if there is no style."""
        if self.style_encoder is None:
            return real.height.new_zeros((len(real), 0, 1, 1))
        style: Tensor = self.style_encoder(*real.maps)
        return style

    def _train_discriminator(
        self, parts: list[MicroBatch], reals: list[Examples], fakes: list[Fake]
    ) -> dict[str, Tensor]:
        config = self.config
        with_r1 = config.r1_weight > 0 and self.steps % config.r1_every == 0

        def losses(i: int) -> dict[str, Tensor]:
            real, fake = reals[i], fakes[i].examples.detach()
            mixed = mixed_examples(real, fake, parts[i], self.network) if config.labelmix_weight else None
            hinge = discriminator_loss(self._synced_discriminator, real, fake, mixed)
            # Unwrapped: the loss that R1 is added to averages the gradients.
            return {**hinge, "r1": r1_loss(self.discriminator, real)} if with_r1 else hinge

        self.discriminator.requires_grad_(True)
        weights = discriminator_weights(config)
        measured = accumulate(self.fabric, self._synced_discriminator, losses, self.parts, weights)
        measured["gradient"] = descend(self.discriminator_adam)
        return {f"discriminator/{name}": value for name, value in measured.items()}

    def _train_generator(self, parts: list[MicroBatch], reals: list[Examples], fakes: list[Fake]) -> dict[str, Tensor]:
        def losses(i: int) -> dict[str, Tensor]:
            fake = fakes[i] if self.parts == 1 else self.fake(parts[i], gradient=True)
            shadow, vgg = self.generator.shadow, self.vgg
            return generator_loss(self.config, self.discriminator, shadow, vgg, parts[i], reals[i], fake, self._mean)

        self.discriminator.requires_grad_(False)
        weights = generator_weights(self.config)
        measured = accumulate(self.fabric, self._synced_generator, losses, self.parts, weights)
        measured["gradient"] = descend(self.generator_adam)
        return {f"generator/{name}": value for name, value in measured.items()}

    def _mean(self, values: Tensor) -> Tensor:
        """Mean over the processes."""
        mean: Tensor = self.fabric.all_reduce(values, reduce_op="mean")  # type: ignore[assignment]
        return mean

    def on_any_process(self, condition: bool) -> bool:
        """Whether `condition` holds on any process. All must call it."""
        return self._mean(torch.tensor(float(condition), device=self.fabric.device)).item() > 0

    def _finite_means(self, measured: dict[str, Tensor]) -> dict[str, float]:
        # The only wait for the device in a step.
        means = self._mean(torch.stack([v.float() for v in measured.values()])).tolist()
        for name, value in zip(measured, means, strict=True):
            if not math.isfinite(value):
                raise ModelError(
                    f"step {self.steps}: {name} is {value}: stopped before it was saved; go on from the last "
                    "checkpoint with `resume`, or begin anew if there is none, and switch `bfloat16` off"
                )
        return dict(zip(measured, means, strict=True))
