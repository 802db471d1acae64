import heapq

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.evaluation.measures.drainage import drainage, drainage_figures, fill_hollows
from tests.evaluation.patches import fractal


def _priority_flood(height: NDArray[np.float32], outlets: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Barnes et al. 2014, algorithm 1, word for word."""
    rows, columns = height.shape
    border = np.ones(height.shape, bool)
    border[1:-1, 1:-1] = False
    filled, done = height.copy(), outlets | border
    queue = [(height[y, x], y, x) for y, x in np.argwhere(done)]
    heapq.heapify(queue)
    while queue:
        level, y, x = heapq.heappop(queue)
        for v in range(max(y - 1, 0), min(y + 2, rows)):
            for u in range(max(x - 1, 0), min(x + 2, columns)):
                if not done[v, u]:
                    done[v, u] = True
                    filled[v, u] = max(level, height[v, u])
                    heapq.heappush(queue, (filled[v, u], v, u))
    return filled


@pytest.mark.parametrize("seed", range(3))
def test_filled_as_a_priority_flood_does(seed: int) -> None:
    height = np.maximum(500 * fractal(64, seed) + 200, 0).astype(np.float32)
    filled = fill_hollows(height, height <= 0)
    np.testing.assert_array_equal(filled, _priority_flood(height, height <= 0))
    assert (filled > height).any()


def test_a_pit_is_filled_to_its_rim_and_a_lake_in_it_lets_the_water_out() -> None:
    height = np.full((16, 16), 100, np.float32)
    height[5:9, 5:9] = 70
    labels = np.ones((16, 16), np.uint8)
    np.testing.assert_array_equal(drainage(height, labels), [256, 16, 16 * 30])
    labels[6, 6] = 0
    np.testing.assert_array_equal(drainage(height, labels), [255, 0, 0])
    # A notch at a corner of it, through which it drains to the border.
    labels[6, 6] = 1
    for i in range(5):
        height[i, i] = 60
    np.testing.assert_array_equal(drainage(height, labels), [256, 0, 0])


def test_what_files_round_away_is_no_hollow() -> None:
    height = np.full((16, 16), 100, np.float32)
    height[5, 5] -= 0.3
    land, hollow, metres = drainage(height, np.ones((16, 16), np.uint8))
    assert (land, hollow) == (256, 0)
    assert metres == pytest.approx(0.3, abs=1e-4)


def test_figures_are_of_all_land_together() -> None:
    sums = np.array([[100.0, 20.0, 300.0], [300.0, 20.0, 100.0]])
    assert drainage_figures(sums) == {"hollow_share": 0.1, "mean_fill_m": 1.0}
    assert drainage_figures(np.zeros((2, 3))) == {"hollow_share": None, "mean_fill_m": None}
