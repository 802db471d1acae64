from dataclasses import replace

import numpy as np
import pytest
import torch

from spade_terrain.card import HeightCode
from spade_terrain.errors import TerrainError
from spade_terrain.training.data import CropSampler, one_hot
from spade_terrain.world.dataset.patches import Patches

CPU = torch.device("cpu")


def test_a_crop_is_a_place_of_a_patch_as_networks_see_it(patches: Patches) -> None:
    batch = CropSampler(patches, 32, 2, HeightCode(), CPU).draw(1, torch.Generator().manual_seed(3))
    assert batch.terrain.shape == (1, 3, 32, 32)
    picture = ((batch.terrain[0].permute(1, 2, 0) + 1) * 127.5).round().byte().numpy()
    labels = batch.labels[0].argmax(0).byte().numpy()
    metres = HeightCode().decode(batch.height[0, 0].numpy())
    homes = [
        (p, y, x) for p in range(3) for y in range(17) for x in range(17)
        if np.array_equal(patches.terrain[p, y : y + 32, x : x + 32], picture)
    ]  # fmt: skip
    assert len(homes) == 1
    p, y, x = homes[0]
    np.testing.assert_array_equal(patches.labels[p, y : y + 32, x : x + 32], labels)
    real = patches.height[p, y : y + 32, x : x + 32] * patches.metres_per_unit
    np.testing.assert_allclose(metres, real, atol=0.01)


def test_satellite_pictures_of_the_same_place_come_behind_if_they_are_asked_for(patches: Patches) -> None:
    one, both = (
        CropSampler(patches, 32, 2, HeightCode(), CPU, satellite=on).draw(1, torch.Generator().manual_seed(3))
        for on in (False, True)
    )
    assert torch.equal(both.terrain[:, :3], one.terrain)
    assert patches.satellite is not None
    exchanged = replace(patches, terrain=patches.satellite, satellite=patches.terrain)
    other = CropSampler(exchanged, 32, 2, HeightCode(), CPU, satellite=True).draw(1, torch.Generator().manual_seed(3))
    assert torch.equal(both.terrain.roll(3, 1), other.terrain)
    assert not torch.equal(both.terrain[:, 3:], both.terrain[:, :3])


def test_crops_come_from_everywhere(patches: Patches) -> None:
    sampler = CropSampler(patches, 32, 2, HeightCode(), CPU)
    random = torch.Generator().manual_seed(0)
    seen = {tuple(sampler.draw(1, random).terrain[0, :, 0, 0].tolist()) for _ in range(200)}
    assert len(seen) > 150  # of 3 * 17 * 17 places


def test_a_crop_larger_than_the_patches_is_refused(patches: Patches) -> None:
    with pytest.raises(TerrainError, match="`crop` 64 is too large"):
        CropSampler(patches, 64, 2, HeightCode(), CPU)


def test_too_few_patches_are_refused(patches: Patches) -> None:
    with pytest.raises(TerrainError, match="3 training patches are too few: 3 crops side by side, `batch` is 4"):
        CropSampler(patches, 32, 4, HeightCode(), CPU)


def test_a_share_is_a_slice_of_the_whole_draw(patches: Patches) -> None:
    sampler = CropSampler(patches, 32, 2, HeightCode(), CPU)
    whole = sampler.draw(4, torch.Generator().manual_seed(1))
    share = sampler.draw(4, torch.Generator().manual_seed(1), slice(2, 4))
    for name in ("terrain", "height", "labels"):
        assert torch.equal(getattr(share, name), getattr(whole, name)[2:])


def test_heights_above_half_the_range_keep_their_sign(patches: Patches) -> None:
    high = Patches(patches.terrain, np.full_like(patches.height, 65535), patches.labels, metres_per_unit=9000 / 65535)
    batch = CropSampler(high, 32, 2, HeightCode(), CPU).draw(1, torch.Generator())
    torch.testing.assert_close(batch.height, torch.ones(1, 1, 32, 32))


def test_one_hot_of_every_class() -> None:
    hot = one_hot(torch.arange(7, dtype=torch.uint8)[None, None])  # (1, 7, 1, 7)
    assert torch.equal(hot[0, :, 0], torch.eye(7))


def test_patches_with_rare_classes_come_more_often_if_classes_are_to_come_even(patches: Patches) -> None:
    labels = np.ones_like(patches.labels)
    labels[1, :, :12], labels[2, :4, :12] = 5, 5  # of a class that covers little
    terrain = np.zeros_like(patches.terrain) + np.arange(3, dtype=np.uint8)[:, None, None, None]
    uneven = Patches(terrain, patches.height, labels, metres_per_unit=patches.metres_per_unit)

    def drawn(*, even: bool) -> list[float]:
        sampler = CropSampler(uneven, 32, 2, HeightCode(), CPU, even=even)
        crops = sampler.draw(3000, torch.Generator().manual_seed(0)).terrain[:, 0, 0, 0]
        counts = ((crops + 1) * 127.5).round().long().bincount(minlength=3) / 3000
        return counts.tolist()

    assert drawn(even=False) == pytest.approx([1 / 3] * 3, abs=0.03)
    rare = labels == 5
    by_class = [[(m[p].sum() / m.sum()) for p in range(3)] for m in (rare, ~rare)]
    expected = np.mean(by_class, 0)  # each class half of the time
    assert drawn(even=True) == pytest.approx(expected.tolist(), abs=0.03)
