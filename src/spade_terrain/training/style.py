"""The style: a few numbers for the look of a whole map, in which real crops with like segmentation maps differ.

A map of plains may lie by the sea or on a plateau. Nothing in its labels says which, so a generator that is shown both
learns the middle. Told how far each real crop is from what its map leads one to expect, it learns both, and a user can
ask for either.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from spade_terrain.card import HeightCode
from spade_terrain.networks.shadow import surface_normals
from spade_terrain.palette import CLASSES, WATER
from spade_terrain.training.data import Batch, dry

STYLE = ("elevation", "relief", "lightness", "greenness")
"""What the numbers say: mean height and steepness of the land, lightness and greenness of its terrain."""

LIMIT = 3.0
CROPS = 1536
"""Real crops that the meter is fitted to."""

_LUMA = (0.299, 0.587, 0.114)
_MIN_LAND = 0.01  # share of a crop; of less land nothing can be told
_LOG_NORMAL = -0.635  # mean of log |x| of a normal x


class StyleMeter(nn.Module):
    """Measures the style of real crops, in standard deviations from what is usual for their share of each class.

    What is usual, and how far it usually strays, are linear in the shares of the classes, and in the numbers before:
    so the numbers are nearly independent of the map and of each other, and can be drawn freely. Before `fit`, all are
    as measured.
    """

    usual: Tensor
    strays: Tensor

    def __init__(self, height_code: HeightCode) -> None:
        super().__init__()
        self.height_code = height_code
        predictors = len(CLASSES) + len(STYLE)
        self.register_buffer("usual", torch.zeros(len(STYLE), predictors))
        self.register_buffer("strays", torch.zeros(len(STYLE), predictors))  # in logarithms

    @torch.no_grad()
    def forward(self, crops: Batch) -> Tensor:
        """Style of each crop `(N, 4, 1, 1)`, within -3..3; 0 where there is no land."""
        looks, shares = self.read(crops)
        style = torch.zeros_like(looks)  # (N, S)
        for i in range(len(STYLE)):
            known = torch.cat([shares, style], 1)  # (N, 7 + S): the numbers from this one on are still 0
            style[:, i] = (looks[:, i] - known @ self.usual[i]) * torch.exp(-(known @ self.strays[i]))
        style = torch.where(shares[:, WATER, None] < 1 - _MIN_LAND, style.clamp(-LIMIT, LIMIT), 0.0)
        return style[:, :, None, None]

    def read(self, crops: Batch) -> tuple[Tensor, Tensor]:
        """What is measured of each crop `(N, 4)`, as it is, and its share of each class `(N, 7)`."""
        land = 1 - crops.labels[:, WATER : WATER + 1]  # (N, 1, H, W)
        steepness = surface_normals(crops.height, self.height_code).square().sum(1, keepdim=True).sqrt()
        red, green, blue = crops.terrain.unbind(1)  # (N, H, W)
        lightness = _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
        colours = torch.stack([lightness, green - (red + blue) / 2], 1)  # (N, 2, H, W)
        maps = torch.cat([crops.height + 1, steepness, colours], 1)  # (N, 4, H, W)
        looks = (maps * land).sum((2, 3)) / land.sum((2, 3)).clamp_min(1)  # (N, 4)
        looks[:, 1] = looks[:, 1].add(1e-3).log()
        return looks, crops.labels.mean((2, 3))

    @torch.no_grad()
    def fit(self, batches: Iterable[Batch]) -> None:
        """Learn what is usual from real crops, by least squares."""
        looks, shares = (torch.cat(parts) for parts in zip(*map(self.read, batches), strict=True))
        some = shares[:, WATER] < 1 - _MIN_LAND
        looks, shares = looks[some].double(), shares[some].double()
        known = torch.cat([shares, torch.zeros_like(looks)], 1)  # (N, 7 + S)
        for i in range(len(STYLE)):
            usual = _least_squares(known, looks[:, i])
            residual = looks[:, i] - known @ usual
            strays = _least_squares(shares, residual.abs().clamp_min(1e-6).log() - _LOG_NORMAL)
            strays = torch.cat([strays, strays.new_zeros(len(STYLE))])
            known[:, len(CLASSES) + i] = (residual * torch.exp(-(known @ strays))).clamp(-LIMIT, LIMIT)
            self.usual[i], self.strays[i] = usual, strays


def class_colours(batches: Iterable[Batch]) -> Tensor:
    """Mean colour of each class's land in real crops: `(7, 3)` in [-1, 1], grey for a class that is not there."""
    sums = counts = torch.zeros(())
    for crops in batches:
        ground = crops.labels * dry(crops.height)  # (N, 7, H, W): the sea has its own colour
        sums = sums + torch.einsum("nkhw,nchw->kc", ground, crops.terrain)
        counts = counts + ground.sum((0, 2, 3))
    return sums / counts[:, None].clamp_min(1)


def _least_squares(known: Tensor, wanted: Tensor) -> Tensor:
    """Weights `(P,)` that make `wanted` `(N,)` of `known` `(N, P)`; a little ridge, since some are always 0."""
    ridge = 1e-3 * len(known) * torch.eye(known.shape[1], dtype=known.dtype, device=known.device)
    weights: Tensor = torch.linalg.solve(known.T @ known + ridge, known.T @ wanted)
    return weights
