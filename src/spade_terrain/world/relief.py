"""Steepness and local relief of heights."""

import cv2
import numpy as np
from numpy.typing import NDArray


def slope(height: NDArray[np.float32], pixel_m: float) -> NDArray[np.float32]:
    """Steepness of heights `(H, W)` in metres on pixels of `pixel_m` metres: metres per metre, float32 `(H, W)`."""
    east, south = (cv2.Sobel(height, cv2.CV_32F, dx, dy, ksize=3) / (8 * pixel_m) for dx, dy in ((1, 0), (0, 1)))
    steepness: NDArray[np.float32] = np.hypot(east, south)
    return steepness


def local_relief(height: NDArray[np.float32], diameter: float) -> NDArray[np.float32]:
    """The highest less the lowest ground within a disc around each pixel, smoothed: metres, float32 `(H, W)`.

    `height` is float32 `(H, W)`, metres; `diameter` is the disc's, in pixels.
    """
    side = int(diameter) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    span = cv2.dilate(height, disc) - cv2.erode(height, disc)
    return cv2.GaussianBlur(span, (0, 0), side / 3).astype(np.float32, copy=False)
