import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from spade_terrain.world.dataset import HEIGHT_MAX_M, write_patch
from tests.evaluation.ground import made_up_ground


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six test patches of 96 pixels and one for training, as `world build` leaves them."""
    folder = tmp_path_factory.mktemp("data")
    entries = []
    for number in range(7):
        ground = made_up_ground(96, number)
        write_patch(folder, f"{number:04d}", ground.terrain, ground.height, ground.labels)
        entries.append({"name": f"{number:04d}", "split": "test" if number else "train"})
    index = {"format": 1, "metres_per_unit": HEIGHT_MAX_M / 65535, "patches": entries}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture(scope="session")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """A file of random VGG-19 weights up to the n-th convolution; the fifth is the first of the third block."""
    layers = ((0, 3, 64), (2, 64, 64), (5, 64, 128), (7, 128, 128), (10, 128, 256))

    def write(convolutions: int) -> Path:
        torch.manual_seed(0)
        tensors = {}
        for place, inside, outside in layers[:convolutions]:
            tensors[f"features.{place}.weight"] = 0.1 * torch.randn(outside, inside, 3, 3)
            tensors[f"features.{place}.bias"] = torch.zeros(outside)
        path = tmp_path_factory.mktemp("vgg") / f"vgg_{convolutions}.safetensors"
        save_file(tensors, path)
        return path

    return write
