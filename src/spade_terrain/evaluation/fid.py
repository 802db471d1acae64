"""FID and KID as torchmetrics has them, of VGG-19's last features in place of Inception's.

FID: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", NeurIPS 2017;
KID: Binkowski et al., "Demystifying MMD GANs", ICLR 2018.
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


def fid(a: Floats, b: Floats) -> float:
    """FID of two sets of features `(N, D)` and `(M, D)`, in squared units of the features.

    NaN if either has fewer than two.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    if min(len(a), len(b)) < 2:
        return float("nan")
    metric = FrechetInceptionDistance(_Features(a.shape[1]))
    _show(metric, a, b)
    return float(metric.compute())


def kid(a: Floats, b: Floats) -> float:
    """Size of the KID of two sets of features `(N, D)` and `(M, D)`; NaN if either has fewer than two.

    KID has no bias: that of two halves of one set strays around 0, and only its size can be a noise floor.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    smaller = min(len(a), len(b))
    if smaller < 2:
        return float("nan")
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.filterwarnings("ignore", "Metric `Kernel Inception Distance` will save all", UserWarning)
        metric = KernelInceptionDistance(_Features(a.shape[1]), subsets=_SUBSETS, subset_size=smaller)
        _show(metric, a, b)
        torch.manual_seed(0)
        mean, _ = metric.compute()
    return abs(float(mean))


class _Features(nn.Identity):
    """Stands where the network would: what it is given are features already, since each crop is read only once."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.num_features = count


def _show(metric: "Metric", a: Floats, b: Floats) -> None:
    metric.update(torch.from_numpy(a), real=True)
    metric.update(torch.from_numpy(b), real=False)
