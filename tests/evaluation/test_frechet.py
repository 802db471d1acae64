from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from spade_terrain.card import HeightCode
from spade_terrain.evaluation.frechet import frechet_distance, kernel_distance
from spade_terrain.evaluation.measures.features import FeatureExtractor
from spade_terrain.networks.frozen.perceptual import load_vgg
from tests.evaluation.patches import made_up_patch

Floats = NDArray[np.float64]


def _reference(a: Floats, b: Floats) -> float:
    """The Frechet distance of two sets' Gaussians, written out.

    tr sqrt(A B) is taken as tr sqrt(sqrt(A) B sqrt(A)), whose matrices are symmetric: their eigenvalues are real, and
    those of a covariance of fewer samples than features are 0 or, by rounding, a little below.
    """
    covariance_a, covariance_b = (np.cov(samples, rowvar=False) for samples in (a, b))
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariance_b @ root), 0)).sum()
    means = np.square(a.mean(0) - b.mean(0)).sum()
    return float(means + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross)


def _samples(mean: list[float], covariance: Floats) -> Floats:
    """Samples `(50, 2)` that have exactly this mean and covariance."""
    samples = np.random.default_rng(0).standard_normal((50, 2))
    samples -= samples.mean(0)
    white = samples @ np.linalg.inv(np.linalg.cholesky(np.cov(samples, rowvar=False))).T
    return np.asarray(white @ np.linalg.cholesky(covariance).T + mean, np.float64)


def test_known_gaussians() -> None:
    zero, shift = [0.0, 0.0], [3.0, 4.0]
    a, b = np.diag([4.0, 9.0]), np.eye(2)
    assert frechet_distance(_samples(zero, a), _samples(shift, a)) == pytest.approx(25)
    assert frechet_distance(_samples(zero, a), _samples(zero, b)) == pytest.approx((2 - 1) ** 2 + (3 - 1) ** 2)
    # Matrices that don't commute: of 2 x 2, tr sqrt(M) is sqrt(tr M + 2 sqrt(det M)).
    a, b = np.array([[4.0, 1.0], [1.0, 2.0]]), np.array([[1.0, -0.5], [-0.5, 3.0]])
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    assert frechet_distance(_samples(zero, a), _samples(zero, b)) == pytest.approx(6 + 4 - 2 * root)


def test_samples() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((5000, 3)), 2 * rng.standard_normal((5000, 3)) + [1, 0, 0]
    assert frechet_distance(a, b) == pytest.approx(1 + 3, rel=0.1)
    assert np.isnan(frechet_distance(a, b[:1]))


def test_fewer_samples_than_features() -> None:
    samples = np.random.default_rng(0).standard_normal((20, 256))
    assert frechet_distance(samples, samples) == pytest.approx(0, abs=1e-4)  # of a trace of 256
    assert frechet_distance(samples, samples + 0.5) == pytest.approx(256 * 0.25, rel=1e-5)


def test_torchmetrics_is_as_exact_as_symmetric_matrices() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((400, 20)), 1.5 * rng.standard_normal((300, 20)) + 0.3
    assert frechet_distance(a, b) == pytest.approx(_reference(a, b), rel=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-4)
    # Fewer samples than features.
    assert frechet_distance(a[:12], b[:15]) == pytest.approx(_reference(a[:12], b[:15]), rel=1e-4)


def test_features_of_vgg_with_fewer_crops_than_features(vgg_file: Callable[[int], Path]) -> None:
    extractor = FeatureExtractor(vgg_file(5), HeightCode())
    patches = [made_up_patch(64, seed) for seed in range(16)]
    features = np.stack([extractor.extract(patch)["terrain_features"] for patch in patches])
    assert frechet_distance(features[:8], features[8:]) == pytest.approx(
        _reference(features[:8], features[8:]), rel=1e-3
    )


def test_kid_by_hand() -> None:
    a, b = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    # (x y + 1) ** 3 within a: 1; within b: 27; between, over all four pairs: (1 + 1 + 8 + 27) / 4.
    assert kernel_distance(a, b) == pytest.approx(1 + 27 - 2 * 37 / 4)


def test_kid_strays_around_nothing_for_draws_of_one_and_has_a_size() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((150, 20)), rng.standard_normal((140, 20))
    assert 0 <= kernel_distance(a, b) < 0.02
    assert kernel_distance(a, b + 1) > 1
    assert kernel_distance(a, b) == kernel_distance(a, b)
    state = torch.random.get_rng_state()
    kernel_distance(a, b)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_a_single_crop_has_no_distance(distance: Callable[..., float]) -> None:
    assert np.isnan(distance(np.ones((5, 3)), np.ones((1, 3))))


class _Network(nn.Module):
    """VGG-19 as torchmetrics wants a network: uint8 pictures to the means of its last features."""

    num_features = 512

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.vgg = load_vgg(weights)
        self.vgg.taps = [len(self.vgg.layers) - 1]

    def forward(self, pictures: Tensor) -> Tensor:
        (features,) = self.vgg(pictures / 127.5 - 1)
        assert isinstance(features, Tensor)
        return features.mean((2, 3))


@pytest.mark.filterwarnings("ignore:Metric `Kernel")
def test_the_same_as_of_torchmetrics_own_pictures(vgg_file: Callable[[int], Path]) -> None:
    extractor, network = FeatureExtractor(vgg_file(16), HeightCode()), _Network(vgg_file(16))
    sets = [[made_up_patch(64, seed) for seed in seeds] for seeds in (range(4), range(4, 8))]
    pictures = [torch.from_numpy(np.stack([p.terrain for p in patches])).permute(0, 3, 1, 2) for patches in sets]
    theirs = FrechetInceptionDistance(network), KernelInceptionDistance(network, subsets=1, subset_size=4)
    for metric in theirs:
        for batch, real in zip(pictures, (True, False), strict=True):
            metric.update(batch, real=real)
    a, b = (np.stack([extractor.extract(p)["terrain_last_features"] for p in patches]) for patches in sets)
    assert frechet_distance(a, b) == pytest.approx(float(theirs[0].compute()), rel=1e-3)
    assert kernel_distance(a, b) == pytest.approx(abs(float(theirs[1].compute()[0])), rel=1e-3)
