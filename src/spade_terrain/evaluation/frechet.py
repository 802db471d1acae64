"""Frechet and kernel distances of VGG-19 features, by torchmetrics' FID and KID.

FID: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", NeurIPS 2017;
KID: Binkowski et al., "Demystifying MMD GANs", ICLR 2018. VGG-19's features stand in for Inception's.
"""

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

if TYPE_CHECKING:
    from torchmetrics import Metric

Floats = NDArray[np.float64]

_SUBSETS = 10  # of KID, each as large as the smaller set: all of that one, and most of the other


def frechet_distance(a: Floats, b: Floats) -> float:
    """Frechet distance of two sets of features `(N, D)` and `(M, D)`, each taken for a Gaussian's.

    In squared units of the features; 0 for equal sets, to rounding. NaN if either has fewer than two.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    if min(len(a), len(b)) < 2:
        return float("nan")
    metric = FrechetInceptionDistance(_PrecomputedFeatures(a.shape[1]))
    _update(metric, a, b)
    return max(float(metric.compute()), 0.0)


def kernel_distance(a: Floats, b: Floats) -> float:
    """Size of the KID of two sets of features `(N, D)` and `(M, D)`; NaN if either has fewer than two.

    KID has no bias: that of two halves of one set strays around 0, and only its size can be a baseline.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    smaller = min(len(a), len(b))
    if smaller < 2:
        return float("nan")
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        # It advises against keeping all features in memory; they are a few megabytes here.
        warnings.filterwarnings("ignore", "Metric `Kernel Inception Distance` will save all", UserWarning)
        metric = KernelInceptionDistance(_PrecomputedFeatures(a.shape[1]), subsets=_SUBSETS, subset_size=smaller)
        _update(metric, a, b)
        torch.manual_seed(0)
        mean, _ = metric.compute()
    return abs(float(mean))


class _PrecomputedFeatures(nn.Identity):
    """A feature network whose input is features already: each crop is shown to VGG-19 only once."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.num_features = count


def _update(metric: "Metric", a: Floats, b: Floats) -> None:
    metric.update(torch.from_numpy(a), real=True)
    metric.update(torch.from_numpy(b), real=False)
