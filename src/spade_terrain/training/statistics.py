"""What is learned from the training set before training: from a sample of real crops."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from spade_terrain.networks.relief import land_mask
from spade_terrain.training.data import Batch, CropSampler

CROPS = 1536
"""Real crops in a sample."""

_BATCH = 64  # crops at a time


def sample_crops(sampler: CropSampler, seed: int) -> Iterator[Batch]:
    """A sample of the training set, in batches; of the same seed the same."""
    random = torch.Generator().manual_seed(seed)
    return (sampler.draw(_BATCH, random) for _ in range(CROPS // _BATCH))


def class_colours(batches: Iterable[Batch]) -> Tensor:
    """Mean colours of each class's land in real crops: `(7, 3 T)` in [-1, 1], grey for a class that is not there."""
    sums = counts = torch.zeros(())
    for crops in batches:
        land = crops.labels * land_mask(crops.height)  # (N, 7, H, W): the sea has its own colour
        sums = sums + torch.einsum("nkhw,nchw->kc", land, crops.terrain)
        counts = counts + land.sum((0, 2, 3))
    return sums / counts[:, None].clamp_min(1)
