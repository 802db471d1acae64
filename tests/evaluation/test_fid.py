from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from spade_terrain.card import HeightCode
from spade_terrain.evaluation.fid import fid, kid
from spade_terrain.evaluation.realism import FeatureReader, frechet_distance
from spade_terrain.networks.perceptual import load_vgg
from tests.evaluation.ground import made_up_ground


def test_fid_is_the_frechet_distance() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((400, 20)), 1.5 * rng.standard_normal((300, 20)) + 0.3
    assert fid(a, b) == pytest.approx(frechet_distance(a, b), rel=1e-6)
    assert fid(a, a) == pytest.approx(0, abs=1e-4)
    # Fewer samples than features.
    assert fid(a[:12], b[:15]) == pytest.approx(frechet_distance(a[:12], b[:15]), rel=1e-4)


def test_kid_by_hand() -> None:
    a, b = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    # (x y + 1) ** 3 within a: 1; within b: 27; between, over all four pairs: (1 + 1 + 8 + 27) / 4.
    assert kid(a, b) == pytest.approx(1 + 27 - 2 * 37 / 4)


def test_kid_strays_around_nothing_for_draws_of_one_and_has_a_size() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((150, 20)), rng.standard_normal((140, 20))
    assert 0 <= kid(a, b) < 0.02
    assert kid(a, b + 1) > 1
    assert kid(a, b) == kid(a, b)
    state = torch.random.get_rng_state()
    kid(a, b)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("distance", [fid, kid])
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
    reader, network = FeatureReader(vgg_file(16), HeightCode()), _Network(vgg_file(16))
    sets = [[made_up_ground(64, seed) for seed in seeds] for seeds in (range(4), range(4, 8))]
    pictures = [torch.from_numpy(np.stack([g.terrain for g in grounds])).permute(0, 3, 1, 2) for grounds in sets]
    theirs = FrechetInceptionDistance(network), KernelInceptionDistance(network, subsets=1, subset_size=4)
    for metric in theirs:
        for batch, real in zip(pictures, (True, False), strict=True):
            metric.update(batch, real=real)
    a, b = (np.stack([reader.read(g)["terrain_last_features"] for g in grounds]) for grounds in sets)
    assert fid(a, b) == pytest.approx(float(theirs[0].compute()), rel=1e-3)
    assert kid(a, b) == pytest.approx(abs(float(theirs[1].compute()[0])), rel=1e-3)
