"""Training data on the training device: whole patches as integers, cropped there and turned into what networks see."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spade_terrain.card import HeightCode
from spade_terrain.errors import DataError, DeviceError, ParameterError
from spade_terrain.palette import CLASSES
from spade_terrain.world.dataset.patches import Patches

ALL = slice(None)


@dataclass(frozen=True)
class Batch:
    """Crops as networks see them.

    Attributes:
        terrain: `(N, 3 T, S, S)` in [-1, 1]: of each texture, the atlas's first.
        height: `(N, 1, S, S)` in the height code.
        labels: one-hot float `(N, 7, S, S)`.

    """

    terrain: Tensor
    height: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def maps(self) -> tuple[Tensor, Tensor, Tensor]:
        """Terrain, height and labels, as networks take them."""
        return self.terrain, self.height, self.labels

    def split(self, parts: int) -> list["Batch"]:
        """The batch in `parts` of the same size."""
        return [Batch(*part) for part in zip(*(m.chunk(parts) for m in self.maps), strict=True)]

    def detach(self) -> "Batch":
        """The same numbers, without the gradient."""
        return Batch(*(m.detach() for m in self.maps))


class CropSampler:
    """Draws random crops of the patches, all on one device, where they take 6 bytes a pixel, 9 with `satellite`.

    Every patch comes as often as any other or, if classes are to come `even`, the oftener the more it has of rare ones:
    as if first a class were drawn, then a pixel of it, then a crop of that pixel's patch.

    Raises `ParameterError` if the patches are smaller than a crop, `DataError` if they are too few for a batch,
    `DeviceError` if they are too large for the device.
    """

    def __init__(
        self,
        patches: Patches,
        crop: int,
        batch: int,
        height_code: HeightCode,
        device: torch.device,
        *,
        satellite: bool = False,
        even: bool = False,
    ) -> None:
        count, rows, columns = patches.labels.shape
        if min(rows, columns) < crop:
            raise ParameterError(f"the patches have {min(rows, columns)} pixels a side: `crop` {crop} is too large")
        if (apart := count * (rows // crop) * (columns // crop)) < batch:
            raise DataError(f"{count} training patches are too few: {apart} crops side by side, `batch` is {batch}")
        self.crop = crop
        # torch's uint16 can do little, and int16 can do all; `draw` takes its sign away.
        height = patches.height.view(np.int16)
        try:
            pictures = [p for p in (patches.terrain, patches.satellite if satellite else None) if p is not None]
            self.pictures = [torch.from_numpy(p).to(device) for p in pictures]  # each uint8 (P, H, W, 3)
            self.height = torch.from_numpy(height).to(device)  # int16 (P, H, W), the bits of a uint16
            self.labels = torch.from_numpy(patches.labels).to(device)  # uint8 (P, H, W)
        except torch.OutOfMemoryError as e:
            gigabytes = (sum(p.nbytes for p in pictures) + height.nbytes + patches.labels.nbytes) / 1e9
            raise DeviceError(f"the patches take {gigabytes:.1f} GB, more than {device} has free: build fewer") from e
        self.unit_code = patches.metres_per_unit / height_code.max_m
        self.weights = self._weights() if even else torch.ones(count)  # (P,) on the CPU

    def _weights(self) -> Tensor:
        # Patch by patch: counting takes them as integers of eight bytes.
        pixels = torch.stack([m.flatten().bincount(minlength=len(CLASSES)) for m in self.labels]).cpu()  # (P, 7)
        return (pixels / pixels.sum(0).clamp_min(1)).sum(1)

    def draw(self, count: int, random: torch.Generator, share: slice = ALL) -> Batch:
        """Draw `count` crops at places chosen by `random`, a generator on the CPU, and cut out `share` of them."""
        _, rows, columns = self.labels.shape
        s, device = self.crop, self.labels.device
        chosen = torch.multinomial(self.weights, count, replacement=True, generator=random)
        corners = [torch.randint(n - s + 1, (count,), generator=random) for n in (rows, columns)]
        places = torch.stack([chosen, *corners])  # (3, count)
        p, y, x = places[:, share, None, None].to(device, non_blocking=True)  # 3 x (N, 1, 1)
        side = torch.arange(s, device=device)
        window = (p, y + side[:, None], x + side)  # (N, S, S) when put together

        colours = torch.cat([picture[window] for picture in self.pictures], 3)  # (N, S, S, 3 T)
        terrain = colours.permute(0, 3, 1, 2).float() / 127.5 - 1  # (N, 3 T, S, S)
        units = self.height[window][:, None].int() & 0xFFFF  # (N, 1, S, S)
        height = 2 * (units.float() * self.unit_code).sqrt() - 1
        return Batch(_channels_last(terrain), height, _channels_last(one_hot(self.labels[window])))


def one_hot(labels: Tensor) -> Tensor:
    """Labels, integers `(N, H, W)` of 0..6, as networks see them: float `(N, 7, H, W)`."""
    classes = torch.arange(len(CLASSES), dtype=labels.dtype, device=labels.device)
    return (labels[..., None] == classes).permute(0, 3, 1, 2).float()


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
