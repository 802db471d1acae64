"""How long a standard SPADE generator takes for 512 x 512 pixels: the yardstick of `generate.py`, as JSON.

Park et al., "Semantic Image Synthesis with Spatially-Adaptive Normalization", CVPR 2019, appendix A: seven residual
blocks from 1/64 of the size up, here with 64 channels in the last one and the seven classes.
"""

import json
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spade_terrain.maps.image import read_map
from spade_terrain.palette import CLASSES
from spade_terrain.runtime.machine import usable_cores

MAP = Path(__file__).parents[1] / "examples" / "continent.png"
CHANNELS = (1024, 1024, 1024, 1024, 512, 256, 128, 64)
RUNS = 3


class Spade(nn.Module):
    """Batch normalisation, then a scale and a shift for each pixel, from the segmentation map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.shared = nn.Conv2d(len(CLASSES), 128, 3, padding=1)
        self.scale = nn.Conv2d(128, channels, 3, padding=1)
        self.shift = nn.Conv2d(128, channels, 3, padding=1)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """`x` `(N, C, H, W)` and the whole map, one-hot, to `(N, C, H, W)`."""
        shared = F.relu(self.shared(F.interpolate(labels, x.shape[2:])))  # (N, 128, H, W)
        modulated: Tensor = self.norm(x) * (1 + self.scale(shared)) + self.shift(shared)  # (N, C, H, W)
        return modulated


class Block(nn.Module):
    """Two rounds of SPADE, ReLU and convolution, beside a skip connection that is learned where channels change."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        middle = min(inputs, outputs)
        self.spades = nn.ModuleList([Spade(inputs), Spade(middle)])
        self.convs = nn.ModuleList([nn.Conv2d(i, o, 3, padding=1) for i, o in ((inputs, middle), (middle, outputs))])
        self.skip_spade = Spade(inputs) if inputs != outputs else None
        self.skip_conv = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else None

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """`x` `(N, I, H, W)` and the whole map, one-hot, to `(N, O, H, W)`."""
        y = x
        for spade, conv in zip(self.spades, self.convs, strict=True):
            y = conv(F.relu(spade(y, labels)))  # (N, min(I, O), H, W), then (N, O, H, W)
        if self.skip_spade is not None and self.skip_conv is not None:
            x = self.skip_conv(self.skip_spade(x, labels))  # (N, O, H, W)
        return x + y


class Generator(nn.Module):
    """Segmentation map to picture."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(len(CLASSES), CHANNELS[0], 3, padding=1)
        self.blocks = nn.ModuleList(Block(i, o) for i, o in pairwise(CHANNELS))
        self.last = nn.Conv2d(CHANNELS[-1], 3, 3, padding=1)

    def forward(self, labels: Tensor) -> Tensor:
        """One-hot `(N, 7, H, W)` to RGB `(N, 3, H, W)` in [-1, 1]."""
        x = self.first(F.interpolate(labels, scale_factor=1 / 64))  # (N, 1024, H/64, W/64)
        for i, block in enumerate(self.blocks):
            x = block(F.interpolate(x, scale_factor=2.0) if i else x, labels)  # (N, C, 2**i H/64, 2**i W/64)
        return torch.tanh(self.last(F.relu(x)))  # (N, 3, H, W)


def main() -> None:
    torch.set_num_threads(usable_cores())
    generator = Generator().eval()
    labels = F.one_hot(torch.from_numpy(read_map(MAP)).long(), len(CLASSES)).permute(2, 0, 1)[None].float()
    times = []
    with torch.inference_mode():
        for _ in range(1 + RUNS):
            start = time.perf_counter()
            generator(labels)
            times.append(time.perf_counter() - start)
    parameters = sum(p.numel() for p in generator.parameters())
    print(json.dumps({"seconds": median(times[1:]), "parameters": parameters}))


if __name__ == "__main__":
    main()
