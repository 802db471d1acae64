"""Heights and slopes: their distributions, kept as fine histograms, and how far two of them are apart."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import CLASSES, Labels

Counts = NDArray[np.uint32]

BINS = 1024
TOP_HEIGHT_M = 9000.0
TOP_SLOPE = 1000.0
"""Metres a kilometre."""


def slopes(height: NDArray[np.float32], gsd: float) -> NDArray[np.float32]:
    """Steepness of `height` (float32 `(H, W)`, metres): float32 `(H, W)`, metres a kilometre."""
    south, east = np.gradient(height, gsd / 1000)
    steepness: NDArray[np.float32] = np.hypot(south, east).astype(np.float32)
    return steepness


def class_histograms(values: NDArray[np.float32], labels: Labels, top: float) -> Counts:
    """Count `values` (float32 `(H, W)`) of each class in bins from 0 to `top`: uint32 `(7, BINS)`.

    Bins are evenly spaced in the square root, so that those of plains, where most land is, are finest: 1 cm of height
    at the sea, 6 m at 1,000 m. Values beyond `top` count as `top`.
    """
    positions = np.sqrt(np.clip(values / np.float32(top), 0, 1)) * BINS
    bins = np.minimum(positions.astype(np.int64), BINS - 1)
    flat = labels.astype(np.int64) * BINS + bins
    return np.bincount(flat.ravel(), minlength=len(CLASSES) * BINS).reshape(-1, BINS).astype(np.uint32)


def wasserstein(a: Counts, b: Counts, top: float) -> float:
    """Wasserstein-1 distance of two sets of histograms `(N, BINS)` and `(M, BINS)`, in units of the values.

    The sum of each set counts: how far, on average, values must be moved to make one distribution of the other. NaN if
    a set is empty.
    """
    totals = [counts.sum(0, dtype=np.float64) for counts in (a, b)]
    if not all(t.any() for t in totals):
        return float("nan")
    centres = _values(np.arange(BINS) + 0.5, top)
    cumulative = [np.cumsum(t)[:-1] / t.sum() for t in totals]
    return float((np.abs(cumulative[0] - cumulative[1]) * np.diff(centres)).sum())


def median(counts: Counts, top: float) -> float:
    """Median of the sum of histograms `(N, BINS)`, in units of the values; NaN if all are empty."""
    total = counts.sum(0, dtype=np.float64)
    if not total.any():
        return float("nan")
    cumulative = np.concatenate([[0], np.cumsum(total)])
    middle = cumulative[-1] / 2
    bin_ = int(np.searchsorted(cumulative, middle)) - 1
    return float(_values(np.array(bin_ + (middle - cumulative[bin_]) / total[bin_]), top))


def _values(positions: NDArray[Any], top: float) -> NDArray[np.float64]:
    """The values at positions along the bins, 0..BINS."""
    return np.square(positions / BINS) * top
