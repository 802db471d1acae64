"""Made-up patches for the tests: fractal land beside a flat sea, lit from the north-west."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.palette import COLOURS

SEA_RGB = (109, 169, 206)

Plane = NDArray[np.float32]


def fractal(size: int, seed: int, steepness: float = 1.6) -> Plane:
    """A random field whose power falls with wavelength as mountains' does: mean 0, deviation 1."""
    rng = np.random.default_rng(seed)
    waves = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    waves[0, 0] = np.inf
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * waves**-steepness, (size, size))
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def hillshade(height: Plane) -> Plane:
    """Light from the north-west on `height` in metres, about -1..1: land that rises to the south-east is bright."""
    padded = np.pad(height, 1, mode="edge")
    return np.asarray((padded[2:, 2:] - padded[:-2, :-2]) / 300, np.float32)


def made_up_patch(size: int, seed: int) -> EvaluatedPatch:
    """Sea, two kinds of plain and mountains."""
    form = fractal(size, seed)
    land = form > -0.7
    labels = np.where(land, 1 + (fractal(size, seed + 1000, 2.5) > 0), 0).astype(np.uint8)
    labels[form > 0.8] = 5
    height = np.where(land, 500 * (form + 0.7) + 0.5, 0).astype(np.float32)
    colours = COLOURS[labels] + 40 * hillshade(height)[..., None]
    terrain = np.where(land[..., None], np.clip(colours, 0, 255), SEA_RGB).astype(np.uint8)
    return EvaluatedPatch(terrain, height, labels)
