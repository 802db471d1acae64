import pytest
import torch
from torch import Tensor

from spade_terrain.card import HeightCode
from spade_terrain.networks.frozen.efficientnet import CHANNELS, STRIDES, EfficientNetLite
from spade_terrain.networks.projected import ProjectedFeatures, ProjectedHeads, cat_features, extract_features, pictures
from spade_terrain.networks.relief import above_a_step, surface_normals

CODE = HeightCode()
SIDE = 64


def maps(count: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Terrain of two textures, height and labels."""
    torch.manual_seed(1)
    terrain, height, labels = (torch.rand(count, channels, SIDE, SIDE) for channels in (6, 1, 7))
    return terrain, height, labels


@pytest.fixture(scope="module")
def network() -> EfficientNetLite:
    torch.manual_seed(0)
    return EfficientNetLite()


def test_each_texture_is_a_picture_and_the_relief_one_more() -> None:
    terrain, height, _ = maps()
    atlas, satellite, relief = pictures(CODE, terrain, height)
    assert torch.equal(torch.cat([atlas, satellite], 1), terrain)
    assert torch.equal(relief, torch.cat([above_a_step(height), surface_normals(height, CODE)], 1))
    assert len(pictures(CODE, terrain[:, :3], height)) == 2


def test_features_of_the_pictures_lie_one_after_another(network: EfficientNetLite) -> None:
    terrain, height, labels = maps()
    features = extract_features(network, CODE, terrain, height, labels)
    assert features.labels is labels
    assert [tap.shape[2] for tap in features.taps] == [SIDE // stride for stride in STRIDES]
    for place, picture in enumerate(pictures(CODE, terrain, height)):
        for tap, alone, channels in zip(features.taps, network(picture), CHANNELS, strict=True):
            torch.testing.assert_close(tap[:, place * channels : (place + 1) * channels], alone)


def test_there_is_a_head_for_each_tap(network: EfficientNetLite) -> None:
    logits = ProjectedHeads(3, 4)(extract_features(network, CODE, *maps()))
    assert [tuple(v.shape) for v in logits] == [(2, 1, n, n) for n in (9, 5, 3, 2)]


def _mirrored(tap: Tensor, picture: int) -> Tensor:
    """`tap` of two pictures with the features of one mirrored."""
    halves = list(tap.chunk(2, 1))
    halves[picture] = halves[picture].flip(1)
    return torch.cat(halves, 1)


def test_a_head_depends_on_the_map_on_each_picture_and_on_the_size_of_the_features() -> None:
    torch.manual_seed(0)
    heads = ProjectedHeads(2, 4).eval()  # spectral normalisation goes on estimating in training
    sizes = zip(CHANNELS, STRIDES, strict=True)
    taps, labels = [torch.rand(1, 2 * c, SIDE // s, SIDE // s) for c, s in sizes], torch.rand(1, 7, SIDE, SIDE)
    plain = heads(ProjectedFeatures(taps, labels))
    others = [(taps, labels.flip(1)), ([2 * tap for tap in taps], labels)]
    others += [([_mirrored(tap, picture) for tap in taps], labels) for picture in range(2)]
    for other in others:
        for a, b in zip(plain, heads(ProjectedFeatures(*other)), strict=True):
            assert not torch.allclose(a, b)


def test_batches_joined_are_judged_as_by_themselves(network: EfficientNetLite) -> None:
    heads = ProjectedHeads(3, 4).eval()
    one, two = (extract_features(network, CODE, *maps(count)) for count in (2, 3))
    for both, a, b in zip(heads(cat_features([one, two])), heads(one), heads(two), strict=True):
        torch.testing.assert_close(both, torch.cat([a, b]))


def test_detached_features_have_no_gradient(network: EfficientNetLite) -> None:
    terrain, height, labels = maps()
    features = extract_features(network, CODE, terrain.requires_grad_(), height, labels)
    assert all(tap.requires_grad for tap in features.taps)
    assert not any(tap.requires_grad for tap in features.detach().taps)
