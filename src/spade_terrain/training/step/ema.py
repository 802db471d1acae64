"""The exponential moving average of the generator's weights, which is what is sampled and exported.

Yazici et al., "The Unusual Effectiveness of Averaging in GAN Training", ICLR 2019.
"""

import copy
import math
from typing import TypeVar

import torch
from torch import nn

_M = TypeVar("_M", bound=nn.Module)


def make_ema(network: _M) -> _M:
    """A copy of `network` to average its weights in."""
    return copy.deepcopy(network).requires_grad_(False)


def ema_weight(batch: int, images: int, half_life: float) -> float:
    """What the newest weights count for after a step of `batch` images that came after `images` others.

    A young average follows quickly (Karras et al., StyleGAN2-ADA, 2020), or the first weights would linger in it: the
    half-life, in images, is at most a twentieth of what has been shown.
    """
    half_life = min(half_life, max(0.05 * images, 1.0))
    return 1.0 - math.pow(0.5, batch / half_life)


@torch.no_grad()
def update_ema(ema: nn.Module, network: nn.Module, weight: float) -> None:
    """Move the weights of `ema` by the share `weight` towards those of `network`."""
    torch._foreach_lerp_(list(ema.parameters()), list(network.parameters()), weight)
