from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from spade_terrain.card import HeightCode
from spade_terrain.errors import TerrainError
from spade_terrain.evaluation.realism import FeatureReader, frechet_distance, frechet_of_gaussians
from spade_terrain.networks.perceptual import load_vgg
from tests.evaluation.ground import made_up_ground


def test_known_gaussians() -> None:
    zero, shift = np.zeros(2), np.array([3.0, 4.0])
    a, b = np.diag([4.0, 9.0]), np.eye(2)
    assert frechet_of_gaussians(zero, shift, a, a) == pytest.approx(25)
    assert frechet_of_gaussians(zero, zero, a, b) == pytest.approx((2 - 1) ** 2 + (3 - 1) ** 2)
    # Matrices that don't commute: of 2 x 2, tr sqrt(M) is sqrt(tr M + 2 sqrt(det M)).
    a, b = np.array([[4.0, 1.0], [1.0, 2.0]]), np.array([[1.0, -0.5], [-0.5, 3.0]])
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))
    assert frechet_of_gaussians(zero, zero, a, b) == pytest.approx(6 + 4 - 2 * root)


def test_samples() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((5000, 3)), 2 * rng.standard_normal((5000, 3)) + [1, 0, 0]
    assert frechet_distance(a, b) == pytest.approx(1 + 3, rel=0.1)
    assert np.isnan(frechet_distance(a, b[:1]))


def test_fewer_samples_than_features() -> None:
    samples = np.random.default_rng(0).standard_normal((20, 256))
    assert frechet_distance(samples, samples) == pytest.approx(0, abs=1e-4)  # of a trace of 256
    assert frechet_distance(samples, samples + 0.5) == pytest.approx(256 * 0.25, rel=1e-5)


@pytest.mark.parametrize(
    ("convolutions", "last"), [(5, set()), (15, set()), (16, {"terrain_last_features", "height_last_features"})]
)
def test_features_are_means_of_relu3_1_and_of_the_last(
    vgg_file: Callable[[int], Path], convolutions: int, last: set[str]
) -> None:
    path, ground = vgg_file(convolutions), made_up_ground(64, 0)
    read = FeatureReader(path, HeightCode()).read(ground)
    assert read.keys() == {"terrain_features", "height_features", *last}
    for name, features in read.items():
        assert features.shape == (512 if name in last else 256,)
        assert features.dtype == np.float64
        assert features.min() >= 0  # after a ReLU
        assert features.max() > 0
    assert not np.allclose(read["terrain_features"], read["height_features"])
    picture = torch.from_numpy(ground.terrain).permute(2, 0, 1)[None] / 127.5 - 1
    expected = load_vgg(path)(picture)[2].mean((0, 2, 3))
    np.testing.assert_allclose(read["terrain_features"], expected, rtol=1e-4, atol=1e-5)


def test_weights_that_end_too_soon(vgg_file: Callable[[int], Path]) -> None:
    with pytest.raises(TerrainError, match="relu3_1"):
        FeatureReader(vgg_file(4), HeightCode())
