"""Making one patch from its plan: the piece of work that a pool, or a cluster, does many of."""

import os
import signal
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.palette import WATER, Labels, class_shares
from spade_terrain.world.classes.cells import cell_features
from spade_terrain.world.classes.classifier import MODEL_FILE, load_classifier
from spade_terrain.world.dataset.patches import write_patch
from spade_terrain.world.dataset.segmentation import Brush, paint, random_brush
from spade_terrain.world.masked import Mask
from spade_terrain.world.rasters.heights import HeightCode
from spade_terrain.world.rasters.overview import Overview
from spade_terrain.world.rasters.pair import Rasters, RawPatch, open_rasters, read_patch
from spade_terrain.world.rasters.patches import SPLITS, PatchPlan, candidates, only_split, split_of, wanted_split
from spade_terrain.world.rasters.registration import Registration
from spade_terrain.world.water import lake_share, painted_water, remove_water, sea_mask, without_ponds

MIN_LAND = 0.25
"""Share of a patch that must be land."""

MAX_LAKES = 0.02
"""Share of a patch that big lakes may cover: they are filled in, and a large filling looks invented."""

MAX_ONE_CLASS = 0.9
"""Share of a patch that one class may cover: a whole patch of Sahara has little to teach about painted maps."""

_PLACES = 4000
_LOOKS = 40


@dataclass(frozen=True)
class Job:
    """What every patch of a data set has in common.

    Attributes:
        terrain: the Terrain raster's file.
        height: the Height raster's file.
        height_code: how it writes heights, as `open_rasters` takes it.
        folder: where patches are written.
        seed: the data set's seed.
        size: pixels a side.
        overview: the world at a glance.
        classes: the pixel classifier's file.
        keep_rivers: whether rivers stay in the Terrain patches.
        registration: how far the rasters lie apart, if that is to be put right.

    """

    terrain: Path
    height: Path
    height_code: HeightCode
    folder: Path
    seed: int
    size: int
    overview: Overview
    classes: Path = MODEL_FILE
    keep_rivers: bool = False
    registration: Registration | None = None


@dataclass(frozen=True)
class Ground:
    """A patch ready to be painted: sea flat, rivers gone unless they were to be kept.

    Attributes:
        terrain: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; 0 on the sea.
        sea: bool `(H, W)`.
        classes: uint8 `(H, W)`, land class of each pixel.

    """

    terrain: NDArray[np.uint8]
    height: NDArray[np.float32]
    sea: Mask
    classes: Labels


_worker: dict[str, Any] = {}


def start(job: Job) -> None:
    """Make this process one of a pool's workers: it opens the rasters, since GDAL's handles can't be shared."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then says one line
    Thread(target=_die_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    opened = open_rasters(job.terrain, job.height, job.height_code, job.registration)
    _worker.update(job=job, opened=opened, rasters=opened.__enter__())


def _die_with_parent() -> None:
    """End this process when its parent was killed; a pool's workers would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def make(number: int) -> dict[str, Any]:
    """Find a place for patch `number` of this process's job, write its files, and return its entry of the index."""
    job: Job = _worker["job"]
    plan, ground = find(number, job, _worker["rasters"])
    labels, terrain, height, brush = paint_ground(ground, job, number)
    name = f"{number:04d}"
    write_patch(job.folder, name, terrain, height, labels)
    return entry(name, plan, labels, brush)


def find(number: int, job: Job, rasters: Rasters) -> tuple[PatchPlan, Ground]:
    """Find the place of patch `number`: the first candidate with enough land, no nodata, no big lake and one split.

    Rasters of a small region may hold no place of the split that is this number's turn; then any split will do.
    """
    wanted = wanted_split(number)
    looks = 0
    for turn, (lat, lon) in enumerate(islice(candidates(job.seed, number, rasters.bounds), 2 * _PLACES)):
        any_split = turn >= _PLACES or looks >= _LOOKS
        if looks >= 2 * _LOOKS:
            break
        # The centre alone rules most places out, at almost no cost.
        if not any_split and wanted != SPLITS[int(split_of(np.array(lat), np.array(lon)))]:
            continue
        land, whole = job.overview.look(lat, lon, job.size)
        if land < MIN_LAND or not whole:
            continue
        split = only_split(lat, lon, job.size)
        if split is None or (split != wanted and not any_split):
            continue
        looks += 1
        raw = read_patch(rasters, lat, lon, job.size)
        sea_rgb = job.overview.sea_rgb
        ground = prepare(raw, sea_rgb, job.classes, keep_rivers=job.keep_rivers) if raw is not None else None
        if ground is not None:
            return PatchPlan(number, job.seed, lat, lon, split, job.size), ground
    raise TerrainError(
        f"found no place for a patch of {job.size} pixels ({job.size * 2} km) with enough land and no missing data; "
        "give rasters of a larger region"
    )


def prepare(
    raw: RawPatch,
    sea_rgb: tuple[int, int, int],
    classes: Path = MODEL_FILE,
    *,
    most: float = MAX_ONE_CLASS,
    keep_rivers: bool = False,
) -> Ground | None:
    """Clean a patch and classify it by the classifier in the file `classes`.

    None if it touches nodata, is mostly sea, holds a big lake, or if one class covers more than `most` of it.
    """
    if not raw.valid.all():
        return None
    height = np.maximum(raw.height, 0)
    sea = without_ponds(sea_mask(raw.terrain, height, sea_rgb))
    if 1 - sea.mean() < MIN_LAND:
        return None
    water = painted_water(raw.terrain, sea)
    if lake_share(water) > MAX_LAKES:
        return None
    height[sea] = 0
    dry = remove_water(raw.terrain, water, sea)
    labels = load_classifier(classes).classify(cell_features(dry, height, sea), sea.shape)
    if np.bincount(labels[~sea]).max() > most * sea.size:
        return None
    return flatten_sea(Ground(raw.terrain if keep_rivers else dry, height, sea, labels), sea_rgb)


def flatten_sea(ground: Ground, sea_rgb: tuple[int, int, int]) -> Ground:
    """`ground` changed in place: the sea at 0 m, and in its one colour but for the coast's own pixels."""
    # The resampled coast rings a little; the open sea must not.
    ground.terrain[cv2.erode(ground.sea.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = sea_rgb
    ground.height[ground.sea] = 0
    return ground


def paint_ground(ground: Ground, job: Job, number: int) -> tuple[Labels, NDArray[np.uint8], NDArray[np.float32], Brush]:
    """Labels, terrain and height of patch `number` as they are written, and the brush that painted the labels."""
    brush = random_brush(np.random.default_rng((job.seed, number, 1)))
    labels = paint(ground.classes, ground.sea, brush)
    terrain, height = sweep_water(ground, labels, job.overview.sea_rgb)
    return labels, terrain, height, brush


def sweep_water(
    ground: Ground, labels: Labels, sea_rgb: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Terrain and height with everything under painted water, small islands too, made flat sea."""
    water = labels == WATER
    terrain, height = ground.terrain.copy(), ground.height.copy()
    terrain[water] = sea_rgb
    height[water] = 0
    return terrain, height


def entry(name: str, plan: PatchPlan, labels: Labels, brush: Brush) -> dict[str, Any]:
    """What the index says of a patch."""
    return {
        "name": name,
        "number": plan.number,
        "lat": round(plan.lat, 5),
        "lon": round(plan.lon, 5),
        "split": plan.split,
        "shares": {n: round(s, 4) for n, s in class_shares(labels).items()},
        "segmentation": asdict(brush),
    }
