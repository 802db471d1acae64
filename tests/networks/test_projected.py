import torch
from torch import Tensor

from spade_terrain.card import HeightCode
from spade_terrain.networks.frozen.perceptual import Vgg
from spade_terrain.networks.projected import ProjectedHeads, VggFeatures, cat_features, extract_features
from tests.networks.frozen.test_perceptual import ONE_BLOCK, TWO_BLOCKS, weights

CODE = HeightCode()
WINDOW = (slice(8, 24), slice(0, 16))


def maps(count: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.rand(count, 3, 32, 32), torch.rand(count, 1, 32, 32), torch.rand(count, 7, 32, 32)


def test_one_view_is_a_window_at_full_size_and_one_the_whole_at_half_size() -> None:
    vgg = Vgg(weights(*TWO_BLOCKS))
    terrain, height, labels = maps()
    near, far = extract_features(vgg, CODE, terrain, height, labels, WINDOW)
    assert [tuple(f.shape) for f in near.taps] == [(2, 128, 16, 16), (2, 256, 8, 8)]
    assert [tuple(f.shape) for f in far.taps] == [(2, 128, 16, 16), (2, 256, 8, 8)]
    assert torch.equal(near.labels, labels[:, :, 8:24, :16])
    torch.testing.assert_close(near.taps[0][:, :64], vgg(terrain[:, :, 8:24, :16])[0])
    for m in (terrain, height, labels):
        m[:, :, :8] = 0  # outside the window
    other_near, other_far = extract_features(vgg, CODE, terrain, height, labels, WINDOW)
    assert torch.equal(near.taps[0][:, :64], other_near.taps[0][:, :64])
    assert not torch.equal(far.taps[0], other_far.taps[0])


def test_terrain_and_relief_both_reach_the_features() -> None:
    vgg = Vgg(weights(*ONE_BLOCK))
    terrain, height, labels = maps()
    (plain, _) = extract_features(vgg, CODE, terrain, height, labels, WINDOW)
    (repainted, _) = extract_features(vgg, CODE, terrain + 0.1, height, labels, WINDOW)
    (raised, _) = extract_features(vgg, CODE, terrain, height * 0.9, labels, WINDOW)
    assert torch.equal(plain.taps[0][:, 64:], repainted.taps[0][:, 64:])
    assert not torch.equal(plain.taps[0][:, :64], repainted.taps[0][:, :64])
    assert torch.equal(plain.taps[0][:, :64], raised.taps[0][:, :64])
    assert not torch.equal(plain.taps[0][:, 64:], raised.taps[0][:, 64:])


def test_there_is_a_head_for_each_tap_but_the_first_of_each_view() -> None:
    vgg = Vgg(weights(*TWO_BLOCKS))
    heads = ProjectedHeads(vgg.channels, 4)
    logits = heads(extract_features(vgg, CODE, *maps(), WINDOW))
    assert [tuple(v.shape) for v in logits] == [(2, 1, 3, 3), (2, 1, 3, 3)]


def test_a_head_depends_on_the_map_and_the_size_of_the_features() -> None:
    heads = ProjectedHeads([8, 8], 4)
    features, labels = torch.rand(1, 16, 16, 16), torch.rand(1, 7, 16, 16)

    def logits(features: Tensor, labels: Tensor) -> Tensor:
        same = VggFeatures([features, features], labels)
        first: Tensor = heads([same, same])[0]
        return first

    heads.eval()  # spectral normalisation goes on estimating in training
    plain = logits(features, labels)
    assert not torch.allclose(plain, logits(features, labels.flip(1)))
    assert not torch.allclose(plain, logits(2 * features, labels))


def test_batches_joined_are_judged_as_by_themselves() -> None:
    vgg = Vgg(weights(*TWO_BLOCKS))
    heads = ProjectedHeads(vgg.channels, 4).eval()
    one, two = extract_features(vgg, CODE, *maps(2), WINDOW), extract_features(vgg, CODE, *maps(3), WINDOW)
    for both, a, b in zip(heads(cat_features([one, two])), heads(one), heads(two), strict=True):
        torch.testing.assert_close(both, torch.cat([a, b]))
