import torch
import torch.nn.functional as F

from spade_terrain.networks.blur import blur2, blur_land


@torch.inference_mode()
def test_no_weave_of_two_pixels_comes_of_the_shuffle() -> None:
    torch.manual_seed(0)
    shuffled = F.pixel_shuffle(torch.randn(1, 16, 1, 1).expand(-1, -1, 8, 8), 2)  # (1, 4, 16, 16)
    assert shuffled[0, 0].std() > 0.1
    assert blur2(shuffled)[..., 1:-1, 1:-1].std((2, 3)).max() < 1e-6
    assert blur2(shuffled).shape == shuffled.shape
    flat = torch.full((1, 1, 6, 6), 0.5)
    torch.testing.assert_close(blur2(flat), flat)


@torch.inference_mode()
def test_it_is_binomial_and_repeats_the_edge() -> None:
    dot = torch.zeros(1, 2, 5, 5)
    dot[:, :, 2, 2], dot[:, 1, 2, 2] = 16, 32
    row = torch.tensor([0, 1, 2, 1, 0.0])
    torch.testing.assert_close(blur2(dot)[0], torch.stack([torch.outer(row, row), 2 * torch.outer(row, row)]))
    corner = torch.zeros(1, 1, 4, 4)
    corner[..., 0, 0] = 16
    assert blur2(corner)[0, 0, 0, 0] == 9


@torch.inference_mode()
def test_colours_keep_their_digits_under_autocast() -> None:
    colours = torch.rand(1, 3, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(blur2(colours), blur2(colours.double()).float(), atol=1e-6, rtol=0)


@torch.inference_mode()
def test_colours_are_blurred_and_nothing_of_the_sea_leaks_into_them() -> None:
    torch.manual_seed(0)
    colours = torch.rand(1, 3, 16, 16)
    everywhere = torch.ones(1, 1, 16, 16)
    assert blur_land(colours, everywhere).std() < 0.4 * colours.std()
    shore = everywhere.clone()
    shore[..., 8:] = 0
    under_the_sea = torch.where(shore > 0, 0.25, 1e4)
    torch.testing.assert_close(
        shore * blur_land(under_the_sea.expand(-1, 3, -1, -1), shore), 0.25 * shore.expand(-1, 3, -1, -1)
    )
