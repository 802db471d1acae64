import torch

from spade_terrain.networks.flips import FLIPS, flip_each


def test_every_flip_but_the_first_moves_the_light_out_of_the_north_west() -> None:
    corner = torch.zeros(len(FLIPS), 1, 2, 2)
    corner[:, 0, 0, 0] = 1
    flipped = flip_each(corner, torch.arange(len(FLIPS)))
    assert [tuple(m[0].nonzero()[0].tolist()) for m in flipped] == [(0, 0), (0, 1), (1, 0), (1, 1)]
