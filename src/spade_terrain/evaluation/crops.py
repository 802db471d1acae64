"""The crops that evaluation looks at: random places in real patches, and the real terrain there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, ParameterError
from spade_terrain.palette import WATER, Labels
from spade_terrain.world.dataset.patches import Patches

MIN_LAND = 0.2
"""Share of a crop that must be land: most figures are of land alone."""

PICTURES = ("terrain", "satellite", "height")
"""What realism is measured of: pictures of an `EvaluatedPatch`; `satellite` where both model and data have one."""

_TRIES = 200  # places looked at for each crop wanted, before the split is found to hold too little land


@dataclass(frozen=True)
class Crop:
    """A square place in a patch.

    Attributes:
        patch: the patch's number in its split.
        y: first row.
        x: first column.
        size: pixels a side.

    """

    patch: int
    y: int
    x: int
    size: int

    @property
    def window(self) -> tuple[int, slice, slice]:
        """The place as an index into arrays `(N, H, W, ...)`."""
        return self.patch, slice(self.y, self.y + self.size), slice(self.x, self.x + self.size)


@dataclass(frozen=True)
class EvaluatedPatch:
    """A piece of terrain, real or fake, as it is measured.

    Attributes:
        terrain: uint8 RGB `(S, S, 3)`, lit from the north-west.
        height: float32 `(S, S)`, metres.
        labels: uint8 `(S, S)`, 0..6: the segmentation map.
        satellite: uint8 RGB `(S, S, 3)`, the land as a satellite sees it, lit as it is; None where there is no such
            picture.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    labels: Labels
    satellite: NDArray[np.uint8] | None = None


def draw_crops(labels: Labels, count: int, size: int, seed: int) -> list[Crop]:
    """Draw `count` random places of `size` pixels a side in patches of labels `(N, H, W)`; any two may overlap.

    A place with less than 20% land is drawn again. Raises `ParameterError` if crops don't fit into the patches,
    `DataError` if there is hardly any land.
    """
    patches, rows, columns = labels.shape
    if size > min(rows, columns):
        raise ParameterError(f"the patches have {columns} x {rows} pixels: `size` {size} is too large")
    rng = np.random.default_rng(seed)
    crops: list[Crop] = []
    for _ in range(_TRIES * count):
        patch, y, x = (int(rng.integers(n)) for n in (patches, rows - size + 1, columns - size + 1))
        crop = Crop(patch, y, x, size)
        if (labels[crop.window] != WATER).mean() >= MIN_LAND:
            crops.append(crop)
        if len(crops) == count:
            return crops
    raise DataError(f"the split has too little land for {count} crops of `size` {size}")


def real_patch(patches: Patches, crop: Crop) -> EvaluatedPatch:
    """The real terrain at `crop`."""
    metres = patches.height[crop.window] * np.float32(patches.metres_per_unit)
    satellite = None if patches.satellite is None else patches.satellite[crop.window]
    return EvaluatedPatch(patches.terrain[crop.window], metres, patches.labels[crop.window], satellite)
