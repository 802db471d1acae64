import torch

from spade_terrain.training.data import Batch
from spade_terrain.training.statistics import class_colours


def test_the_colour_of_a_class_is_the_mean_of_its_land() -> None:
    terrain, height, labels = torch.zeros(2, 6, 4, 4), torch.zeros(2, 1, 4, 4), torch.zeros(2, 7, 4, 4)
    labels[:, 2] = 1
    terrain[0], terrain[1] = 0.5, -0.1
    terrain[:, 3:] *= 2  # another colour in the second texture
    height[:, :, 2:] = -1  # sea in painted land
    terrain[:, :, 2:] = 0.9
    colours = class_colours([Batch(terrain, height, labels)])
    torch.testing.assert_close(colours[2], torch.tensor([0.2, 0.2, 0.2, 0.4, 0.4, 0.4]))
    assert (colours[[0, 1, 3, 4, 5, 6]] == 0).all()
