"""The SPADE residual block, local at every pixel.

SPADE: Park et al., "Semantic Image Synthesis with Spatially-Adaptive Normalization", CVPR 2019. Its batch statistics
are replaced by the pixel normalisation of Karras et al., "Progressive Growing of GANs", ICLR 2018, so that what comes
out at a pixel depends on its receptive field alone; noise enters as in Karras et al., "A Style-Based Generator
Architecture", CVPR 2019.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx


class _PixelNorm(torch.autograd.Function):
    """`pixel_norm` with a gradient in channels-last order: autograd's own is not, and takes twice as long."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        scale = torch.rsqrt((x * x).mean(1, keepdim=True) + 1e-6)  # (N, 1, H, W); autocast has `square` in float32
        y = x * scale
        ctx.save_for_backward(y, scale)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        y, scale = ctx.saved_tensors
        of_x: Tensor = scale * (gradient - y * (gradient * y).mean(1, keepdim=True))  # (N, C, H, W)
        return of_x


def pixel_norm(x: Tensor) -> Tensor:
    """Scale `x` `(N, C, H, W)` to a mean square of 1 over the channels of each pixel."""
    y: Tensor = _PixelNorm.apply(x)  # type: ignore[no-untyped-call]
    return y


def replicate_edge(x: Tensor) -> Tensor:
    """`x` `(N, C, H, W)` padded by one pixel with the values at its edges, `(N, C, H+2, W+2)`.

    Compiled it is done by copies, whose gradients the compiler fuses; it can't take those of `F.pad`'s replication in
    channels-last order. Otherwise by `F.pad`, whose backward pass is thirty times as fast.
    """
    if not torch.compiler.is_compiling():
        with torch.autocast("cpu", enabled=False):  # it would pad in float32, as on no other device
            return F.pad(x, (1, 1, 1, 1), mode="replicate")
    x = torch.cat([x[:, :, :1], x, x[:, :, -1:]], 2)  # (N, C, H+2, W)
    return torch.cat([x[..., :1], x, x[..., -1:]], 3)


class ReplicateConv2d(nn.Conv2d):
    """A 3x3 convolution with replication padding.

    Zeros would tell the network where its input ends, and a small training crop is near its end everywhere: what it
    learns there would not hold in the middle of a large map.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """`x` `(N, I, H, W)` to `(N, O, H, W)`."""
        return super().forward(replicate_edge(x))


class Spade(nn.Module):
    """Normalise features, then scale and shift each pixel by what is made of the segmentation map there."""

    def __init__(self, channels: int, guide_channels: int) -> None:
        super().__init__()
        self.modulation = nn.Conv2d(guide_channels, 2 * channels, 1)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """`x` `(N, C, H, W)` and `guide` `(N, G, H, W)`, features of the segmentation map, to `(N, C, H, W)`."""
        scale, shift = self.modulation(guide).chunk(2, dim=1)  # 2 x (N, C, H, W)
        modulated: Tensor = pixel_norm(x) * (1 + scale) + shift  # (N, C, H, W)
        return modulated


class Noise(nn.Module):
    """Add one noise map to all channels, each with a learned weight that starts at `strength`."""

    def __init__(self, channels: int, strength: float = 0.1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((1, channels, 1, 1), strength))

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """`x` `(N, C, H, W)` and `noise` `(N, 1, H, W)` to `(N, C, H, W)`."""
        # In the precision of `x`: float32 noise would make all that follows float32. And in its order: the product by
        # itself would not lie channels-last, and be slow to add. The weight comes last, or its export loses its name.
        return torch.addcmul(x, noise.to(x.dtype), self.weight.to(x.dtype))


class SpadeBlock(nn.Module):
    """Two rounds of SPADE, leaky ReLU, 3x3 convolution and noise, beside a skip connection."""

    NOISE_CHANNELS = 2

    def __init__(self, in_channels: int, out_channels: int, guide_channels: int) -> None:
        super().__init__()
        self.spade_1 = Spade(in_channels, guide_channels)
        self.conv_1 = ReplicateConv2d(in_channels, out_channels)
        self.noise_1 = Noise(out_channels)
        self.spade_2 = Spade(out_channels, guide_channels)
        self.conv_2 = ReplicateConv2d(out_channels, out_channels)
        self.noise_2 = Noise(out_channels)
        self.skip = nn.Identity() if in_channels == out_channels else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor, guide: Tensor, noise: Tensor) -> Tensor:
        """`x` `(N, I, H, W)`, `guide` `(N, G, H, W)` and `noise` `(N, 2, H, W)` to `(N, O, H, W)`."""
        y = F.leaky_relu(self.spade_1(x, guide), 0.2)  # (N, I, H, W)
        y = self.noise_1(self.conv_1(y), noise[:, :1])  # (N, O, H, W)
        y = F.leaky_relu(self.spade_2(y, guide), 0.2)  # (N, O, H, W)
        y = self.noise_2(self.conv_2(y), noise[:, 1:])  # (N, O, H, W)
        out: Tensor = self.skip(x) + y  # (N, O, H, W)
        return out
