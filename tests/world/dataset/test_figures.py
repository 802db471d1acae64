import numpy as np
import pytest

from spade_terrain.palette import NAMES
from spade_terrain.world.dataset.figures import sums, table

FOREST, MOUNTAINS = NAMES.index("forest"), NAMES.index("mountains")


def patch() -> tuple[np.ndarray, np.ndarray]:
    """100 x 100 pixels: two strips of forest, and between them mountains that rise by 100 m a pixel."""
    labels = np.full((100, 100), FOREST, np.uint8)
    labels[:, 20:60] = MOUNTAINS
    height = np.zeros((100, 100), np.float32)
    height[:, 20:60] = 100 * np.arange(1, 41)
    height[:, 60:] = 4000
    return height, labels


def test_hand_worked() -> None:
    s = sums(*patch())
    assert s.pixels[[FOREST, MOUNTAINS]].tolist() == [6000, 4000]
    assert s.regions[[FOREST, MOUNTAINS]].tolist() == [2, 1]
    assert s.height[MOUNTAINS] / 4000 == pytest.approx(2050)
    assert s.height[FOREST] / 6000 == pytest.approx(4000 * 40 / 60)
    assert s.slope[MOUNTAINS] / 4000 == pytest.approx(0.05, rel=0.02)
    assert s.slope.sum() == pytest.approx(s.slope[[FOREST, MOUNTAINS]].sum())


def test_the_table_adds_patches_up() -> None:
    height, labels = patch()
    striped = np.zeros((100, 100), np.uint8)
    striped[:30], striped[30:60] = FOREST, MOUNTAINS
    text = table([sums(height, labels), sums(np.zeros_like(height), striped)])
    rows = {r.split("|")[1].strip(): [c.strip() for c in r.split("|")[2:6]] for r in text.splitlines() if "|" in r}
    assert rows["forest"][:2] == ["45.0%", "12,000"]  # 9,000 pixels of 4 km2 in 3 regions
    assert rows["mountains"][1] == "14,000"
    assert rows["water"] == ["20.0%", "16,000", "0", "0.00%"]
    assert "tundra" not in rows
    assert "50% of 2 patches have three or more classes" in text
