"""Counter-based noise: every value is a pure function of (seed, stride, channel, x, y), the same in any language.

docs/noise.md specifies it to the bit.
"""

import numpy as np
from numpy.typing import NDArray

_ROW_START = 0x243F6A88  # the first 64 bits of pi's fraction: nothing up the sleeve
_COLUMN_START = 0x85A308D3
_MEAN = 510  # of the sum of four bytes
_DEVIATION = np.float32(np.sqrt(4 * (256**2 - 1) / 12))
_WORD = 0xFFFFFFFF


def noise(seed: int, stride: int, channels: int, x0: int, y0: int, width: int, height: int) -> NDArray[np.float32]:
    """Noise of a window of the ground: float32 `(channels, height, width)`, mean 0, variance 1, within ±3.45.

    `x0`, `y0`, `width` and `height` count noise pixels, of `stride` map pixels each; `x0` and `y0` may be negative.
    Any window equals the same part of a larger one. `seed` counts modulo 2^64, coordinates modulo 2^32.
    """
    words = noise_words(seed, stride, channels, x0, y0, width, height)
    # The sum of each word's four bytes, two at a time.
    pairs = (words & 0x00FF00FF) + (words >> 8 & 0x00FF00FF)
    sums = (pairs + (pairs >> 16)) & 0xFFFF
    values: NDArray[np.float32] = (sums.view(np.int32) - _MEAN).astype(np.float32)
    values /= _DEVIATION
    return values


def noise_words(seed: int, stride: int, channels: int, x0: int, y0: int, width: int, height: int) -> NDArray[np.uint32]:
    """Compute the hashes that `noise` turns into values: uint32 `(channels, height, width)`, uniform."""
    rows = _keys(_ROW_START, seed, stride, channels) ^ _counters(y0, height)
    columns = _keys(_COLUMN_START, seed, stride, channels) ^ _counters(x0, width)
    _mix(rows)
    _mix(columns)
    words = rows[:, :, None] ^ columns[:, None, :]
    _mix(words)
    return words


def _keys(start: int, seed: int, stride: int, channels: int) -> NDArray[np.uint32]:
    """Hash everything but the coordinates: uint32 `(channels, 1)`."""
    keys = np.full((channels, 1), start, np.uint32)
    for word in (seed & _WORD, seed >> 32 & _WORD, stride, _counters(0, channels)[:, None]):
        keys ^= np.asarray(word, np.uint32)
        _mix(keys)
    return keys


def _counters(start: int, count: int) -> NDArray[np.uint32]:
    return np.arange(count, dtype=np.uint32) + np.uint32(start & _WORD)


def _mix(x: NDArray[np.uint32]) -> None:
    """Scramble every word in place.

    A two-round multiply-xorshift, the one of least bias known: C. Wellons and contributors, "Hash Function
    Prospector", https://github.com/skeeto/hash-prospector (public domain).
    """
    scratch = x >> 16
    x ^= scratch
    x *= np.uint32(0x21F0AAAD)
    np.right_shift(x, 15, out=scratch)
    x ^= scratch
    x *= np.uint32(0xD35A2D97)
    np.right_shift(x, 15, out=scratch)
    x ^= scratch
