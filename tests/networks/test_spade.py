import torch
from torch import Tensor

from spade_terrain.networks.spade import Noise, pixel_norm


def test_pixels_have_a_mean_square_of_one_and_the_gradient_that_follows() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 5, 3, 3, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(
        (pixel_norm(x) ** 2).mean(1), torch.ones(2, 3, 3, dtype=torch.float64), atol=1e-4, rtol=0
    )
    assert torch.autograd.gradcheck(pixel_norm, x)


def test_features_and_their_gradients_stay_in_channels_last_order() -> None:
    """Any other order is copied by each convolution after it."""
    x = torch.randn(2, 8, 6, 6).contiguous(memory_format=torch.channels_last).requires_grad_()
    given: list[Tensor] = []
    x.register_hook(given.append)  # type: ignore[no-untyped-call]
    y = Noise(8)(pixel_norm(x), torch.randn(2, 1, 6, 6))
    y.sum().backward()
    assert all(t.is_contiguous(memory_format=torch.channels_last) for t in (y, *given))
