import json
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from spade_terrain.world.dataset.folder import write_patch
from spade_terrain.world.dataset.patches import HEIGHT_MAX_M
from tests.evaluation.patches import made_up_patch


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six test patches of 96 pixels and one for training, as `world build` leaves them."""
    folder = tmp_path_factory.mktemp("data")
    entries = []
    for number in range(7):
        patch = made_up_patch(96, number)
        write_patch(folder, f"{number:04d}", patch.terrain, patch.height, patch.labels)
        entries.append({"name": f"{number:04d}", "split": "test" if number else "train"})
    index = {"format": 1, "metres_per_unit": HEIGHT_MAX_M / 65535, "patches": entries}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture(scope="session")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """A file of random VGG-19 weights up to the n-th convolution: of 16, the fifth is the first of the third block."""
    blocks = (
        ((0, 64), (2, 64)),
        ((5, 128), (7, 128)),
        *(
            tuple((place, channels) for place in range(first, first + 8, 2))
            for first, channels in ((10, 256), (19, 512), (28, 512))
        ),
    )

    @cache
    def write(convolutions: int) -> Path:
        torch.manual_seed(0)
        tensors, inside = {}, 3
        for place, outside in list(chain(*blocks))[:convolutions]:
            # As many of what comes in as goes out (He et al., 2015), or the last features would be nothing.
            weight = torch.randn(outside, inside, 3, 3) * (2 / (9 * inside)) ** 0.5
            tensors[f"features.{place}.weight"] = weight.half()  # for a smaller file
            tensors[f"features.{place}.bias"] = torch.zeros(outside).half()
            inside = outside
        path = tmp_path_factory.mktemp("vgg") / f"vgg_{convolutions}.safetensors"
        save_file(tensors, path)
        return path

    return write
