"""Blurs of two pixels: of features, and of the land's colours."""

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.networks.spade import replicate_edge

BLUR_RADIUS = 1  # pixels to each side
_BINOMIAL = [[1 / 16, 2 / 16, 1 / 16], [2 / 16, 4 / 16, 2 / 16], [1 / 16, 2 / 16, 1 / 16]]


def blur2(x: Tensor) -> Tensor:
    """Blur `x` `(N, C, H, W)` by [1 2 1] / 4 in both directions: nothing is left that changes sign from pixel to pixel.

    The four pixels that `pixel_shuffle` makes of one come of weights of their own, which drift apart in training: a
    weave of two pixels would lie over the terrain. The head sharpens what is meant to be sharp.
    """
    channels = x.shape[1]
    kernel = x.new_tensor(_BINOMIAL).expand(channels, 1, 3, 3)
    with torch.autocast(x.device.type, enabled=False):  # colours need their float32
        return F.conv2d(replicate_edge(x), kernel, groups=channels)  # (N, C, H, W)


def blur_land(colours: Tensor, land: Tensor) -> Tensor:
    """Blur `colours` `(N, C, H, W)`, each pixel weighted by how much `land` `(N, 1, H, W)` it is, 0..1.

    What the ground is covered with is softer than its relief: all that is finest is to be shading. Colours under the
    sea, which nobody sees, must not leak on to the coast (Knutsson and Westin, "Normalized and Differential
    Convolution", CVPR 1993).
    """
    blurred = blur2(blur2(torch.cat([colours * land, land], 1)))  # (N, C + 1, H, W)
    return blurred[:, :-1] / blurred[:, -1:].clamp_min(1e-3)
