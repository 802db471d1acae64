from itertools import combinations, islice

import numpy as np
import pytest

from spade_terrain.world.places import SPLITS, candidates, only_split, patch_grid, split_of

WORLD = (-180.0, -90.0, 180.0, 90.0)


def places(count: int, seed: int = 0) -> np.ndarray:
    return np.array(list(islice(candidates(seed, 0, WORLD), count)))


def test_candidates_are_uniform_on_the_sphere() -> None:
    lat, lon = places(20_000).T
    assert np.histogram(np.sin(np.deg2rad(lat)), 8, (-1, 1))[0] / 2500 == pytest.approx(1, abs=0.08)
    assert np.histogram(lon, 8, (-180, 180))[0] / 2500 == pytest.approx(1, abs=0.08)


def test_candidates_depend_on_seed_and_number_only_and_stay_in_bounds() -> None:
    def first(seed: int, number: int) -> list[tuple[float, float]]:
        return list(islice(candidates(seed, number, (10, -20, 30, 5)), 50))

    assert first(1, 2) == first(1, 2)
    assert first(1, 2) != first(1, 3) != first(2, 3)
    assert all(-20 <= lat <= 5 and 10 <= lon <= 30 for lat, lon in first(1, 2))


def test_bounds_across_the_180th_meridian_give_longitudes_of_both_sides() -> None:
    for bounds in ((165.0, -20.0, 200.0, 20.0), (-195.0, -20.0, -160.0, 20.0)):
        lons = np.array([lon for _, lon in islice(candidates(0, 0, bounds), 400)])
        assert ((lons >= -180) & (lons < 180)).all()
        assert (((lons - 165) % 360) <= 35).all()
        assert (lons > 0).mean() == pytest.approx(15 / 35, abs=0.1)


def test_validation_and_testing_have_about_a_tenth_of_the_sphere_each() -> None:
    shares = np.bincount(split_of(*places(20_000).T), minlength=3) / 20_000
    assert shares[1:] == pytest.approx([0.12, 0.12], abs=0.02)  # a tenth of the land, and more of the sea


def test_splits_depend_on_the_place_only() -> None:
    lat, lon = places(500).T
    together = split_of(lat, lon)
    assert [int(split_of(np.array(a), np.array(o))) for a, o in zip(lat, lon, strict=True)] == together.tolist()
    np.testing.assert_array_equal(split_of(lat, lon + 360), together)


@pytest.mark.parametrize("size", [128, 512])
def test_no_ground_is_in_two_splits(size: int) -> None:
    """Every patch lies in one split, so patches of different splits share no ground."""
    found = {}
    for lat, lon in places(800, seed=4):
        if abs(lat) < 68 and (split := only_split(lat, lon, size)):
            found[lat, lon] = split
            assert set(split_of(*patch_grid(lat, lon, size, 120)).flat) == {SPLITS.index(split)}
    assert set(found.values()) == set(SPLITS)
    side = size * 2.0  # km
    for (a, one), (b, other) in combinations(list(found.items())[:250], 2):
        if one != other:
            cosine = np.prod(np.sin(np.deg2rad((a[0], b[0])))) + np.prod(np.cos(np.deg2rad((a[0], b[0])))) * np.cos(
                np.deg2rad(a[1] - b[1])
            )
            # Squares whose centres are nearer than their side always overlap.
            assert 6371 * np.arccos(np.clip(cosine, -1, 1)) > side * 0.99


def test_a_patch_grid_reaches_the_corners() -> None:
    lats, lons = patch_grid(0, 0, 512, 3)
    half = np.rad2deg(512_000 / 6_371_000)
    assert lats[0, 1] == pytest.approx(half)
    assert lons[1, 2] == pytest.approx(half)
    assert lats[0, 0] > 0 > lons[0, 0]
    assert lats[2, 2] < 0 < lons[2, 2]
