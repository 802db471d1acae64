"""Small made-up land."""

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.noise import noise
from spade_terrain.palette import NAMES, Labels

Field = NDArray[np.float32]


@pytest.fixture(scope="session")
def island() -> tuple[Field, Labels]:
    """A bumpy island 48 pixels wide, up to 2,000 m high, and its labels: mountains, forest, desert, tundra and sea."""
    y, x = np.mgrid[0:64, 0:80].astype(np.float32)
    distance = np.hypot((y - 32) / 28, (x - 40) / 36)
    heights = 1800 * np.clip(1 - distance, 0, None) ** 1.5 + 150 * np.clip(noise(3, 5, 1, 0, 0, 80, 64)[0], 0, None)
    heights[distance >= 1] = 0
    labels = np.full(heights.shape, NAMES.index("forest"), np.uint8)
    labels[distance < 0.5] = NAMES.index("mountains")
    labels[:, 60:] = NAMES.index("desert")
    labels[:20] = NAMES.index("tundra")
    labels[distance >= 1] = NAMES.index("water")
    return heights.astype(np.float32), labels
