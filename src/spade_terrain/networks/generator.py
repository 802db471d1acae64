"""The generator: a segmentation map and noise to texture and height, from 1/32 of its size up.

The last block works at half size; its features are rearranged into full-size pixels (Shi et al., "Real-Time Single
Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016) and a light
head draws the details there. Every layer is local (the house's first rule): `halo` says how far it sees.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spade_terrain.card import NoiseInput
from spade_terrain.networks.shadow import SHADING_RADIUS
from spade_terrain.networks.spade import EdgeConv, Noise, SpadeBlock, repeat_edge
from spade_terrain.palette import CLASSES, WATER

STEM_NOISE = 4
SEA_GAIN = 10.0
SHORE_DEPTH = 0.1  # how far below the sea painted land can sink, in the height code: as much as 22 m lie above it
LOWEST = 0.02  # of land that may not sink, in the height code: 1 m
SHORE_CELL = 8  # pixels; in a square of five cells there must be enough land for a bay
SHORE_CELLS = 5
SHORE_SHARES = (0.24, 0.26)  # of land there: below the first there are no bays, above the second there may be any
SHORE_GAIN = 60.0  # how fast the sea's colour gives way to the land's: within some metres of height
FINEST_CUT = 8  # map pixels a feature
_CLIFF = 100.0  # higher than any land, in the height code
_THREAD_RADIUS = 2  # pixels that an opening looks aside


class Generator(nn.Module):
    """Texture and height from a one-hot segmentation map, noise and a style.

    `plain` holds the mean colour of each class's land, before the hyperbolic tangent: `learn_colours` sets it.

    Args:
        channels: of the blocks, from the coarsest to the one at half size; `len(channels)` is log2 of the stride.
        guide_channels: features made of the segmentation map at each size, which every SPADE of that size reads.
        head_channels: features at full size.
        style: numbers of the style.
        noisy: whether it heeds its noise; if not, a map has one terrain, and land of one class is even.

    """

    def __init__(
        self,
        channels: tuple[int, ...],
        guide_channels: int,
        head_channels: int,
        *,
        style: int = 0,
        noisy: bool = True,
    ) -> None:
        super().__init__()
        self.noisy = noisy
        classes = len(CLASSES)
        self.strides = tuple(1 << i for i in range(len(channels), 0, -1))
        # The half-size guide gets the full-size map, four pixels to one, so that no border of the map is lost.
        seen = [classes] * (len(channels) - 1) + [4 * classes]
        self.guides = nn.ModuleList(EdgeConv(c, guide_channels) for c in seen)
        self.stem = EdgeConv(classes + STEM_NOISE, channels[0])
        # Of the same numbers everywhere a 3x3 convolution would make no more than a 1x1.
        self.styles = nn.ModuleList(
            nn.Conv2d(style, c, 1, bias=False)
            for c in ((channels[0], *[guide_channels] * len(channels)) if style else ())
        )
        self.blocks = nn.ModuleList(
            SpadeBlock(i, o, guide_channels) for i, o in zip(channels[:1] + channels[:-1], channels, strict=True)
        )
        self.to_pixels = EdgeConv(channels[-1], 4 * head_channels)
        _repeat_pixels(self.to_pixels)
        # Noise at full size starts at nothing: it would drown all slopes until the network had learned to quiet it.
        self.head_noise_1 = Noise(head_channels, 0.0)
        self.head_conv = EdgeConv(head_channels, head_channels)
        self.head_noise_2 = Noise(head_channels, 0.0)
        self.to_texture = EdgeConv(head_channels, 3)
        self.to_height = EdgeConv(head_channels, 1)
        self.sea = nn.Parameter(torch.zeros(1, 3, 1, 1))
        self.register_buffer("plain", torch.zeros(3, classes, 1, 1))
        # softplus(-1) - 0.1 is the code of about 100 m: ordinary ground.
        nn.init.constant_(self.to_height.get_parameter("bias"), -1.0)

    plain: Tensor

    @torch.no_grad()
    def learn_colours(self, means: Tensor) -> None:
        """Set the colours of classes `(7, 3)`, in [-1, 1]."""
        self.plain.copy_(means.clamp(-0.95, 0.95).atanh().T[:, :, None, None])

    @property
    def stride(self) -> int:
        """Sides of the map must be multiples of this."""
        return max(self.strides)

    @property
    def noise_inputs(self) -> tuple[NoiseInput, ...]:
        """The noise that `forward` takes, in its order: from the coarsest to full size."""
        block = SpadeBlock.NOISE_CHANNELS
        channels = [STEM_NOISE + block] + [block] * (len(self.strides) - 1) + [2]
        return tuple(NoiseInput(f"noise_{s}", s, c) for s, c in zip([*self.strides, 1], channels, strict=True))

    @property
    def halo(self) -> int:
        """Map pixels around a window that can change what comes out inside it: half the receptive field.

        Exact, for a window whose corners lie on multiples of the stride, and itself a multiple of the stride.
        """
        return self._halo(0)

    @property
    def features_stride(self) -> int:
        """Map pixels a feature where the network is best cut into a coarse and a fine stage.

        A tenth of the work lies above, and all but a seventh of the halo.
        """
        return min((s for s in self.strides if s >= FINEST_CUT), default=self.stride)

    @property
    def fine_halo(self) -> int:
        """The `halo` of the fine stage, which takes the features of `features_stride` as they are.

        Exact, for a window whose corners lie on multiples of that stride, and itself a multiple of it.
        """
        return self._halo(self.features_stride)

    def _halo(self, given: int) -> int:
        """Follow the receptive field down, layer by layer, to features of the stride `given`, or all the way if 0."""
        cell = min(SHORE_CELL, self.stride)
        pixels = SHADING_RADIUS  # of height, around the window
        halo = (_bilinear_reach(pixels, cell) + SHORE_CELLS // 2) * cell  # the labels that `_shore` reads
        pixels += _THREAD_RADIUS + 3  # `_without_threads`; `to_height`, `head_conv` and `_even`
        for stride in reversed(self.strides):
            # Of this stride: what the half-size pixels are rearranged from, or what is enlarged.
            pixels = math.ceil(pixels / 2) + 1 if stride == 2 else _bilinear_reach(pixels, 2)
            if stride == given:
                return max(halo, pixels * stride)
            pixels += 2  # the block's convolutions
            halo = max(halo, (pixels + 1) * stride)  # the guide's convolution, or the stem's
        return halo

    def forward(self, labels: Tensor, noise: list[Tensor], style: Tensor) -> tuple[Tensor, Tensor]:
        """Invent one terrain for each segmentation map.

        Args:
            labels: one-hot float `(N, 7, H, W)`.
            noise: as `noise_inputs` says, each `(N, channels, H / stride, W / stride)`.
            style: `(N, style, 1, 1)`, the same for all of a map.

        Returns:
            texture `(N, 3, H, W)` in [-1, 1], one colour where the map says water, and height `(N, 1, H, W)` in the
            height code, at least -1; exactly -1 where the map says water, and wherever it draws the coast otherwise
            than the map: land that it sinks below the sea is sea, in its colour.

        """
        if not self.noisy:
            noise = [torch.zeros_like(n) for n in noise]
        looks = [of_style(style) for of_style in self.styles] or [0.0] * (len(self.strides) + 1)  # (N, C, 1, 1)
        coarse = F.avg_pool2d(labels, self.stride)  # (N, 7, H/32, W/32)
        x = self.stem(torch.cat([coarse, noise[0][:, :STEM_NOISE]], 1)) + looks[0]  # (N, C, H/32, W/32)
        for i, (stride, guide_conv, block) in enumerate(zip(self.strides, self.guides, self.blocks, strict=True)):
            seen = F.pixel_unshuffle(labels, 2) if stride == 2 else F.avg_pool2d(labels, stride)
            guide = F.relu(guide_conv(seen) + looks[i + 1])  # (N, G, H/s, W/s)
            if i:
                x = _double(x)  # (N, C, H/s, W/s)
            x = block(x, guide, noise[i][:, -SpadeBlock.NOISE_CHANNELS :])
        x = _even(F.pixel_shuffle(self.to_pixels(F.leaky_relu(x, 0.2)), 2))  # (N, F, H, W)
        x = F.leaky_relu(self.head_noise_1(x, noise[-1][:, :1]), 0.2)
        x = F.leaky_relu(self.head_noise_2(self.head_conv(x), noise[-1][:, 1:]), 0.2)  # (N, F, H, W)
        water = labels[:, WATER : WATER + 1]  # (N, 1, H, W)
        land, shore = 1 - water, self._shore(labels)  # (N, 1, H, W)
        rise = _without_threads(F.softplus(self.to_height(x).float()), water)  # (N, 1, H, W)
        sinks = land * torch.sigmoid(SHORE_GAIN * (SHORE_DEPTH - rise))  # (N, 1, H, W)
        ground = land - sinks  # (N, 1, H, W)
        # Training sets paint the sea in one colour; the gain lets Adam's small steps get there in some hundred.
        colours = (
            ground * soften(self.to_texture(x).float(), ground)
            + (water + shore * sinks) * SEA_GAIN * self.sea
            # It has never seen a colour of its own where it sinks the land: where it may not, the class's has to do.
            + (1 - shore) * sinks * F.conv2d(labels, self.plain)
        )  # (N, 3, H, W)
        height = land * F.relu(rise - SHORE_DEPTH * shore + LOWEST * (1 - shore)) - 1  # (N, 1, H, W)
        return torch.tanh(colours), height

    def _shore(self, labels: Tensor) -> Tensor:
        """Where painted land may sink below the sea, 0..1 `(N, 1, H, W)`: not where it is an islet.

        Sunk, they would be gone, though somebody has painted them.
        """
        cell = min(SHORE_CELL, self.stride)
        land = F.avg_pool2d(1 - labels[:, WATER : WATER + 1], cell)  # (N, 1, H/8, W/8)
        around = F.avg_pool2d(land, SHORE_CELLS, stride=1, padding=SHORE_CELLS // 2, count_include_pad=False)
        low, high = SHORE_SHARES
        shore: Tensor = F.interpolate((around - low) / (high - low), scale_factor=float(cell), mode="bilinear")
        return shore.clamp(0, 1)


def _bilinear_reach(pixels: int, scale: int) -> int:
    """Pixels around a window of an image that `pixels` around it take when it is enlarged `scale` times."""
    # The pixel at -n lies at (-n + 1/2) / scale - 1/2, between two of the image's.
    return (2 * pixels + 3 * scale - 2) // (2 * scale)


def soften(x: Tensor, ground: Tensor) -> Tensor:
    """Blur colours `x` `(N, 3, H, W)`, each counting for as much as there is `ground` `(N, 1, H, W)`, 0..1.

    What the ground is covered with is softer than its relief: all that is finest is to be shading. Colours under the
    sea, which nobody sees, must not leak on to the coast (Knutsson and Westin, "Normalized and Differential
    Convolution", CVPR 1993).
    """
    colours, weight = (_even(_even(m)) for m in (x * ground, ground))
    return colours / weight.clamp_min(1e-3)


def _without_threads(rise: Tensor, water: Tensor) -> Tensor:
    """`rise` `(N, 1, H, W)`, sunk where less than three pixels of it, painted `water` included, stand out of sunk land.

    Where painted land sinks, a thread of it can be left along the painted coast; land that is thin because it was
    painted so stays. What is sunk is what an opening (Serra, "Image Analysis and Mathematical Morphology", 1982) takes
    below the sea.
    """
    lowest = -F.max_pool2d(-(rise + _CLIFF * water), 3, stride=1, padding=1)  # (N, 1, H, W)
    opened = F.max_pool2d(lowest - _CLIFF * water, 3, stride=1, padding=1)  # (N, 1, H, W)
    return torch.where(opened < SHORE_DEPTH, opened, rise)


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _double(x: Tensor) -> Tensor:
    """`x` `(N, C, H, W)` at twice the size, `(N, C, 2 H, 2 W)`.

    Never compiled: torch 2.13 compiles the way back through it into zeros where it is small, and nothing before it
    would learn.
    """
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")


def _even(x: Tensor) -> Tensor:
    """Blur `x` `(N, C, H, W)` just enough that nothing is left that changes sign from pixel to pixel.

    The four pixels that `pixel_shuffle` makes of one come of weights of their own, which drift apart in training: a
    weave of two pixels would lie over the terrain. The head sharpens what is meant to be sharp.
    """
    return F.avg_pool2d(F.avg_pool2d(repeat_edge(x), 2, stride=1), 2, stride=1)


def _repeat_pixels(conv: EdgeConv) -> None:
    """Start a convolution before `pixel_shuffle` so that the four pixels it makes of one are the same.

    Otherwise the first terrains are checkerboards (Aitken et al., "Checkerboard artifact free sub-pixel convolution",
    2017).
    """
    for p in (conv.weight, conv.get_parameter("bias")):
        p.data = p.data[::4].repeat_interleave(4, 0)
