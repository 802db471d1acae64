"""VGG-19's features of a crop, whose distributions the Frechet and the kernel distance compare.

relu3_1 in place of Inception's last layer: textures and slopes more than objects, few enough (256) for some hundreds
of crops. VGG: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from spade_terrain.card import HeightCode
from spade_terrain.errors import ModelError
from spade_terrain.evaluation.crops import EvaluatedPatch
from spade_terrain.networks.frozen.perceptual import load_vgg

Floats = NDArray[np.float64]

_TAP = 2  # relu3_1, after relu1_1 and relu2_1


class FeatureExtractor:
    """A crop's features in VGG-19, the means over all its pixels: of relu3_1, and of relu5_4 if the weights reach it.

    Args:
        weights: VGG-19's, as `load_vgg` wants them.
        height_code: turns metres into the grey picture that the network looks at.

    Raises:
        TerrainError: the weights can't be read, or end before relu3_1.

    """

    def __init__(self, weights: Path, height_code: HeightCode) -> None:
        self.vgg = load_vgg(weights)
        self.height_code = height_code
        if len(self.vgg.taps) <= _TAP:
            raise ModelError(f"{weights} ends before VGG-19's relu3_1: give weights of more layers")
        self.vgg.taps = [self.vgg.taps[_TAP], *([len(self.vgg.layers) - 1] if self.vgg.complete else [])]

    def extract(self, patch: EvaluatedPatch) -> dict[str, Floats]:
        """Features of the patch's pictures, the height as grey in the height code.

        Returns:
            for each of `crops.PICTURES` that the patch has, here `terrain`: `terrain_features`, float64 `(256,)`, and
            with complete weights `terrain_last_features`, float64 `(512,)`.

        """
        features = self._extract("terrain", _in_range(patch.terrain))
        if patch.satellite is not None:
            features |= self._extract("satellite", _in_range(patch.satellite))
        code = self.height_code.encode(patch.height)
        return features | self._extract("height", np.dstack([code] * 3))

    @torch.inference_mode()
    def _extract(self, name: str, picture: NDArray[np.float32]) -> dict[str, Floats]:
        layers = self.vgg(torch.from_numpy(picture).permute(2, 0, 1)[None])  # (1, 256, S/4, S/4), (1, 512, S/16, S/16)
        means = [layer[0].double().mean((1, 2)).numpy() for layer in layers]
        return dict(zip((f"{name}_features", f"{name}_last_features"), means, strict=False))


def _in_range(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colours 0..255 as the network sees them, -1..1."""
    return picture.astype(np.float32) / np.float32(127.5) - 1
