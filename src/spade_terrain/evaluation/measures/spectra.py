"""Spectra: how much of a terrain's shape and colour lies in large forms, and how much in small ones."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OCTAVES_KM = ((8, 16), (16, 32), (32, 64), (64, 128), (128, 256))
"""Wavelengths over which spectra are compared, km."""

_QUANTISATION = 1e-3  # power of the files' rounding (metres or grey levels squared): what is less is not there


def log_spectrum(plane: NDArray[np.float32]) -> Floats:
    """Log10 of the radially averaged power spectrum of `plane` `(S, S)`: float64 `(S // 2,)`.

    Element i is of i + 1 waves a side. Power is in squared units of `plane`; white noise has its variance everywhere.
    A Hann window keeps the borders, which don't continue on the other side, out of it.
    """
    size = len(plane)
    window = np.outer(np.hanning(size), np.hanning(size))
    wave = np.fft.rfft2((plane - plane.mean(dtype=np.float64)) * window)
    power = np.square(np.abs(wave)) / np.square(window).sum()
    rows = np.fft.fftfreq(size, 1 / size)[:, None]
    columns = np.arange(power.shape[1])[None]
    ring = np.rint(np.hypot(rows, columns)).astype(int)
    # rfft2 leaves out the columns that mirror these, all but the first and the last.
    copies = np.where((columns == 0) | (2 * columns == size), 1.0, 2.0) * np.ones_like(power)
    sums = np.bincount(ring.ravel(), (power * copies).ravel())
    averages: Floats = (sums / np.bincount(ring.ravel(), copies.ravel()))[1 : size // 2 + 1]
    return np.log10(np.maximum(averages, _QUANTISATION))


def wavelengths_km(size: int, gsd: float) -> Floats:
    """The wavelength of each element of `log_spectrum` of `size` pixels of `gsd` metres: float64 `(size // 2,)`."""
    return size * gsd / 1000 / np.arange(1, size // 2 + 1)


def octave_levels(spectra: Floats, wavelengths: Floats) -> Floats:
    """Mean level of log spectra `(N, K)` in each octave that holds some of their wavelengths: float64 `(N, octaves)`.

    `wavelengths` `(K,)` are the wavelengths in km; crops of less than 256 km have none in the largest octave.
    """
    inside = [(wavelengths > low) & (wavelengths <= high) for low, high in OCTAVES_KM]
    return np.stack([spectra[:, place].mean(1) for place in inside if place.any()], axis=1)


def octave_names(wavelengths: Floats) -> list[str]:
    """Names of the octaves of `octave_levels`, such as "8_to_16_km"."""
    return [f"{low}_to_{high}_km" for low, high in OCTAVES_KM if ((wavelengths > low) & (wavelengths <= high)).any()]


def spectrum_distance(a: Floats, b: Floats) -> float:
    """Mean absolute difference over octaves of two sets' mean levels, `(N, octaves)` and `(M, octaves)`.

    In log10 of power: 0.3 means that one has twice the other's power, octave by octave.
    """
    return float(np.abs(a.mean(0) - b.mean(0)).mean())
