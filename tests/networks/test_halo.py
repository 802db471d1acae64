"""The generator's halos are exact, to the pixel: see `tests.generation.test_halo`, where exported models are tested."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.card import HeightCode
from spade_terrain.networks.generator import Generator
from spade_terrain.networks.shadow import ShadowGenerator, shade


def _known(x: Tensor, side: int, window: tuple[int, int], halo: int) -> Tensor:
    """`x` `(1, C, h, w)` of a map of `side` pixels, NaN where its pixels are not all within `halo` of the window."""
    scale = side // x.shape[2]
    place = slice(-(-(window[0] - halo) // scale), (window[1] + halo) // scale)
    known = torch.full_like(x, torch.nan)
    known[..., place, place] = x[..., place, place]
    return known


def _is_felt(generator: Generator, halo: int, stride: int, *, features: bool) -> bool:
    """Whether what lies further than `halo` from a window of one `stride` reaches into it."""
    margin = -(-(halo + 1) // generator.stride) * generator.stride
    side, window = 2 * margin + generator.stride, (margin, margin + stride)
    labels = F.one_hot(torch.randint(7, (1, side, side)), 7).permute(0, 3, 1, 2).float()
    noise = [torch.randn(1, n.channels, side // n.stride, side // n.stride) for n in generator.noise_inputs]
    if features:
        block = generator.blocks[generator.strides.index(stride)]
        shape = 1, block.conv_2.out_channels, side // stride, side // stride  # type: ignore[union-attr]
        block.register_forward_hook(lambda *_: _known(torch.randn(shape), side, window, halo))  # type: ignore[arg-type]
    guide = torch.rand(1, 2, side // generator.stride, side // generator.stride)
    labels, guide, *noise = (_known(x, side, window, halo) for x in (labels, guide, *noise))
    texture, height, _ = generator(labels, noise, torch.zeros(1, 0, 1, 1), guide)
    shaded = shade(texture, ShadowGenerator(HeightCode(), 2)(height))
    return bool(shaded[..., slice(*window), slice(*window)].isnan().any())


def little(blocks: int) -> Generator:
    return Generator((4,) * blocks, guide_channels=3, head_channels=3, textures=2, guided=True)


@torch.inference_mode()
@pytest.mark.parametrize(("blocks", "halo", "fine_halo"), [(2, 28, 16), (3, 56, 32), (4, 112, 32), (5, 224, 32)])
def test_one_pixel_less_is_too_little(blocks: int, halo: int, fine_halo: int) -> None:
    torch.manual_seed(0)
    generator = little(blocks)
    assert (generator.halo, generator.fine_halo) == (halo, fine_halo)
    assert generator.halo % generator.stride == generator.fine_halo % generator.features_stride == 0
    assert not _is_felt(generator, halo, generator.stride, features=False)
    assert _is_felt(generator, halo - 1, generator.stride, features=False)
    stride = generator.features_stride
    assert not _is_felt(generator, fine_halo, stride, features=True)
    generator = little(blocks)  # without the hook
    assert _is_felt(generator, fine_halo - 1, stride, features=True)


@torch.inference_mode()
@pytest.mark.parametrize("blocks", [2, 3, 5])
def test_the_halo_covers_the_guides_cells(blocks: int) -> None:
    """A window of one cell reads guides as far as its halo, and no further."""
    torch.manual_seed(0)
    generator = little(blocks)
    cells = generator.halo // generator.stride
    side = (2 * cells + 3) * generator.stride
    labels = F.one_hot(torch.randint(1, 7, (1, side, side)), 7).permute(0, 3, 1, 2).float()
    noise = [torch.randn(1, n.channels, side // n.stride, side // n.stride) for n in generator.noise_inputs]
    middle = slice((cells + 1) * generator.stride, (cells + 2) * generator.stride)

    def feels(column: int) -> bool:
        guide = torch.rand(1, 2, 2 * cells + 3, 2 * cells + 3)
        guide[..., column] = torch.nan
        _, height, _ = generator(labels, noise, torch.zeros(1, 0, 1, 1), guide)
        return bool(height[..., middle, middle].isnan().any())

    felt = [column for column in range(2 * cells + 3) if feels(column)]
    assert felt == list(range(felt[0], 2 * cells + 3 - felt[0]))
    assert felt[0] >= 1
