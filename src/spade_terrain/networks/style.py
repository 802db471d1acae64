"""The style: a few numbers for the look of a whole map, in which real crops with like segmentation maps differ.

A map of plains may lie by the sea or on a plateau. Nothing in its labels says which, so a generator that is shown both
learns the middle. Told how far each real crop is from what its map leads one to expect, it learns both, and a user can
ask for either.
"""

from collections.abc import Iterable
from typing import TypeAlias

import torch
from torch import Tensor, nn

from spade_terrain.card import HeightCode
from spade_terrain.errors import DataError
from spade_terrain.networks.relief import surface_normals
from spade_terrain.palette import CLASSES, WATER

ELEVATION = "elevation"
STYLE = (ELEVATION, "relief", "lightness", "greenness")
"""What the numbers say: mean height and steepness of the land, lightness and greenness of its (first) terrain."""

LIMIT = 3.0

Crops: TypeAlias = tuple[Tensor, Tensor, Tensor]
"""Terrain `(N, 3 T, H, W)` in [-1, 1], height `(N, 1, H, W)` in the height code, one-hot labels `(N, 7, H, W)`."""

_LUMA = (0.299, 0.587, 0.114)
_MIN_LAND = 0.01  # share of a crop; of less land nothing can be told
_MEAN_LOG_NORMAL = -0.635  # mean of log |x| of a normal x


class StyleEncoder(nn.Module):
    """Measures the style of real crops, in standard deviations from what is expected of their share of each class.

    Mean and logarithm of the standard deviation are linear in the shares of the classes, and in the numbers before:
    so the numbers are nearly independent of the map and of each other, and can be drawn freely. Before `fit`, all are
    as measured.
    """

    mean_weights: Tensor
    log_std_weights: Tensor

    def __init__(self, height_code: HeightCode) -> None:
        super().__init__()
        self.height_code = height_code
        predictors = len(CLASSES) + len(STYLE)
        self.register_buffer("mean_weights", torch.zeros(len(STYLE), predictors))
        self.register_buffer("log_std_weights", torch.zeros(len(STYLE), predictors))

    @torch.no_grad()
    def forward(self, terrain: Tensor, height: Tensor, labels: Tensor) -> Tensor:
        """Style `(N, 4, 1, 1)` of real `Crops`, within -3..3; 0 where there is no land."""
        measured, shares = self.measure(terrain, height, labels)  # (N, S), (N, 7)
        style = torch.zeros_like(measured)  # (N, S)
        for i in range(len(STYLE)):
            predictors = torch.cat([shares, style], 1)  # (N, 7 + S): the numbers from this one on are still 0
            residual = measured[:, i] - predictors @ self.mean_weights[i]  # (N,)
            style[:, i] = residual * torch.exp(-(predictors @ self.log_std_weights[i]))
        style = torch.where(shares[:, WATER, None] < 1 - _MIN_LAND, style.clamp(-LIMIT, LIMIT), 0.0)
        return style[:, :, None, None]

    def measure(self, terrain: Tensor, height: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """What is measured of real `Crops` `(N, 4)`, as it is, and their share of each class `(N, 7)`."""
        land = 1 - labels[:, WATER : WATER + 1]  # (N, 1, H, W)
        steepness = surface_normals(height, self.height_code).square().sum(1, keepdim=True).sqrt()  # (N, 1, H, W)
        red, green, blue = terrain[:, :3].unbind(1)  # 3 x (N, H, W)
        lightness = _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
        colours = torch.stack([lightness, green - (red + blue) / 2], 1)  # (N, 2, H, W)
        maps = torch.cat([height + 1, steepness, colours], 1)  # (N, 4, H, W)
        measured = (maps * land).sum((2, 3)) / land.sum((2, 3)).clamp_min(1)  # (N, 4)
        measured[:, 1] = measured[:, 1].add(1e-3).log()
        return measured, labels.mean((2, 3))

    @torch.no_grad()
    def fit(self, batches: Iterable[Crops]) -> None:
        """Learn mean and standard deviation from real crops, by least squares. Raises `DataError` if none has land."""
        measured, shares = (torch.cat(parts) for parts in zip(*(self.measure(*b) for b in batches), strict=True))
        has_land = shares[:, WATER] < 1 - _MIN_LAND
        if not has_land.any():
            raise DataError("the training patches show water only, or hardly any land; give a set that has some")
        measured, shares = measured[has_land].double(), shares[has_land].double()
        predictors = torch.cat([shares, torch.zeros_like(measured)], 1)  # (N, 7 + S)
        for i in range(len(STYLE)):
            mean_weights = _least_squares(predictors, measured[:, i])
            residual = measured[:, i] - predictors @ mean_weights
            log_std_weights = _least_squares(shares, residual.abs().clamp_min(1e-6).log() - _MEAN_LOG_NORMAL)
            log_std_weights = torch.cat([log_std_weights, log_std_weights.new_zeros(len(STYLE))])
            style = (residual * torch.exp(-(predictors @ log_std_weights))).clamp(-LIMIT, LIMIT)
            predictors[:, len(CLASSES) + i] = style
            self.mean_weights[i], self.log_std_weights[i] = mean_weights, log_std_weights


def _least_squares(predictors: Tensor, targets: Tensor) -> Tensor:
    """Weights `(P,)` that make `targets` `(N,)` of `predictors` `(N, P)`; a little ridge, since some are always 0."""
    ridge = 1e-3 * len(predictors) * torch.eye(predictors.shape[1], dtype=predictors.dtype, device=predictors.device)
    weights: Tensor = torch.linalg.solve(predictors.T @ predictors + ridge, predictors.T @ targets)
    return weights
