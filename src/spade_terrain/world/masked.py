"""Smoothing and filling of maps of which some pixels don't count."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Colour = tuple[int, int, int]
"""RGB, 0..255."""
Scalar = TypeVar("Scalar", bound=np.generic)


def masked_blur(values: NDArray[np.float32], mask: Mask, sigma: float) -> NDArray[np.float32]:
    """Gaussian blur of `values` `(H, W)` or `(H, W, C)` that takes pixels within `mask` only; sigma in pixels.

    Far from any masked pixel the nearest one's value stands.
    """
    if not mask.any():
        return values
    weight = mask.astype(np.float32)
    seen = cv2.GaussianBlur(weight, (0, 0), sigma)
    spread = weight if values.ndim == 2 else weight[..., None]
    blurred = cv2.GaussianBlur(values * spread, (0, 0), sigma)
    safe = np.maximum(seen, 1e-6)
    blurred = blurred / (safe if values.ndim == 2 else safe[..., None])
    return fill_nearest(blurred.astype(np.float32), seen < 1e-3)


def fill_nearest(values: NDArray[Scalar], hole: Mask) -> NDArray[Scalar]:
    """`values` `(H, W)` or `(H, W, C)` with each pixel of `hole` taken from the nearest pixel outside it."""
    if hole.all() or not hole.any():
        return values
    _, index = cv2.distanceTransformWithLabels(
        hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(index.max() + 1, np.int64)
    source[index[~hole]] = np.flatnonzero(~hole)
    flat = values.reshape(-1, *values.shape[2:])
    filled: NDArray[Scalar] = flat[source[index]]
    return filled
