import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.networks.coast import SHORE_DEPTH, shore_mask
from spade_terrain.networks.generator import LOWEST, SEA_GAIN, Generator
from spade_terrain.networks.spade import Noise
from spade_terrain.palette import WATER


def tiny() -> Generator:
    torch.manual_seed(0)
    generator = Generator((12, 10, 8), guide_channels=6, head_channels=5, textures=2, style=3, guided=True).eval()
    # Freshly made networks hardly see beyond a pixel or two: strong weights make every path count.
    for p in generator.parameters():
        p.data *= 1.5
    for module in generator.modules():
        if isinstance(module, Noise):
            module.weight.data += 0.2
    return generator


def random_inputs(generator: Generator, rows: int, columns: int) -> tuple[Tensor, list[Tensor], Tensor]:
    """Labels, noise, and a height guide for half of the cells."""
    labels = F.one_hot(torch.randint(7, (1, rows, columns)), 7).permute(0, 3, 1, 2).float()
    noise = [torch.randn(1, n.channels, rows // n.stride, columns // n.stride) for n in generator.noise_inputs]
    cells = 1, 1, rows // generator.stride, columns // generator.stride
    known = torch.randint(2, cells).float()
    return labels, noise, torch.cat([2 * torch.rand(cells), torch.ones(cells)], 1) * known


STYLE = torch.tensor([0.5, -1.0, 2.0]).view(1, 3, 1, 1)


@torch.inference_mode()
def test_a_window_with_its_halo_equals_the_whole() -> None:
    generator = tiny()
    halo = generator.halo
    labels, noise, guide = random_inputs(generator, 32 + 2 * halo, 64 + 4 * halo)
    whole = generator(labels, noise, STYLE, guide)
    y, x, h, w = halo, 2 * halo, 32, 24  # the window, without its halo

    def cut(whole: Tensor, stride: int) -> Tensor:
        rows = slice((y - halo) // stride, (y + h + halo) // stride)
        return whole[..., rows, (x - halo) // stride : (x + w + halo) // stride]

    parts = [cut(n, i.stride) for n, i in zip(noise, generator.noise_inputs, strict=True)]
    window = generator(cut(labels, 1), parts, STYLE, cut(guide, generator.stride))
    for full, part in zip(whole, window, strict=True):
        inner = part[..., halo : halo + h, halo : halo + w]
        torch.testing.assert_close(inner, full[..., y : y + h, x : x + w], atol=1e-4, rtol=0)


@torch.inference_mode()
def test_half_the_halo_is_not_enough_so_the_window_test_can_fail() -> None:
    generator = tiny()
    halo = generator.halo
    labels, noise, guide = random_inputs(generator, 32 + 2 * halo, 32 + 2 * halo)
    changed = labels.clone()
    changed[..., : halo // 2] = changed[..., : halo // 2].flip(1)
    inner = (slice(None), slice(None), slice(halo, halo + 32), slice(halo, halo + 32))
    assert not torch.equal(
        generator(labels, noise, STYLE, guide)[0][inner], generator(changed, noise, STYLE, guide)[0][inner]
    )


@torch.inference_mode()
def test_water_is_the_sea_and_land_is_above_it() -> None:
    generator = tiny()
    labels, noise, guide = random_inputs(generator, 64, 64)
    texture, height, _ = generator(labels, noise, STYLE, guide)
    water = labels[:, WATER : WATER + 1] == 1
    assert (height[water] == -1).all()
    assert (height[~water] > -1).all()
    generator.sea.data = torch.linspace(-0.1, 0.1, 6).view(1, 6, 1, 1)
    texture, height, _ = generator(labels, noise, STYLE, guide)
    sea = texture[0].permute(1, 2, 0)[water[0, 0]].unique(dim=0)  # one colour in each texture, and its own
    torch.testing.assert_close(sea, torch.tanh(SEA_GAIN * generator.sea[:, :, 0, 0]))
    assert texture.abs().max() <= 1


@torch.inference_mode()
def test_land_may_sink_at_a_coast_but_no_islet_is_lost() -> None:
    generator = tiny()
    torch.nn.init.constant_(generator.to_height.get_parameter("bias"), -30.0)  # it wants to sink all
    green = torch.tensor([-0.2, 0.6, -0.4, -0.7, -0.5, -0.8])  # in either texture
    generator.set_class_colours(torch.zeros(7, 6).index_copy(0, torch.tensor([1]), green[None]))
    labels, noise, guide = random_inputs(generator, 128, 128)
    land = torch.zeros(128, 128, dtype=torch.bool)
    land[:, :60] = True
    land[40:52, 90:102] = True  # an islet
    labels[:] = 0
    labels[:, WATER] = (~land).float()
    labels[:, 1] = land.float()
    texture, height, _ = generator(labels, noise, STYLE, guide)
    sea = texture[0, :, 0, 120]
    assert (height[0, 0][~land] == -1).all()
    assert (height[0, 0, :, :50] == -1).all()  # sunk, and in the sea's colour
    assert (texture[0, :, :, :50] - sea[:, None, None]).abs().max() < 0.1
    assert (height[0, 0, 40:52, 90:102] > -1).all()
    assert (texture[0, :, 40:52, 90:102] - green[:, None, None]).abs().max() < 0.01


@torch.inference_mode()
def test_the_elevation_tells_of_sunk_land_and_of_painted_water() -> None:
    generator = tiny()
    labels, noise, guide = random_inputs(generator, 64, 64)
    _, height, elevation = generator(labels, noise, STYLE, guide)
    land = labels[:, WATER : WATER + 1] == 0
    shore = shore_mask(labels, 8)
    assert (elevation[~land] > 0).all()
    expected = F.relu(elevation - SHORE_DEPTH * shore + LOWEST * (1 - shore)) - 1
    torch.testing.assert_close(height[land], expected[land])


@torch.inference_mode()
def test_a_height_guide_counts_where_it_is_known() -> None:
    generator = tiny()
    labels, noise, guide = random_inputs(generator, 64, 64)
    made = generator(labels, noise, STYLE, guide)
    for channel in (0, 1):
        other = guide.clone()
        other[:, channel] *= 0.5
        assert all(not torch.equal(a, b) for a, b in zip(made, generator(labels, noise, STYLE, other), strict=True))
    # One cell reaches all of its own ground.
    other = guide.clone()
    other[:, :, 4, 4] += 1
    _, height, _ = generator(labels, noise, STYLE, other)
    land = labels[0, WATER, 32:40, 32:40] == 0
    assert (height != made[1])[0, 0, 32:40, 32:40][land].all()


@torch.inference_mode()
def test_noise_changes_the_terrain() -> None:
    generator = tiny()
    labels, noise, guide = random_inputs(generator, 32, 32)
    texture, height, _ = generator(labels, noise, STYLE, guide)
    for i in range(len(noise)):
        other = [torch.randn_like(n) if k == i else n for k, n in enumerate(noise)]
        texture_2, height_2, _ = generator(labels, other, STYLE, guide)
        assert not torch.equal(texture, texture_2), generator.noise_inputs[i].name
        assert not torch.equal(height, height_2), generator.noise_inputs[i].name


@torch.inference_mode()
def test_each_number_of_the_style_changes_the_whole_terrain() -> None:
    generator = tiny()
    labels, noise, guide = random_inputs(generator, 32, 32)
    land = labels[0, WATER] == 0
    texture, height, _ = generator(labels, noise, STYLE, guide)
    for i in range(3):
        other = STYLE.clone()
        other[:, i] += 1
        texture_2, height_2, _ = generator(labels, noise, other, guide)
        assert (texture != texture_2)[0].any(0)[land].all(), i
        assert (height != height_2)[0, 0][land].all(), i


@torch.inference_mode()
def test_without_a_style_or_a_guide_it_takes_empty_ones() -> None:
    generator = Generator(channels=(4, 4), guide_channels=4, head_channels=4)
    labels, noise, guide = random_inputs(generator, 16, 16)
    assert generator(labels, noise, torch.zeros(1, 0, 1, 1), guide[:, :0])[0].shape == (1, 3, 16, 16)


@pytest.mark.parametrize("blocks", [2, 3, 5])
def test_stride_and_noise_inputs_follow_the_blocks(blocks: int) -> None:
    generator = Generator(channels=(4,) * blocks, guide_channels=4, head_channels=4)
    assert generator.stride == 2**blocks
    assert [n.stride for n in generator.noise_inputs] == [2**i for i in range(blocks, -1, -1)]
    assert generator.halo % generator.stride == 0
