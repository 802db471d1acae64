"""Making one patch: a pure function of the patch's number, the plan of its set, and the rasters."""

from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError
from spade_terrain.palette import Labels, class_shares
from spade_terrain.world.build.cleaning import MIN_LAND, ClassRules, clean_patch
from spade_terrain.world.dataset.clean_patch import CleanPatch, flatten_painted_water
from spade_terrain.world.dataset.segmentation import Brush, paint, random_brush
from spade_terrain.world.places import SPLITS, Split, candidates, only_split, split_of
from spade_terrain.world.rasters.overview import Overview
from spade_terrain.world.rasters.pair import Rasters, read_patch

_MAX_PLACES = 4000
_MAX_READS = 40
"""Places tried, and patches read, for the wanted split; as many again for any split."""


@dataclass(frozen=True)
class BuildPlan:
    """What every patch of a training set has in common.

    Attributes:
        seed: the set's seed.
        size: pixels a side.
        overview: the overview of the rasters.
        rules: how ground is read into classes.

    """

    seed: int
    size: int
    overview: Overview
    rules: ClassRules = field(default_factory=ClassRules)


@dataclass(frozen=True)
class Site:
    """Where a patch lies.

    Attributes:
        lat: latitude of its centre, degrees.
        lon: longitude of its centre, degrees.
        split: the split that holds all of it.

    """

    lat: float
    lon: float
    split: Split


@dataclass(frozen=True)
class Patch:
    """A patch as it is written.

    Attributes:
        name: what its files' names begin with.
        terrain: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; 0 under painted water.
        labels: uint8 `(H, W)`, 0..6.
        satellite: uint8 RGB `(H, W, 3)`, if there is a satellite picture.
        index_entry: what the index says of it.

    """

    name: str
    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    labels: Labels
    satellite: NDArray[np.uint8] | None
    index_entry: dict[str, Any]


def make_patch(number: int, plan: BuildPlan, rasters: Rasters) -> Patch:
    """Make patch `number` of a set.

    Raises `DataError` if the rasters have no place for it, or one of them turns out to be damaged.
    """
    site, clean = find_site(number, plan, rasters)
    brush = random_brush(np.random.default_rng((plan.seed, number, 1)))
    labels = paint(clean.classes, clean.sea, brush)
    overview = plan.overview
    terrain, height, satellite = flatten_painted_water(clean, labels, overview.sea_rgb, overview.satellite_sea_rgb)
    name = f"{number:04d}"
    return Patch(name, terrain, height, labels, satellite, _index_entry(number, name, site, labels, brush))


def find_site(number: int, plan: BuildPlan, rasters: Rasters) -> tuple[Site, CleanPatch]:
    """Find the place of patch `number`: the first candidate with enough land, no nodata, no big lake and one split.

    Rasters of a small region may hold no place of the split that is this number's turn; then any split will do.
    """
    wanted = wanted_split(number)
    reads = 0
    for turn, (lat, lon) in enumerate(islice(candidates(plan.seed, number, rasters.bounds), 2 * _MAX_PLACES)):
        any_split = turn >= _MAX_PLACES or reads >= _MAX_READS
        if reads >= 2 * _MAX_READS:
            break
        # The centre alone rules most places out, at almost no cost.
        if not any_split and wanted != SPLITS[int(split_of(np.array(lat), np.array(lon)))]:
            continue
        land, complete = plan.overview.coverage(lat, lon, plan.size)
        if land < MIN_LAND or not complete:
            continue
        split = only_split(lat, lon, plan.size)
        if split is None or (split != wanted and not any_split):
            continue
        reads += 1
        raw = read_patch(rasters, lat, lon, plan.size)
        clean = clean_patch(raw, plan.overview, plan.rules) if raw is not None else None
        if clean is not None:
            return Site(lat, lon, split), clean
    raise DataError(
        f"found no place for a patch of {plan.size} pixels ({plan.size * 2} km) with enough land and no missing data; "
        "give rasters of a larger region"
    )


def wanted_split(number: int) -> Split:
    """The split that patch `number` is to be found in: of every ten, the fifth is val and the tenth is test."""
    return {4: "val", 9: "test"}.get(number % 10, "train")  # type: ignore[return-value]


def _index_entry(number: int, name: str, site: Site, labels: Labels, brush: Brush) -> dict[str, Any]:
    return {
        "name": name,
        "number": number,
        "lat": round(site.lat, 5),
        "lon": round(site.lon, 5),
        "split": site.split,
        "shares": {n: round(s, 4) for n, s in class_shares(labels).items()},
        "segmentation": asdict(brush),
    }
