import torch

from spade_terrain.networks.coast import open_land


@torch.inference_mode()
def test_threads_of_land_before_sunk_land_sink_and_nothing_else() -> None:
    elevation, water = torch.zeros(1, 1, 16, 32), torch.zeros(1, 1, 16, 32)
    water[..., :8] = 1
    elevation[..., 8] = 0.5  # a thread along the painted coast, and the sea that the network draws behind it
    elevation[..., 14:16] = 0.5  # one amid that sea
    elevation[..., 20:23] = 0.5  # as wide as an island may be
    elevation[..., 26:] = 0.5
    elevation[..., 28] = 1.0  # a crest of one pixel
    expected = elevation.clone()
    expected[..., [8, 14, 15]] = 0
    land = water == 0
    torch.testing.assert_close(open_land(elevation, water)[land], expected[land])
    # Land that was painted so is as thin as that.
    water, spit = torch.ones(1, 1, 16, 16), torch.full((1, 1, 16, 16), 0.5)
    water[:, :, 5, 4:] = 0
    assert (open_land(spit, water)[water == 0] == 0.5).all()
