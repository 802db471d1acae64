import numpy as np
import pytest

from spade_terrain.training.config import Config
from spade_terrain.world.dataset import Patches


@pytest.fixture
def tiny_config() -> Config:
    return Config(
        channels=(8, 8),
        guide_channels=4,
        head_channels=4,
        discriminator_channels=4,
        discriminator_scales=1,
        crop=32,
        batch=2,
        perceptual_crop=32,
        balance_low=3.0,  # any loss below it: the generator trains each step but the first
        balance_high=9.0,
    )


@pytest.fixture
def patches() -> Patches:
    """Three patches of 48 pixels: half sea, half land of random classes and heights."""
    random = np.random.default_rng(0)
    labels = random.integers(1, 7, (3, 48, 48), dtype=np.uint8)
    labels[:, :24] = 0
    height = random.integers(1000, 9000, (3, 48, 48)).astype(np.uint16) * (labels > 0)
    terrain = random.integers(0, 256, (3, 48, 48, 3), dtype=np.uint8)
    return Patches(terrain, height.astype(np.uint16), labels, metres_per_unit=8848 / 65535)
