import torch

from spade_terrain.palette import WATER
from spade_terrain.training.config import Config
from spade_terrain.training.data import Batch
from spade_terrain.training.maker import TerrainMaker


@torch.no_grad()
def test_of_real_terrain_only_what_its_heights_explain_stays_sharp(tiny_config: Config) -> None:
    torch.manual_seed(0)
    maker = TerrainMaker(tiny_config)
    sea = torch.zeros(1, 1, 32, 32)
    sea[..., 24:] = 1
    labels = torch.zeros(1, 7, 32, 32)
    labels[:, WATER], labels[:, WATER + 1] = sea[:, 0], 1 - sea[:, 0]
    height = torch.rand(1, 1, 32, 32) * (1 - sea) - sea
    checks = (torch.arange(32)[:, None] + torch.arange(32)) % 2 - 0.5

    def real(ground: torch.Tensor) -> Batch:
        return Batch(torch.where(sea > 0, checks, ground).expand(-1, 3, -1, -1), height, labels)

    # Even ground that is shaded by its height, beside a sea that is not even: nothing is to be softened.
    shaded = real(0.2 + maker.shadow(height))
    soft = maker.soften(shaded)
    torch.testing.assert_close(soft.terrain, shaded.terrain)
    assert soft.height is height
    assert soft.labels is labels
    # Checks that no height explains go.
    rough = maker.soften(real(0.2 + checks + maker.shadow(height)))
    inland = (..., slice(2, -2), slice(2, 20))
    torch.testing.assert_close(rough.terrain[inland], shaded.terrain[inland])
