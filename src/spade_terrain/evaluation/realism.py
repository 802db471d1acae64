"""Realism: the Frechet distance of VGG-19 features.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", NeurIPS 2017, with
features of VGG-19's relu3_1 in place of Inception's last layer: textures and slopes more than objects, few enough
(256) for some hundreds of crops.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from spade_terrain.card import HeightCode
from spade_terrain.errors import TerrainError
from spade_terrain.evaluation.crops import Ground
from spade_terrain.networks.perceptual import load_vgg

Floats = NDArray[np.float64]

_TAP = 2  # relu3_1, after relu1_1 and relu2_1


class FeatureReader:
    """Reads a crop's features in VGG-19, the means over all its pixels: relu3_1, and relu5_4 if the weights reach it.

    Args:
        weights: VGG-19's, as `load_vgg` wants them.
        height_code: turns metres into the grey picture that the network looks at.

    Raises:
        TerrainError: the weights can't be read, or end before relu3_1.

    """

    def __init__(self, weights: Path, height_code: HeightCode) -> None:
        self.vgg = load_vgg(weights)
        self.height_code = height_code
        if len(self.vgg.taps) <= _TAP:
            raise TerrainError(f"{weights} ends before VGG-19's relu3_1: give weights of more layers")
        self.vgg.taps = [self.vgg.taps[_TAP], *([len(self.vgg.layers) - 1] if self.vgg.complete else [])]

    def read(self, ground: Ground) -> dict[str, Floats]:
        """Features of the terrain's colours, and of the height in the height code as a grey picture.

        Returns:
            `terrain_features` and `height_features`, float64 `(256,)`, and with complete weights
            `terrain_last_features` and `height_last_features`, float64 `(512,)`.

        """
        colours = ground.terrain.astype(np.float32) / 127.5 - 1
        code = self.height_code.encode(ground.height)
        return self._read("terrain", colours) | self._read("height", np.dstack([code] * 3))

    @torch.inference_mode()
    def _read(self, name: str, picture: NDArray[np.float32]) -> dict[str, Floats]:
        depths = self.vgg(torch.from_numpy(picture).permute(2, 0, 1)[None])  # (1, 256, S/4, S/4), (1, 512, S/16, S/16)
        means = [depth[0].double().mean((1, 2)).numpy() for depth in depths]
        return dict(zip((f"{name}_features", f"{name}_last_features"), means, strict=False))


def frechet_distance(a: Floats, b: Floats) -> float:
    """Frechet distance of two sets of samples `(N, D)` and `(M, D)`, each taken for a Gaussian's.

    In squared units of the features; 0 for equal sets. NaN if either has fewer than two samples.
    """
    if min(len(a), len(b)) < 2:
        return float("nan")
    covariances = (np.atleast_2d(np.cov(s, rowvar=False)) for s in (a, b))
    return frechet_of_gaussians(a.mean(0), b.mean(0), *covariances)


def frechet_of_gaussians(mean_a: Floats, mean_b: Floats, covariance_a: Floats, covariance_b: Floats) -> float:
    """Frechet distance of two Gaussians with means `(D,)` and covariances `(D, D)`: squared units of the samples.

    tr sqrt(A B) is taken as tr sqrt(sqrt(A) B sqrt(A)), whose matrices are symmetric: their eigenvalues are real, and
    those of a covariance of fewer samples than features are 0 or, by rounding, a little below.
    """
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariance_b @ root), 0)).sum()
    distance = np.square(mean_a - mean_b).sum() + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross
    return max(float(distance), 0.0)
