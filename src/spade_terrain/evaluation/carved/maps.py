"""Maps, generated and carved by water."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from spade_terrain.drainage.carve import carve
from spade_terrain.drainage.fields.resampling import Field, enlarge
from spade_terrain.drainage.flow.routing import LAND, SEA
from spade_terrain.drainage.measures.relief import moved
from spade_terrain.drainage.painted.land import drained_labels
from spade_terrain.drainage.painted.water import painted_water
from spade_terrain.evaluation.carved.land import Land, measure_land
from spade_terrain.palette import Labels
from spade_terrain.terrain import Terrain


class CarvedLand(NamedTuple):
    """A map's land at the finer scale.

    Attributes:
        carved: by water.
        enlarged: as the network made it.
        moved: how far land at 20 km lies from where it was, rms, as a share of its range.

    """

    carved: Land
    enlarged: Land
    moved: float


def measure_map(labels: Labels, make: Callable[[Labels], Terrain], gsd: float, detail: int) -> CarvedLand:
    """Generate a map, carve it as `generate` with `detail` does, and measure it.

    Args:
        labels: the map, uint8 `(H, W)`, 0..6.
        make: makes the network's terrain of labels.
        gsd: metres a pixel of the map.
        detail: how much finer the land is.

    """
    water = painted_water(labels, gsd)
    terrain = make(drained_labels(labels, water.lakes | water.rivers))
    lakes = water.lakes if water.lakes.any() else None
    drained = carve(terrain.height, terrain.labels, terrain.seed, detail, gsd, lakes, courses=water.courses)
    classes = terrain.labels.repeat(detail, 0).repeat(detail, 1)
    carved = measure_land(drained.height, drained.water, drained.spacing, classes)
    apart = moved(drained.height, terrain.height, terrain.height > 0, detail)
    return CarvedLand(carved, _enlarged(terrain.height, gsd, detail), apart)


def _enlarged(heights: Field, gsd: float, detail: int) -> Land:
    """The land that was not carved."""
    land = np.where(heights > 0, LAND, SEA).astype(np.uint8)
    return measure_land(enlarge(heights, detail), land.repeat(detail, 0).repeat(detail, 1), gsd / detail)
