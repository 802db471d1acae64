import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.networks.frozen.efficientnet import EfficientNetLite
from spade_terrain.networks.frozen.perceptual import Vgg
from spade_terrain.palette import NAMES
from spade_terrain.training.config import Config
from spade_terrain.training.data import CropSampler
from spade_terrain.training.engine import launch
from spade_terrain.training.step.trainer import Trainer
from spade_terrain.world.dataset.folder import write_patch
from spade_terrain.world.dataset.patches import Patches

TINY = ["--channels", "8", "8", "--guide-channels", "4", "--head-channels", "4", "--discriminator-channels", "4"]
TINY += ["--discriminator-scales", "1", "--crop", "32", "--perceptual-crop", "32", "--batch", "2"]
TINY += ["--balance-low", "3", "--balance-high", "9"]


def sampler_for(trainer: Trainer, patches: Patches) -> CropSampler:
    """Draws crops as the trainer's configuration has them, but all patches alike."""
    config, device = trainer.config, trainer.fabric.device
    return CropSampler(patches, config.crop, config.batch, HEIGHT_CODE, device, satellite=config.satellite)


def run_steps(trainer: Trainer, patches: Patches, steps: int) -> dict[str, float]:
    """Take some steps; the last one's measures."""
    config, sampler = trainer.config, sampler_for(trainer, patches)
    return [trainer.step(sampler.draw(config.batch, trainer.random, trainer.share)) for _ in range(steps)][-1]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums round another way on another number of threads, and these tests compare to the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def fabric() -> Fabric:
    return launch("cpu", bfloat16=False)


@pytest.fixture(scope="session")
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
def vgg() -> Vgg:
    """One that has learned nothing, of two blocks."""
    random = torch.Generator().manual_seed(0)
    weights = {}
    for place, channels_in, channels_out in ((0, 3, 64), (2, 64, 64), (5, 64, 128)):
        weights[f"features.{place}.weight"] = 0.1 * torch.randn(channels_out, channels_in, 3, 3, generator=random)
        weights[f"features.{place}.bias"] = torch.zeros(channels_out)
    return Vgg(weights)


@pytest.fixture(scope="session")
def efficientnet() -> EfficientNetLite:
    """One that has learned nothing."""
    random = torch.Generator().manual_seed(0)
    network = EfficientNetLite()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, generator=random)
            nn.init.normal_(module.get_parameter("bias"), 0.0, 0.1, generator=random)
    return network


def random_patches(side: int) -> Patches:
    """Three patches of `side` pixels: half sea, half land of random classes, heights and colours in both textures."""
    random = np.random.default_rng(0)
    labels = random.integers(1, 7, (3, side, side), dtype=np.uint8)
    labels[:, : side // 2] = 0
    height = random.integers(1000, 9000, (3, side, side)).astype(np.uint16) * (labels > 0)
    terrain, satellite = random.integers(0, 256, (2, 3, side, side, 3), dtype=np.uint8)
    return Patches(terrain, height.astype(np.uint16), labels, metres_per_unit=8848 / 65535, satellite=satellite)


@pytest.fixture
def patches() -> Patches:
    return random_patches(48)


@pytest.fixture
def wide_patches() -> Patches:
    """As large as discriminator heads take."""
    return random_patches(64)


def write_set(folder: Path, patches: Patches) -> Path:
    """Write a data set of two training patches and one to look at."""
    folder.mkdir()
    entries = []
    for i, split in enumerate(("train", "train", "val")):
        metres = patches.height[i] * np.float32(patches.metres_per_unit)
        satellite = None if patches.satellite is None else patches.satellite[i]
        write_patch(folder, f"{i:04}", patches.terrain[i], metres, patches.labels[i], satellite)
        entries.append({"name": f"{i:04}", "split": split})
    index = {"format": 1, "metres_per_unit": patches.metres_per_unit, "classes": NAMES, "patches": entries}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture
def data(tmp_path: Path, patches: Patches) -> Path:
    return write_set(tmp_path / "data", patches)
