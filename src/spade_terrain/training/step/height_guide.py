"""The height guide in training: rough heights of real crops, as a person would draw them, and the price of not heeding.

People know the height of some places, not well, and without detail. So half of the crops have a guide, some of these in
pieces only, blurred and off by some noise, each by its own amount.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.card import GUIDE_CHANNELS, HeightCode
from spade_terrain.palette import WATER

_NOISE = 0.15  # at most, of the logarithm of a cell's height
_NOISE_M = 40.0  # at most, besides
_SMALLEST_M = 25.0  # added to what is compared: near the sea the code's slope is infinite


def draw_height_guides(height: Tensor, labels: Tensor, stride: int, height_code: HeightCode, random: Tensor) -> Tensor:
    """Height guides `(N, 2, H / stride, W / stride)` of real crops, as `Generator.forward` takes them.

    Args:
        height: `(N, 1, H, W)` in `height_code`.
        labels: one-hot `(N, 7, H, W)`.
        stride: pixels a cell.
        height_code: the code of height and guide.
        random: `draw_guide_numbers` for these crops.

    """
    metres, land = _cell_means(height, labels, stride, height_code)  # (N, 1, h, w)
    rows, columns = land.shape[2:]
    per_crop, per_cell = random[:, 0, :1, :4], random[:, 1:, :rows, :columns]  # (N, 1, 4), (N, 3, h, w)
    given, whole, blur, size = (u[:, None] for u in per_crop.chunk(4, 2))  # 4 x (N, 1, 1, 1)
    known = (land > 0) & (given < 0.5) & ((whole < 0.5) | _pieces(per_cell[:, :1], whole))  # (N, 1, h, w)
    metres = torch.lerp(metres, _blur(metres * land) / _blur(land).clamp_min(1e-3), blur)
    factor, term = (_gaussian(u) * size for u in per_cell[:, 1:].chunk(2, 1))
    metres = (metres * torch.exp(_NOISE * factor) + _NOISE_M * term).clamp(0, height_code.max_m)
    code = 2 * (metres / height_code.max_m).sqrt()  # (N, 1, h, w)
    guide: Tensor = torch.cat([code, torch.ones_like(code)], 1) * known
    return guide


def draw_guide_numbers(count: int, cells: int, random: torch.Generator) -> Tensor:
    """What is random in the guides of `count` crops of `cells` a side: uniform, `(count, 4, max(cells, 4), ...)`."""
    side = max(cells, 4)
    return torch.rand((count, 4, side, side), generator=random, device=random.device)


def no_height_guide(labels: Tensor, stride: int, *, guided: bool) -> Tensor:
    """The height guide of maps `(N, 7, H, W)` of which nothing is known, for a network that is `guided` or not."""
    count, _, rows, columns = labels.shape
    return labels.new_zeros((count, guided * GUIDE_CHANNELS, rows // stride, columns // stride))


def height_guide_loss(
    height: Tensor,
    labels: Tensor,
    guide: Tensor,
    height_code: HeightCode,
    mean_over_processes: Callable[[Tensor], Tensor] = lambda mean: mean,
) -> Tensor:
    """How far heights are from their guide: the mean absolute difference over its known cells, in the height code.

    Args:
        height: made, `(N, 1, H, W)` in `height_code`.
        labels: one-hot `(N, 7, H, W)`.
        guide: as `draw_height_guides` gives it.
        height_code: the code of height and guide.
        mean_over_processes: averages how much is known over the processes that share a batch.

    """
    metres, land = _cell_means(height, labels, labels.shape[2] // guide.shape[2], height_code)  # (N, 1, h, w)
    wanted, known = (guide[:, :1] / 2).square() * height_code.max_m, guide[:, 1:] * land  # (N, 1, h, w)
    made, wanted = (2 * ((m + _SMALLEST_M) / height_code.max_m).sqrt() for m in (metres, wanted))
    return ((made - wanted).abs() * known).sum() / mean_over_processes(known.sum()).clamp_min(1)


def _cell_means(height: Tensor, labels: Tensor, stride: int, height_code: HeightCode) -> tuple[Tensor, Tensor]:
    """Mean height of the painted land in each cell in metres, and the land's share of it, each `(N, 1, h, w)`."""
    land = 1 - labels[:, WATER : WATER + 1]  # (N, 1, H, W)
    metres = ((height.float().clamp_min(-1) + 1) / 2).square() * height_code.max_m
    share = F.avg_pool2d(land, stride)
    return F.avg_pool2d(metres * land, stride) / share.clamp_min(1e-3), share


def _pieces(uniform: Tensor, level: Tensor) -> Tensor:
    """Blobs of cells: where smooth noise made of `uniform` `(N, 1, h, w)` is above a level that `level` draws."""
    return _blur(_gaussian(uniform)) > (level - 0.75)


def _blur(x: Tensor) -> Tensor:
    """`x` `(N, 1, h, w)` blurred by [1 2 1] / 4 in both directions, with zeros past the edge."""
    x = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 2, stride=1)
    return F.avg_pool2d(x, 2, stride=1)


def _gaussian(uniform: Tensor) -> Tensor:
    normal: Tensor = torch.special.ndtri(uniform.clamp(1e-3, 1 - 1e-3))
    return normal
