"""The generator: a segmentation map and noise to textures and height, from 1/32 of its size up.

The last block works at half size; its features are rearranged into full-size pixels (Shi et al., "Real-Time Single
Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016) and a light
head makes the details there. Every layer is local: `halo` is half the receptive field.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spade_terrain.card import GUIDE_CHANNELS, NoiseInput
from spade_terrain.networks.blur import BLUR_RADIUS, blur2, blur_land
from spade_terrain.networks.coast import (
    OPENING_RADIUS,
    SHORE_CELL,
    SHORE_CELLS,
    SHORE_DEPTH,
    open_land,
    shore_mask,
)
from spade_terrain.networks.shadow import SHADING_RADIUS
from spade_terrain.networks.spade import Noise, ReplicateConv2d, SpadeBlock
from spade_terrain.palette import CLASSES, WATER

STEM_NOISE = 4
HEAD_NOISE = 2  # maps of noise at full size
SEA_GAIN = 10.0
LOWEST = 0.02  # of land that may not sink, in the height code: 1 m
SHORE_GAIN = 60.0  # how fast the sea's colour gives way to the land's: within some metres of height
FINEST_CUT = 8  # map pixels a feature


class Generator(nn.Module):
    """Textures and height from a one-hot segmentation map, noise, a style and rough heights.

    The buffer `plain` holds the mean colours of each class's land, before the hyperbolic tangent.

    Args:
        channels: of the blocks, from the coarsest to the one at half size; `len(channels)` is log2 of the stride.
        guide_channels: features made of the segmentation map at each size, which every SPADE of that size reads.
        head_channels: features at full size.
        textures: of the same land, three channels each.
        style: numbers of the style.
        guided: whether it takes rough heights.
        noisy: whether its noise has any effect; if not, a map has one terrain, and land of one class is even.

    """

    def __init__(
        self,
        channels: tuple[int, ...],
        guide_channels: int,
        head_channels: int,
        *,
        textures: int = 1,
        style: int = 0,
        guided: bool = False,
        noisy: bool = True,
    ) -> None:
        super().__init__()
        self.noisy, self.guided = noisy, guided
        classes = len(CLASSES)
        self.strides = tuple(1 << i for i in range(len(channels), 0, -1))
        # The half-size guide gets the full-size map, four pixels to one, so that no border of the map is lost.
        guide_inputs = [classes] * (len(channels) - 1) + [4 * classes]
        self.guides = nn.ModuleList(ReplicateConv2d(c, guide_channels) for c in guide_inputs)
        self.stem = ReplicateConv2d(classes + STEM_NOISE + guided * GUIDE_CHANNELS, channels[0])
        # 1x1: the style is the same at every pixel.
        self.styles = nn.ModuleList(
            nn.Conv2d(style, c, 1, bias=False)
            for c in ((channels[0], *[guide_channels] * len(channels)) if style else ())
        )
        self.blocks = nn.ModuleList(
            SpadeBlock(i, o, guide_channels) for i, o in zip(channels[:1] + channels[:-1], channels, strict=True)
        )
        self.to_pixels = ReplicateConv2d(channels[-1], 4 * head_channels)
        _repeat_pixels(self.to_pixels)
        # Noise at full size starts at strength 0: it would drown all slopes until the network had learned to lower it.
        self.head_noise_1 = Noise(head_channels, 0.0)
        self.head_conv = ReplicateConv2d(head_channels, head_channels)
        self.head_noise_2 = Noise(head_channels, 0.0)
        self.to_texture = ReplicateConv2d(head_channels, 3 * textures)
        self.to_height = ReplicateConv2d(head_channels, 1)
        self.sea = nn.Parameter(torch.zeros(1, 3 * textures, 1, 1))
        self.register_buffer("plain", torch.zeros(3 * textures, classes, 1, 1))
        # softplus(-1) - 0.1 is the code of about 100 m: ordinary ground.
        nn.init.constant_(self.to_height.get_parameter("bias"), -1.0)

    plain: Tensor

    @torch.no_grad()
    def set_class_colours(self, means: Tensor) -> None:
        """Set the colours of classes `(7, 3 T)`, in [-1, 1]."""
        self.plain.copy_(means.clamp(-0.95, 0.95).atanh().T[:, :, None, None])

    @property
    def class_colours(self) -> tuple[tuple[tuple[int, int, int], ...], ...]:
        """RGB, 0..255, of each class's land for each of the textures, and the sea's."""
        codes = self.plain[:, :, 0, 0].clone()  # (3 T, 7)
        codes[:, WATER] = SEA_GAIN * self.sea[0, :, 0, 0].detach()
        colours = ((codes.tanh() + 1) * 127.5).round().int().view(-1, 3, len(CLASSES))  # (T, 3, 7)
        return tuple(tuple((r, g, b) for r, g, b in texture) for texture in colours.mT.tolist())

    @property
    def stride(self) -> int:
        """Sides of the map must be multiples of this."""
        return max(self.strides)

    @property
    def noise_inputs(self) -> tuple[NoiseInput, ...]:
        """The noise that `forward` takes, in its order: from the coarsest to full size."""
        block = SpadeBlock.NOISE_CHANNELS
        channels = [STEM_NOISE + block] + [block] * (len(self.strides) - 1) + [HEAD_NOISE]
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
        halo = (_bilinear_reach(pixels, cell) + SHORE_CELLS // 2) * cell  # the labels that `shore_mask` reads
        pixels += OPENING_RADIUS + 2 + BLUR_RADIUS  # `open_land`; `to_height` and `head_conv`; `blur2`
        for stride in reversed(self.strides):
            # Of this stride: what the half-size pixels are rearranged from, or what is enlarged.
            pixels = math.ceil(pixels / 2) + 1 if stride == 2 else _bilinear_reach(pixels, 2)
            if stride == given:
                return max(halo, pixels * stride)
            pixels += 2  # the block's convolutions
            halo = max(halo, (pixels + 1) * stride)  # the guide's convolution, or the stem's
        return halo

    def forward(
        self, labels: Tensor, noise: list[Tensor], style: Tensor, height_guide: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Invent one terrain for each segmentation map.

        Args:
            labels: one-hot float `(N, 7, H, W)`.
            noise: as `noise_inputs` says, each `(N, channels, H / stride, W / stride)`.
            style: `(N, style, 1, 1)`, the same for all of a map.
            height_guide: `(N, 2, H / stride, W / stride)` if it is guided, else `(N, 0, ...)`: the mean height of the
                land in each cell as its code plus 1, 0..2, and 1 where that is known; where it is not, both are 0.

        Returns:
            textures `(N, 3 T, H, W)` in [-1, 1], one colour where the map says water, and height `(N, 1, H, W)` in the
            height code, at least -1; exactly -1 where the map says water, and wherever it draws the coast otherwise
            than the map: land that it sinks below the sea is sea, in its colour. And the elevation `(N, 1, H, W)` that
            the coast is drawn by, of painted water, too: the height above the lowest that land can sink.

        """
        if not self.noisy:
            noise = [torch.zeros_like(n) for n in noise]
        water = labels[:, WATER : WATER + 1]  # (N, 1, H, W)
        land = 1 - water  # (N, 1, H, W)
        x = self._features(labels, noise, style, height_guide)  # (N, F, H, W)

        elevation = F.softplus(self.to_height(x).float())  # (N, 1, H, W)
        elevation = open_land(elevation, water)  # (N, 1, H, W)
        shore = shore_mask(labels, min(SHORE_CELL, self.stride))  # (N, 1, H, W)
        height = land * F.relu(elevation - SHORE_DEPTH * shore + LOWEST * (1 - shore)) - 1  # (N, 1, H, W)

        sunk = land * torch.sigmoid(SHORE_GAIN * (SHORE_DEPTH - elevation))  # (N, 1, H, W)
        ground = land - sunk  # (N, 1, H, W)
        # Training sets paint the sea in one colour; the gain lets Adam's small steps get there in some hundred.
        colours = (
            ground * blur_land(self.to_texture(x).float(), ground)
            + (water + shore * sunk) * SEA_GAIN * self.sea
            # No colour of its own is learned where land sinks: where it may not, the class's mean colour stands in.
            + (1 - shore) * sunk * F.conv2d(labels, self.plain)
        )  # (N, 3 T, H, W)
        return torch.tanh(colours), height, elevation

    def _features(self, labels: Tensor, noise: list[Tensor], style: Tensor, height_guide: Tensor) -> Tensor:
        """Features at full size `(N, F, H, W)`; arguments are those of `forward`."""
        biases = [conv(style) for conv in self.styles] or [0.0] * (len(self.strides) + 1)  # (N, C or G, 1, 1)
        coarse = F.avg_pool2d(labels, self.stride)  # (N, 7, H/32, W/32)
        coarsest = [coarse, noise[0][:, :STEM_NOISE], *([height_guide] if self.guided else [])]
        x = self.stem(torch.cat(coarsest, 1)) + biases[0]  # (N, C, H/32, W/32)
        for i, (stride, guide_conv, block) in enumerate(zip(self.strides, self.guides, self.blocks, strict=True)):
            small = F.pixel_unshuffle(labels, 2) if stride == 2 else F.avg_pool2d(labels, stride)  # (N, 7 or 28, ...)
            guide = F.relu(guide_conv(small) + biases[i + 1])  # (N, G, H/s, W/s)
            if i:
                x = _upsample(x)  # (N, C, H/s, W/s)
            x = block(x, guide, noise[i][:, -SpadeBlock.NOISE_CHANNELS :])  # (N, C, H/s, W/s)
        x = self.to_pixels(F.leaky_relu(x, 0.2))  # (N, 4 F, H/2, W/2)
        x = blur2(F.pixel_shuffle(x, 2))  # (N, F, H, W)
        x = F.leaky_relu(self.head_noise_1(x, noise[-1][:, :1]), 0.2)  # (N, F, H, W)
        return F.leaky_relu(self.head_noise_2(self.head_conv(x), noise[-1][:, 1:]), 0.2)  # (N, F, H, W)


def _bilinear_reach(pixels: int, scale: int) -> int:
    """Pixels around a window of an image that `pixels` around it take when it is enlarged `scale` times."""
    # The pixel at -n lies at (-n + 1/2) / scale - 1/2, between two of the image's.
    return (2 * pixels + 3 * scale - 2) // (2 * scale)


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _upsample(x: Tensor) -> Tensor:
    """`x` `(N, C, H, W)` at twice the size, `(N, C, 2 H, 2 W)`.

    Never compiled: torch 2.13 compiles its backward pass into zeros where `x` is small, and no layer before it would
    learn.
    """
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")


def _repeat_pixels(conv: ReplicateConv2d) -> None:
    """Start a convolution before `pixel_shuffle` so that the four pixels it makes of one are the same.

    Otherwise the first terrains are checkerboards (Aitken et al., "Checkerboard artifact free sub-pixel convolution",
    2017).
    """
    for p in (conv.weight, conv.get_parameter("bias")):
        p.data = p.data[::4].repeat_interleave(4, 0)
