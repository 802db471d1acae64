"""The perceptual loss: the distance of pictures in the features of a trained VGG-19.

Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016; VGG: Simonyan and
Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015.
"""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from spade_terrain.errors import MissingFileError, ModelError, StorageError

# torchvision's `vgg19().features`: output channels of each convolution, "M" for 2x2 max pooling.
_LAYOUT = (64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512, 512, 512, 512)
TORCHVISION = "torchvision"
URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
"""torchvision's weights; the end of the name is how their SHA-256 begins."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Vgg(nn.Module):
    """VGG-19's features after relu1_1, relu2_1 and so on, as far as its weights reach. Frozen.

    Args:
        weights: tensors by torchvision's names (`features.0.weight`, `features.0.bias`, ...), of all layers or of
            the first few.

    """

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        self.taps: list[int] = []  # the places in `layers` of what `forward` returns: each block's first ReLU
        channels, place, first = 3, 0, True
        for step in _LAYOUT:
            if step == "M":
                self.layers.append(nn.MaxPool2d(2))
                place, first = place + 1, True
                continue
            if f"features.{place}.weight" not in weights:
                break
            conv = nn.Conv2d(channels, int(step), 3, padding=1)
            conv.load_state_dict({k: weights[f"features.{place}.{k}"] for k in ("weight", "bias")})
            self.layers.extend([conv, nn.ReLU(inplace=True)])
            if first:
                self.taps.append(len(self.layers) - 1)
            channels, place, first = int(step), place + 2, False
        if not self.taps:
            raise KeyError("features.0.weight")
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1))
        self.requires_grad_(False)

    @property
    def channels(self) -> list[int]:
        """Of each tap."""
        convolutions = [self.layers[tap - 1] for tap in self.taps]
        return [c.out_channels for c in convolutions if isinstance(c, nn.Conv2d)]

    @property
    def complete(self) -> bool:
        """Whether the weights reach VGG-19's last convolution."""
        return len(self.layers) == sum(1 if step == "M" else 2 for step in _LAYOUT)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures `(N, 3, H, W)` in [-1, 1] to the features at each tap, `(N, 64, H, W)`, `(N, 128, H/2, W/2)`, ..."""
        x = ((pictures + 1) / 2 - self.get_buffer("mean")) / self.get_buffer("std")  # (N, 3, H, W)
        features = []
        # Layers behind the last tap are not needed.
        for i, layer in zip(range(self.taps[-1] + 1), self.layers, strict=False):
            x = layer(x)
            if i in self.taps:
                features.append(x)
        return features


def load_vgg(source: Path) -> Vgg:
    """Load VGG-19.

    Args:
        source: a safetensors file, or torchvision's own `.pth`, of all layers or the first few; or the word
            `torchvision`, which downloads that file once (575 MB, into torch's cache) and checks its SHA-256.

    Raises:
        MissingFileError: there is no such file.
        StorageError: the weights can't be downloaded or kept.
        ModelError: the file holds no such weights.

    """
    try:
        return Vgg(_tensors(source))
    except FileNotFoundError as e:
        raise MissingFileError(f"no VGG-19 weights at {source}: give another `vgg`, or {TORCHVISION}") from e
    except (URLError, ConnectionError, TimeoutError) as e:
        raise StorageError(f"{URL} can't be downloaded ({e}): try again, or give `vgg` a file") from e
    except OSError as e:
        raise StorageError(f"can't keep {URL} ({e.strerror or e}): free some space, or set another TORCH_HOME") from e
    except (SafetensorError, KeyError, IndexError, RuntimeError, UnpicklingError, EOFError) as e:
        if "invalid hash" in str(e):
            raise ModelError(f"{URL} came damaged: try again") from e
        raise ModelError(f"{source} does not hold VGG-19 weights by torchvision's names: give another `vgg`") from e


def _tensors(source: Path) -> dict[str, Tensor]:
    # torchvision's file is a pickle; `weights_only` takes nothing but tensors out of one.
    tensors: dict[str, Tensor]
    if str(source) == TORCHVISION:
        tensors = torch.hub.load_state_dict_from_url(URL, map_location="cpu", check_hash=True, weights_only=True)
    elif source.suffix == ".pth":
        tensors = torch.load(source, map_location="cpu", weights_only=True)
    else:
        tensors = load_file(source)
    return tensors


def perceptual_loss(
    fake: list[Tensor],
    real: list[Tensor],
    weights: Tensor | None = None,
    mean_over_processes: Callable[[Tensor], Tensor] = lambda mean: mean,
) -> Tensor:
    """Mean absolute difference of the features of fake and of real pictures, each tap `(N, C, H, W)` counting the same.

    `weights` `(N,)` is how often each picture counts, if not once.

    Each tap's difference is a share of the real features' mean size there, so that the number is comparable across
    taps: 0 for equal pictures, about 1 for unrelated ones. `mean_over_processes` averages the mean sizes `(taps,)` over
    the processes that share a batch, so that all have the same.
    """
    sizes = mean_over_processes(torch.stack([r.float().abs().mean() for r in real]))  # (taps,)
    differences = [(f - r).abs().mean((1, 2, 3), dtype=torch.float32) for f, r in zip(fake, real, strict=True)]
    each = (torch.stack(differences) / sizes[:, None]).mean(0)  # (N,)
    return (each if weights is None else each * weights).mean()
