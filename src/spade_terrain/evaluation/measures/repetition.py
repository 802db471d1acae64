"""Repetition: whether land repeats itself, and real windows of a single class to compare with."""

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import Crop
from spade_terrain.palette import Labels
from spade_terrain.world.masked import Mask, masked_blur

MIN_SHARE = 0.8
"""Share of a real window that one class must cover to be compared with land made of that class alone."""

_FORMS = 8.0  # pixels: larger forms are taken off, since two slopes of one mountain are no repetition
_NEAREST = 16.0  # pixels: what is nearer belongs to the same hill
_STEP = 16  # pixels between the windows looked at


def autocorrelation_peak(height: NDArray[np.float32], mask: Mask) -> float:
    """The highest off-centre autocorrelation of fine height: near 1 if the land repeats itself, near 0 if not.

    Height `(S, S)` within `mask` counts, less its forms of more than some 16 pixels. The place and its copy are 16
    pixels to half a side apart, and share at least a quarter of the mask; the correlation is of what they share.
    """
    size = len(height)
    fine = np.where(mask, height - masked_blur(height, mask, _FORMS), 0).astype(np.float64)
    inside = mask.astype(np.float64)
    together = _correlate(fine, fine)
    energy = _correlate(np.square(fine), inside)  # of the place within the copy's mask; mirrored, the copy's own
    mirrored = np.roll(energy[::-1, ::-1], 1, (0, 1))
    shared = _correlate(inside, inside)
    lags = np.fft.fftfreq(2 * size, 1 / (2 * size))
    distance = np.hypot(lags[:, None], lags[None])
    valid = (distance >= _NEAREST) & (distance <= size / 2) & (shared >= mask.sum() / 4)
    strength = np.sqrt(np.maximum(energy, 0) * np.maximum(mirrored, 0))
    if not valid.any() or not strength[valid].all():
        return float("nan")
    return float((together[valid] / strength[valid]).max())


def single_class_windows(labels: Labels, label: int, size: int, count: int, seed: int) -> list[Crop]:
    """Find up to `count` windows of `size` pixels a side, one a patch, that `label` covers to at least 80%."""
    rng = np.random.default_rng((seed, label))
    windows = []
    for patch in rng.permutation(len(labels)):
        sums = cv2.integral((labels[patch] == label).astype(np.uint8))
        area = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
        places = np.argwhere(area[::_STEP, ::_STEP] >= MIN_SHARE * size**2) * _STEP
        if len(places):
            y, x = places[rng.integers(len(places))]
            windows.append(Crop(int(patch), int(y), int(x), size))
        if len(windows) == count:
            break
    return windows


def _correlate(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over places p of a(p) b(p + lag), for lags as `fftfreq` orders those of twice the size: `(2S, 2S)`."""
    shape = (2 * a.shape[0], 2 * a.shape[1])
    return np.fft.irfft2(np.fft.rfft2(a, shape).conj() * np.fft.rfft2(b, shape), shape)
