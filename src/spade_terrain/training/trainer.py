"""The trainer: the networks, their optimisers and one training step."""

import copy
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from spade_terrain.card import HeightCode, NoiseInput
from spade_terrain.errors import TerrainError
from spade_terrain.networks.discriminator import MultiScaleDiscriminator
from spade_terrain.networks.generator import Generator
from spade_terrain.networks.perceptual import Vgg, perceptual_distance
from spade_terrain.networks.shadow import ShadowGenerator
from spade_terrain.training.balance import Balance
from spade_terrain.training.checkpoint import flatten_optimizer, restore_optimizer, select
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch
from spade_terrain.training.losses import FLIPS, flip_each, hinge_discriminator, hinge_generator

HEIGHT_CODE = HeightCode()

_M = TypeVar("_M", bound=nn.Module)


class TerrainMaker(nn.Module):
    """The two-step generator: texture and height first, then the terrain, shaded by what the height alone says."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.generator = Generator(config.channels, config.guide_channels, config.head_channels)
        self.shadow = ShadowGenerator(HEIGHT_CODE)

    def forward(self, labels: Tensor, noise: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """One-hot labels `(N, 7, H, W)` and noise to texture `(N, 3, H, W)`, height `(N, 1, H, W)`, shaded terrain."""
        texture, height = self.generator(labels, noise)
        return texture, height, texture + self.shadow(height)


def draw_noise(inputs: tuple[NoiseInput, ...], count: int, size: int, random: torch.Generator) -> list[Tensor]:
    """Noise for `count` square maps of `size` pixels, distributed as generation's: the sum of four random bytes."""
    maps = []
    for n in inputs:
        side = size // n.stride
        four = torch.randint(0, 256, (4, count, n.channels, side, side), generator=random, dtype=torch.uint8)
        maps.append((four.sum(0).float() - 510) * (3 / (65535.0)) ** 0.5)  # a byte's variance is (256**2 - 1) / 12
    return maps


@dataclass(frozen=True)
class Losses:
    """What one step measured; `None` where the generator did not train.

    Attributes:
        discriminator: its hinge loss: 2 for a coin's tosses, 0 when it is sure.
        generator: the generator's side of it.
        perceptual: the perceptual distance, unweighted.

    """

    discriminator: float
    generator: float | None = None
    perceptual: float | None = None


class Trainer:
    """Networks, optimisers, moving average, balance and random state, and the step that moves them all."""

    def __init__(self, config: Config, device: torch.device, vgg: Vgg | None, *, bfloat16: bool, compiled: bool):
        torch.manual_seed(config.seed)
        self.config, self.device, self.bfloat16 = config, device, bfloat16
        self.maker = self._place(TerrainMaker(config))
        self.average = copy.deepcopy(self.maker).requires_grad_(False)
        self.discriminator = self._place(
            MultiScaleDiscriminator(config.discriminator_channels, config.discriminator_scales)
        )
        self.vgg = None if vgg is None else self._place(vgg)
        self.generate = torch.compile(self.maker.generator) if compiled else self.maker.generator
        betas = (0.0, 0.99)
        self.generator_adam = torch.optim.Adam(self.maker.parameters(), config.generator_rate, betas, fused=True)
        self.discriminator_adam = torch.optim.Adam(
            self.discriminator.parameters(), config.discriminator_rate, betas, fused=True
        )
        self.balance = Balance(config.balance_low, config.balance_high)
        self.random = torch.Generator().manual_seed(config.seed)
        self.steps = self.generator_steps = 0

    def _place(self, module: _M) -> _M:
        placed: _M = module.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return placed

    @property
    def images(self) -> int:
        """Real crops shown so far."""
        return self.steps * self.config.batch

    def step(self, real: Batch) -> Losses:
        """Train the discriminator on `real` and terrain made of its labels; then the generator, if it is its turn."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            generator_trains = self.balance.generator_trains
            noise = draw_noise(self.maker.generator.noise_inputs, len(real.labels), self.config.crop, self.random)
            with torch.set_grad_enabled(generator_trains):
                texture, height = self.generate(real.labels, [n.to(self.device) for n in noise])
                judged = self._shade(texture, height, real.labels)
            discriminator_loss = self._step_discriminator(real, judged)
            losses = Losses(discriminator_loss)
            if generator_trains:
                losses = Losses(discriminator_loss, *self._step_generator(real, judged))
                self.generator_steps += 1
        self.steps += 1
        self.balance.update(discriminator_loss)
        return losses

    def _shade(self, texture: Tensor, height: Tensor, labels: Tensor) -> Batch:
        """What the discriminator judges: the terrain as made and, behind it, flipped first and shaded then."""
        if self.config.flips:
            choices = torch.randint(len(FLIPS), (len(texture),), generator=self.random).tolist()
            texture, height, labels = (torch.cat([m, flip_each(m, choices)]) for m in (texture, height, labels))
        return Batch(texture + self.maker.shadow(height), height, labels)

    def _step_discriminator(self, real: Batch, judged: Batch) -> float:
        self.discriminator.requires_grad_(True)
        count = len(real.labels)
        verdicts = self.discriminator(
            torch.cat([real.terrain, judged.terrain.detach()]),
            torch.cat([real.height, judged.height.detach()]),
            torch.cat([real.labels, judged.labels]),
        )
        loss = hinge_discriminator([v[:count] for v in verdicts], [v[count:] for v in verdicts])
        _descend(self.discriminator_adam, loss, "discriminator's loss")
        return loss.item()

    def _step_generator(self, real: Batch, judged: Batch) -> tuple[float, float | None]:
        self.discriminator.requires_grad_(False)
        hinge = hinge_generator(self.discriminator(judged.terrain, judged.height, judged.labels))
        distance = self._perceptual(real, judged)
        loss = hinge if distance is None else hinge + self.config.perceptual_weight * distance
        _descend(self.generator_adam, loss, "generator's loss")
        self._update_average()
        return hinge.item(), None if distance is None else distance.item()

    def _perceptual(self, real: Batch, judged: Batch) -> Tensor | None:
        """Distance of the made crops (not the flipped) to the real ones, in a random window of each crop."""
        if self.vgg is None or not self.config.perceptual_weight:
            return None
        size = self.config.perceptual_crop
        y, x = torch.randint(self.config.crop - size + 1, (2,), generator=self.random).tolist()

        def pictures(maps: Batch) -> Tensor:
            count = len(real.labels)
            both = torch.cat([maps.terrain[:count], maps.height[:count].expand(-1, 3, -1, -1)])
            return both[..., y : y + size, x : x + size]

        return perceptual_distance(self.vgg, pictures(judged), pictures(real))

    def _update_average(self) -> None:
        # A young average follows quickly (Karras et al., StyleGAN2-ADA, 2020), or the first weights would linger in it.
        half_life = min(self.config.average_images, max(0.05 * self.images, 1.0))
        weight = 1 - 0.5 ** (self.config.batch / half_life)
        torch._foreach_lerp_(list(self.average.parameters()), list(self.maker.parameters()), weight)

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
        return tensors, facts

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


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor, what: str) -> None:
    if not torch.isfinite(loss):
        raise TerrainError(f"the {what} is {loss.item()}: stopped; the last checkpoint is good, go on with --resume")
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
