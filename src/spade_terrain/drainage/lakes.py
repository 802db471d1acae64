"""The lakes of drained land."""

import numpy as np

from spade_terrain.drainage.carve import Drained
from spade_terrain.drainage.fields.components import components
from spade_terrain.drainage.flow.routing import CLOSED_LAKE, LAKE
from spade_terrain.storage.scratch import MEMORY, Scratch
from spade_terrain.terrain import Lake


def list_lakes(drained: Drained, scratch: Scratch = MEMORY) -> list[Lake]:
    """List lakes, from the north on; `scratch` is where it may work."""
    width = drained.water.shape[1]
    lakes = []
    for kind in (LAKE, CLOSED_LAKE):
        numbers, count = components(drained.water == kind, scratch)
        pixels = np.flatnonzero(numbers)
        number = numbers.ravel()[pixels]
        sizes = np.bincount(number, minlength=count + 1)
        firsts = pixels[np.unique(number, return_index=True)[1]]
        outlets = np.zeros(count + 1, np.int64)
        if kind == LAKE:
            receivers = drained.receivers[pixels]
            leaves = drained.water.ravel()[receivers] != LAKE
            outlets[number[leaves]] = receivers[leaves]
        for i, first in enumerate(firsts, 1):
            place, outlet = divmod(int(first), width), divmod(int(outlets[i]), width)
            area = float(sizes[i] * drained.spacing**2 / 1e6)
            lakes.append(Lake(float(drained.height[place]), area, outlet if kind == LAKE else None, place))
    return sorted(lakes, key=lambda lake: lake.place)
