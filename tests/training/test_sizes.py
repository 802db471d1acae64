from dataclasses import replace

import pytest

from spade_terrain.training.config import SIZES, Config
from spade_terrain.training.sizes import describe_networks


def test_a_network_by_hand() -> None:
    # A texture's shading alone takes 2 x 16 x 9 + 16 x 9 multiply-adds a pixel, 0.03 G; one channel is small beside it.
    one = Config(
        channels=(1,), guide_channels=1, head_channels=1, discriminator_channels=1, satellite=False, fine_relief=False
    )
    assert describe_networks(one) == "generator 0.00 M parameters, 0.04 GMAC for 256 x 256; discriminator 0.00 M"
    two = replace(one, satellite=True)
    assert describe_networks(two) == "generator 0.00 M parameters, 0.08 GMAC for 256 x 256; discriminator 0.00 M"


@pytest.mark.parametrize("size", SIZES)
def test_sizes_keep_to_their_places(size: str) -> None:
    gmac = float(describe_networks(Config(**SIZES[size])).split(" GMAC")[0].split()[-1])
    low, high = {"small": (0, 3), "default": (8, 12), "large": (24, 48)}[size]
    assert low < gmac < high
