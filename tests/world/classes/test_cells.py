import numpy as np
import pytest

from spade_terrain.world.classes.cells import CELL, FEATURES, ROOTS, cell_features, cells_of

SEA = (109, 169, 206)
GREEN = (160, 198, 160)
FLAT = np.zeros((128, 128), np.float32)
NO_SEA = np.zeros((128, 128), bool)


def plain(rgb: tuple[int, int, int]) -> np.ndarray:
    noise = np.random.default_rng(0).integers(-3, 4, (128, 128, 1))
    return np.clip(np.full((128, 128, 3), rgb) + noise, 0, 255).astype(np.uint8)


def by_name(features: np.ndarray) -> dict[str, np.ndarray]:
    """The features, roots squared again."""
    named = {n: features[..., i] for i, n in enumerate(FEATURES)}
    return {n: np.square(f) if n in ROOTS else f for n, f in named.items()}


def test_slope_and_relief_are_in_metres() -> None:
    ramp = np.tile(np.arange(128, dtype=np.float32) * 100, (128, 1))  # 100 m up in each 2 km
    f = by_name(cell_features(plain(GREEN), ramp, NO_SEA))
    inner = np.s_[24:-24, 24:-24]
    np.testing.assert_allclose(f["slope_8km"][inner], 0.05, rtol=1e-3)
    np.testing.assert_allclose(f["slope_24km"][inner], 0.05, rtol=1e-3)
    np.testing.assert_allclose(f["relief_20km"][inner], 800, rtol=0.02)  # a disc of 5 cells spans 4 steps of 4 km
    np.testing.assert_allclose(f["relief_60km"][inner], 2800, rtol=0.02)
    np.testing.assert_allclose(f["height"][32], ramp[0, ::CELL] + 50, rtol=1e-3)


def test_colour_is_lab_and_its_spread_a_deviation() -> None:
    f = by_name(cell_features(plain((119, 119, 119)), FLAT, NO_SEA))
    for scale in ("6km", "24km"):
        np.testing.assert_allclose(f[f"L_{scale}"], 50, atol=1)
        np.testing.assert_allclose(f[f"a_{scale}"], 0, atol=0.1)
    assert f["ab_spread_24km"].max() < 0.2
    stripes = plain((119, 119, 119))
    stripes[:, ::8] = stripes[:, 1::8] = stripes[:, 2::8] = stripes[:, 3::8] = 172  # L 70: half of it, 10 off the mean
    spread = by_name(cell_features(stripes, FLAT, NO_SEA))["L_spread_12km"]
    np.testing.assert_allclose(spread[24:-24, 24:-24], 10, atol=0.7)


def test_the_sea_lends_no_colour_to_the_land() -> None:
    terrain, sea = plain(GREEN), NO_SEA.copy()
    terrain[:, 64:], sea[:, 64:] = SEA, True
    colours = [i for i, n in enumerate(FEATURES) if n[0] in "Lab"]
    features, alone = (cell_features(t, FLAT, s)[..., colours] for t, s in ((terrain, sea), (plain(GREEN), NO_SEA)))
    assert np.abs(features - alone).max() < 2


@pytest.mark.parametrize("shape", [(128, 128), (65, 127), (64, 33)])
def test_a_cell_for_every_four_pixels(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    terrain = rng.integers(0, 256, (*shape, 3)).astype(np.uint8)
    features = cell_features(terrain, rng.random(shape).astype(np.float32), np.zeros(shape, bool))
    cells = ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
    assert features.shape == (*cells, len(FEATURES))
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert cells_of(np.ones(shape, bool)).shape == cells


def test_coarser_pixels_of_the_same_ground_have_the_same_features() -> None:
    height = np.tile(np.arange(256, dtype=np.float32) * 20, (256, 1))
    fine = cell_features(np.full((256, 256, 3), GREEN, np.uint8), height, np.zeros((256, 256), bool), 1000)
    coarse = cell_features(np.full((128, 128, 3), GREEN, np.uint8), height[::2, ::2], NO_SEA, 2000)
    inner = by_name(fine[64, 64:65]), by_name(coarse[32, 32:33])
    for name in FEATURES:
        np.testing.assert_allclose(inner[0][name], inner[1][name], rtol=0.3, atol=0.05)
