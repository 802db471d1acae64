"""The adversarial losses, and those that part texture and shading.

Hinge loss: Lim and Ye, "Geometric GAN", 2017.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.training.step.land import eroded


def discriminator_hinge_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Hinge loss of logits on real and fake crops `(N, 1, h, w)` a scale: 2 when all are 0, 0 when it is sure."""
    losses = [F.relu(1 - r.float()).mean() + F.relu(1 + f.float()).mean() for r, f in zip(real, fake, strict=True)]
    return torch.stack(losses).mean()


def generator_hinge_loss(fake: list[Tensor]) -> Tensor:
    """The generator's loss: minus the mean of the logits on its crops, `(N, 1, h, w)` a scale."""
    return -torch.stack([f.float().mean() for f in fake]).mean()


def light_leak_loss(texture: Tensor, normals: Tensor, land: Tensor) -> Tensor:
    """Light that leaked into textures: the squared correlation of their fine lightness with the slopes.

    Colours may differ with the height, but not between slopes that face east and west, or north and south. The mean
    over both directions and all crops and textures, 0..1.

    Args:
        texture: `(N, 3 T, H, W)`.
        normals: of the surface, their parts to the east and the south `(N, 2, H, W)`; they get no gradient.
        land: `(N, 1, H, W)`, 1 on land, 0 on water.

    """

    def centre(x: Tensor) -> Tensor:
        mean = (x * land).sum((2, 3), keepdim=True) / land.sum((2, 3), keepdim=True).clamp_min(1)
        centred: Tensor = (x - mean) * land
        return centred

    lightness, slopes = centre(_fine_lightness(texture, land)), centre(normals.detach().float())  # (N, T or 2, H, W)
    covariance = torch.einsum("nthw,nshw->nts", lightness, slopes)  # (N, T, 2)
    variances = lightness.square().sum((2, 3))[:, :, None] * slopes.square().sum((2, 3))[:, None]  # (N, T, 2)
    return (covariance.square() / variances.clamp_min(1e-6)).mean()


def shading_loss(
    terrain: Tensor,
    shading: Tensor,
    land: Tensor,
    mean_over_processes: Callable[[Tensor], Tensor] = lambda mean: mean,
) -> Tensor:
    """What shading leaves unexplained of real terrain: the share of its fine lightness, 0 or more; 1 if it is none.

    Args:
        terrain: real, `(N, 3 T, H, W)`.
        shading: of its height, `(N, T, H, W)`.
        land: `(N, 1, H, W)`, 1 on land, 0 on water.
        mean_over_processes: averages what there is to explain over the processes that share a batch.

    """
    inland = eroded(land, 5)  # less two pixels along coasts: a line along a coast is no shading
    target, explained = _fine_lightness(terrain, inland) * inland, _fine(shading.float(), inland) * inland
    unexplained = (target - explained).square().mean((0, 2, 3))  # (T,)
    return (unexplained / mean_over_processes(target.square().mean((0, 2, 3))).clamp_min(1e-6)).mean()


def texture_detail_loss(
    texture: Tensor,
    land: Tensor,
    terrain: Tensor,
    real_land: Tensor,
    mean_over_processes: Callable[[Tensor], Tensor] = lambda mean: mean,
) -> Tensor:
    """Fine detail in textures, which shading is to make: its mean square in each colour, as a share of real terrain's.

    Up to the coast and in all three colours: where detail is free, all that the price keeps from elsewhere is put.

    Args:
        texture: `(N, 3 T, H, W)`.
        land: of the textures, `(N, 1, H, W)`, 1 on land, 0 on water.
        terrain: real, `(N, 3 T, H, W)`.
        real_land: of the real terrain.
        mean_over_processes: averages real terrain's over the processes that share a batch.

    """
    fake, real = (
        (_fine(picture.float(), ground) * ground).square().mean((0, 2, 3))  # (3 T,)
        for picture, ground in ((texture, land), (terrain, real_land))
    )
    return (fake / mean_over_processes(real).clamp_min(1e-6)).mean()


def _fine_lightness(pictures: Tensor, land: Tensor) -> Tensor:
    """Lightness `(N, T, H, W)` of pictures `(N, 3 T, H, W)` less that of the land around each pixel."""
    return _fine(torch.stack([p.mean(1) for p in pictures.float().chunk(pictures.shape[1] // 3, 1)], 1), land)


def _fine(values: Tensor, land: Tensor) -> Tensor:
    """`values` `(N, C, H, W)` less those of the land around each pixel."""
    around, share = (_local_mean(x) for x in (values * land, land))  # (N, C, H, W), (N, 1, H, W)
    return values - around / share.clamp_min(1e-3)


def _local_mean(x: Tensor) -> Tensor:
    """Mean of the 9 x 9 pixels around each, with zeros past the edge, by running sums."""
    sums = F.pad(x, (5, 4, 5, 4))
    for dim in (2, 3):
        running = sums.cumsum(dim)
        sums = running.narrow(dim, 9, x.shape[dim]) - running.narrow(dim, 0, x.shape[dim])
    return sums / 81
