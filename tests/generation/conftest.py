import numpy as np
import pytest

from spade_terrain.generation import tiling
from spade_terrain.palette import Labels

SIDE = 32  # of a block of `small_blocks`: 3 x 4 of them cover `labels`


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps of more than 64 x 64 pixels are made in blocks, of `SIDE` pixels a side."""
    monkeypatch.setattr(tiling, "BLOCK", SIDE)
    monkeypatch.setattr(tiling, "WHOLE", 64 * 64)


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(0).integers(0, 7, (10, 12), np.uint8).repeat(9, 0).repeat(9, 1)[:90, :107]
