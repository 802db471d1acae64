from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from spade_terrain.card import HeightCode
from spade_terrain.errors import ModelError
from spade_terrain.evaluation.measures.features import FeatureExtractor
from spade_terrain.networks.frozen.perceptual import load_vgg
from tests.evaluation.patches import made_up_patch


@pytest.mark.parametrize(
    ("convolutions", "last"), [(5, set()), (15, set()), (16, {"terrain_last_features", "height_last_features"})]
)
def test_features_are_means_of_relu3_1_and_of_the_last(
    vgg_file: Callable[[int], Path], convolutions: int, last: set[str]
) -> None:
    path, patch = vgg_file(convolutions), made_up_patch(64, 0)
    extracted = FeatureExtractor(path, HeightCode()).extract(patch)
    assert extracted.keys() == {"terrain_features", "height_features", *last}
    for name, features in extracted.items():
        assert features.shape == (512 if name in last else 256,)
        assert features.dtype == np.float64
        assert features.min() >= 0  # after a ReLU
        assert features.max() > 0
    assert not np.allclose(extracted["terrain_features"], extracted["height_features"])
    picture = torch.from_numpy(patch.terrain).permute(2, 0, 1)[None] / 127.5 - 1
    expected = load_vgg(path)(picture)[2].mean((0, 2, 3))
    np.testing.assert_allclose(extracted["terrain_features"], expected, rtol=1e-4, atol=1e-5)


def test_a_satellites_picture_has_features_of_its_own(vgg_file: Callable[[int], Path]) -> None:
    patch = made_up_patch(64, 0)
    extractor = FeatureExtractor(vgg_file(5), HeightCode())
    alone = extractor.extract(patch)
    both = extractor.extract(replace(patch, satellite=patch.terrain[::-1].copy(), terrain=patch.terrain))
    assert both.keys() == alone.keys() | {"satellite_features"}
    np.testing.assert_array_equal(both["terrain_features"], alone["terrain_features"])
    assert not np.allclose(both["satellite_features"], both["terrain_features"])


def test_weights_that_end_too_soon(vgg_file: Callable[[int], Path]) -> None:
    with pytest.raises(ModelError, match="relu3_1"):
        FeatureExtractor(vgg_file(4), HeightCode())
