"""Training data on the training device: whole patches as integers, cropped there and turned into what networks see."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.card import HeightCode
from spade_terrain.errors import TerrainError
from spade_terrain.palette import CLASSES
from spade_terrain.world.dataset import Patches


@dataclass(frozen=True)
class Batch:
    """Crops as networks see them.

    Attributes:
        terrain: `(N, 3, S, S)` in [-1, 1].
        height: `(N, 1, S, S)` in the height code.
        labels: one-hot float `(N, 7, S, S)`.

    """

    terrain: Tensor
    height: Tensor
    labels: Tensor


class CropSampler:
    """Draws random crops of the patches, all on one device."""

    def __init__(self, patches: Patches, crop: int, height_code: HeightCode, device: torch.device) -> None:
        if min(patches.labels.shape[1:]) < crop:
            raise TerrainError(f"the patches have {patches.labels.shape[1]} pixels a side: --crop {crop} is too large")
        self.crop = crop
        self.terrain = torch.from_numpy(patches.terrain).to(device)  # uint8 (P, H, W, 3)
        self.height = torch.from_numpy(patches.height).to(device)  # uint16 (P, H, W)
        self.labels = torch.from_numpy(patches.labels).to(device)  # uint8 (P, H, W)
        self.unit_code = patches.metres_per_unit / height_code.max_m

    def draw(self, count: int, random: torch.Generator) -> Batch:
        """Draw `count` crops at places chosen by `random`, a generator on the CPU."""
        patches, rows, columns = self.labels.shape
        s = self.crop
        places = [
            tuple(int(torch.randint(n, (), generator=random)) for n in (patches, rows - s + 1, columns - s + 1))
            for _ in range(count)
        ]

        def crops(maps: Tensor) -> Tensor:
            return torch.stack([maps[p, y : y + s, x : x + s] for p, y, x in places])

        terrain = crops(self.terrain).permute(0, 3, 1, 2).float() / 127.5 - 1  # (N, 3, S, S)
        height = 2 * (crops(self.height).float() * self.unit_code).sqrt() - 1  # (N, S, S)
        labels = one_hot(crops(self.labels))  # (N, 7, S, S)
        return Batch(_channels_last(terrain), height[:, None], _channels_last(labels))


def one_hot(labels: Tensor) -> Tensor:
    """Labels, integers `(N, H, W)`, as networks see them: float `(N, 7, H, W)`."""
    return F.one_hot(labels.long(), len(CLASSES)).permute(0, 3, 1, 2).float()


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
