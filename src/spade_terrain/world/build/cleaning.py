"""A patch as the rasters give it -> one fit for training: no voids, rivers filled in, the sea flat, pixels classed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spade_terrain.world.classes.cells import cell_features
from spade_terrain.world.classes.classifier import MODEL_FILE, load_classifier
from spade_terrain.world.dataset.clean_patch import CleanPatch, flatten_sea
from spade_terrain.world.rasters.overview import Overview
from spade_terrain.world.rasters.pair import RawPatch
from spade_terrain.world.satellite import without_water
from spade_terrain.world.water import lake_share, painted_water, remove_water, sea_mask, without_ponds

MIN_LAND = 0.25
"""Share of a patch that must be land."""

MAX_LAKES = 0.02
"""Share of a patch that big lakes may cover: they are filled in, and a large filling looks invented."""

MAX_ONE_CLASS = 0.9
"""Share of a patch that one class may cover: a whole patch of Sahara has little to teach about painted maps."""


@dataclass(frozen=True)
class ClassRules:
    """How ground is read into classes.

    Attributes:
        classifier: the pixel classifier's file.
        keep_rivers: leave rivers in the terrain, which heights don't know. Classes are read without them in any case.

    """

    classifier: Path = MODEL_FILE
    keep_rivers: bool = False


def clean_patch(
    raw: RawPatch, overview: Overview, rules: ClassRules, *, max_one_class: float = MAX_ONE_CLASS
) -> CleanPatch | None:
    """Clean a patch and classify its pixels.

    None if it touches nodata, is mostly sea, holds a big lake, or if one class covers more than `max_one_class` of it.
    """
    if not raw.valid.all():
        return None
    height = np.maximum(raw.height, 0)
    sea = without_ponds(sea_mask(raw.terrain, height, overview.sea_rgb))
    if 1 - sea.mean() < MIN_LAND:
        return None
    water = painted_water(raw.terrain, sea)
    if lake_share(water) > MAX_LAKES:
        return None
    height[sea] = 0
    without_rivers = remove_water(raw.terrain, water, sea)
    classifier = load_classifier(rules.classifier)
    classes = classifier.classify(cell_features(without_rivers, height, sea), sea.shape)
    if np.bincount(classes[~sea]).max() > max_one_class * sea.size:
        return None
    terrain = raw.terrain if rules.keep_rivers else without_rivers
    satellite = None
    if raw.satellite is not None and overview.satellite_sea_rgb:
        satellite = without_water(raw.satellite, sea, overview.satellite_sea_rgb)
    return flatten_sea(CleanPatch(terrain, height, sea, classes, satellite), overview.sea_rgb)
