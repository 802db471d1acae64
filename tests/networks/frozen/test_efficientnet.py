from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from spade_terrain.errors import MissingFileError, ModelError
from spade_terrain.networks.frozen.efficientnet import CHANNELS, STRIDES, EfficientNetLite, fused, load_efficientnet

WEIGHTS = Path(__file__).parents[3] / "weights" / "efficientnet_lite0.safetensors"

# Table 1 of the paper: kernel, stride, expansion and channels of each block.
BLOCKS = [
    (3, 1, 1, 16),
    *[(3, 2, 6, 24), (3, 1, 6, 24)],
    *[(5, 2, 6, 40), (5, 1, 6, 40)],
    *[(3, 2, 6, 80), (3, 1, 6, 80), (3, 1, 6, 80)],
    *[(5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112)],
    *[(5, 2, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192)],
    (3, 1, 6, 320),
]
LAST_OF_A_SIZE = (2, 4, 10, 15)  # blocks, from 0


def package_weights() -> dict[str, Tensor]:
    """Small random weights by the package's names, and some of those that features do without."""
    random = torch.Generator().manual_seed(0)
    weights = {"_conv_head.weight": torch.zeros(1280, 320, 1, 1), "_fc.bias": torch.zeros(1000)}

    def add(convolution: str, norm: str, *shape: int) -> None:
        fan_in = shape[1] * shape[2] * shape[3]
        weights[f"{convolution}.weight"] = torch.randn(shape, generator=random) * (2 / fan_in) ** 0.5
        for name, least in (("weight", 0.5), ("bias", -0.5), ("running_mean", -0.5), ("running_var", 0.5)):
            weights[f"{norm}.{name}"] = least + torch.rand(shape[0], generator=random)

    add("_conv_stem", "_bn0", 32, 3, 3, 3)
    inputs = 32
    for i, (kernel, _, expand, channels) in enumerate(BLOCKS):
        block, hidden = f"_blocks.{i}", expand * inputs
        if expand > 1:
            add(f"{block}._expand_conv", f"{block}._bn0", hidden, inputs, 1, 1)
        add(f"{block}._depthwise_conv", f"{block}._bn1", hidden, 1, kernel, kernel)
        add(f"{block}._project_conv", f"{block}._bn2", channels, hidden, 1, 1)
        inputs = channels
    return weights


def layer(weights: dict[str, Tensor], x: Tensor, convolution: str, norm: str, stride: int = 1) -> Tensor:
    """A convolution with TensorFlow's padding `SAME`, and the batch normalisation behind it."""
    weight = weights[f"{convolution}.weight"]
    for dim in (3, 2):
        total = max((-(-x.shape[dim] // stride) - 1) * stride + weight.shape[dim] - x.shape[dim], 0)
        sides = (total // 2, total - total // 2)
        x = F.pad(x, sides if dim == 3 else (0, 0, *sides))
    groups = x.shape[1] if weight.shape[1] == 1 else 1
    mean, variance, scale, shift = (
        weights[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
    )
    return F.batch_norm(F.conv2d(x, weight, stride=stride, groups=groups), mean, variance, scale, shift, eps=1e-3)


def unfused(weights: dict[str, Tensor], pictures: Tensor) -> list[Tensor]:
    """The features as the paper has them, batch normalisation by itself."""
    x = F.relu6(layer(weights, pictures, "_conv_stem", "_bn0", 2))
    features = []
    for i, (_, stride, expand, _) in enumerate(BLOCKS):
        block, y = f"_blocks.{i}", x
        if expand > 1:
            y = F.relu6(layer(weights, y, f"{block}._expand_conv", f"{block}._bn0"))
        y = F.relu6(layer(weights, y, f"{block}._depthwise_conv", f"{block}._bn1", stride))
        y = layer(weights, y, f"{block}._project_conv", f"{block}._bn2")
        x = x + y if x.shape == y.shape else y
        if i in LAST_OF_A_SIZE:
            features.append(x)
    return features


@torch.inference_mode()
def test_fused_it_makes_the_same_as_with_batch_normalisation() -> None:
    weights = package_weights()
    network = EfficientNetLite()
    network.load_state_dict(fused(weights))
    pictures = 2 * torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1)) - 1
    for own, expected in zip(network(pictures), unfused(weights, pictures), strict=True):
        assert expected.std() > 0.1
        torch.testing.assert_close(own, expected, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_features_have_the_channels_and_strides_that_it_says() -> None:
    features = EfficientNetLite()(torch.rand(1, 3, 64, 128))
    sizes = zip(CHANNELS, STRIDES, strict=True)
    assert [tuple(f.shape[1:]) for f in features] == [(c, 64 // s, 128 // s) for c, s in sizes]


def test_it_is_frozen_but_lets_gradients_through() -> None:
    torch.manual_seed(0)
    network = EfficientNetLite()
    for i in range(len(STRIDES)):
        pictures = torch.rand(1, 3, 64, 64, requires_grad=True)
        network(pictures)[i].square().sum().backward()
        assert pictures.grad is not None
        assert (pictures.grad != 0).any()
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())


def test_weights_in_half_the_bits_are_read(tmp_path: Path) -> None:
    weights = {name: tensor.half() for name, tensor in EfficientNetLite().state_dict().items()}
    save_file(weights, tmp_path / "half.safetensors")
    own = load_efficientnet(tmp_path / "half.safetensors").state_dict()
    assert own.keys() == weights.keys()
    assert all(torch.equal(own[name], weights[name].float()) for name in weights)


@pytest.mark.parametrize("damage", ["text", "lacking", "more", "other"])
def test_a_file_that_holds_no_such_weights_is_named(tmp_path: Path, damage: str) -> None:
    weights, file = EfficientNetLite().state_dict(), tmp_path / "weights.safetensors"
    if damage == "lacking":
        del weights["stem.bias"]
    else:
        weights["more" if damage == "more" else "stem.bias"] = torch.zeros(1)
    save_file(weights, file)
    if damage == "text":
        file.write_text("no weights")
    with pytest.raises(ModelError) as caught:
        load_efficientnet(file)
    assert str(caught.value) == f"{file} does not hold EfficientNet-Lite0's weights: give another `efficientnet`"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"^no weights at .*none: give another `efficientnet`$"):
        load_efficientnet(tmp_path / "none")


@torch.inference_mode()
def test_the_weights_that_come_along_have_learned_something() -> None:
    """What a picture shows counts more than how bright it is."""
    network = load_efficientnet(WEIGHTS)
    blocks = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)).round()
    pictures = F.interpolate(blocks, scale_factor=16.0) - 0.5
    one, other, darker = (network(p)[-1] for p in (pictures[:1], pictures[1:], pictures[:1] - 0.1))
    assert (one - darker).abs().mean() < (one - other).abs().mean() / 2
