"""Fitting the colour clusters of `classes.json` anew, for another Terrain map or another number of clusters.

    refit(Path("terrain.tif"), Path("height.tif"), Path("classes.json"))

Each new cluster takes the class of the nearest reviewed one. Look at pictures of the classes (`contact_sheet`) and
put right what is wrong in the file before it replaces the one beside this module.
"""

import json
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import NAMES
from spade_terrain.world.classes import ClassModel, class_model, nearest_centre
from spade_terrain.world.features import features, painted_water, remove_water, sea_mask
from spade_terrain.world.overview import Overview, survey
from spade_terrain.world.patches import candidates
from spade_terrain.world.rasters import Rasters, open_rasters, read_patch

_SIZE = 256


def refit(terrain: Path, height: Path, out: Path, *, clusters: int = 20, places: int = 400, seed: int = 0) -> None:
    """Fit `clusters` colours to flat land at `places` places of the two rasters, and write the classes to `out`.

    Only flat ground counts, since only there colour decides. Raises `TerrainError` as `open_rasters` does.
    """
    old = class_model()
    with open_rasters(terrain, height) as rasters:
        lab, relief = sample_land(rasters, places, seed)
    centres = fit_centres(lab[relief < old.hills_m], clusters, seed)
    labels = old.labels[nearest_centre(centres, old.centres)]
    write_model(ClassModel(old.hills_m, old.mountains_m, centres, labels), out)


def sample_land(rasters: Rasters, places: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Smoothed Lab colours (float32 `(N, 3)`) and local relief (float32 `(N,)`, metres) of land pixels.

    They come from up to `places` places, uniform on the raster's part of the sphere, each with as many as it has land.
    """
    overview = survey(rasters)
    rng = np.random.default_rng(seed)
    colours, reliefs = [np.empty((0, 3), np.float32)], [np.empty(0, np.float32)]
    found = 0
    for lat, lon in islice(candidates(seed, 0, rasters.bounds), 20 * places):
        land, _ = overview.look(lat, lon, _SIZE)
        sample = _sample_place(rasters, overview, lat, lon, rng) if land > 0.05 else None
        if sample is not None:
            colours.append(sample[0])
            reliefs.append(sample[1])
            found += 1
        if found == places:
            break
    return np.concatenate(colours), np.concatenate(reliefs)


def fit_centres(lab: NDArray[np.float32], clusters: int, seed: int) -> NDArray[np.float32]:
    """k-means centres `(clusters, 3)` of Lab colours `(N, 3)`, lightest first; the same for the same seed."""
    from sklearn.cluster import KMeans

    fit = KMeans(clusters, n_init=4, random_state=seed).fit(lab)
    centres: NDArray[np.float32] = fit.cluster_centers_.astype(np.float32)
    return centres[centres[:, 0].argsort()[::-1]]


def write_model(model: ClassModel, out: Path) -> None:
    """Write `model` as `class_model` reads it."""
    rows = [
        json.dumps({"lab": [round(float(v), 2) for v in centre], "class": NAMES[label]})
        for centre, label in zip(model.centres, model.labels, strict=True)
    ]
    relief = json.dumps({"hills": model.hills_m, "mountains": model.mountains_m})
    out.write_text('{\n "relief_m": ' + relief + ',\n "clusters": [\n  ' + ",\n  ".join(rows) + "\n ]\n}\n")


def _sample_place(
    rasters: Rasters, overview: Overview, lat: float, lon: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    raw = read_patch(rasters, lat, lon, _SIZE)
    if raw is None:
        return None
    height = np.maximum(raw.height, 0)
    sea = sea_mask(raw.terrain, height, overview.sea_rgb)
    # A void may be painted as sea: its pixels are neither land nor the land's surroundings.
    land = ~sea & raw.valid
    terrain = remove_water(raw.terrain, painted_water(raw.terrain, sea), sea)
    f = features(terrain, height, ~land)
    chosen = rng.choice(np.flatnonzero(land), int(land.sum()) // 100, replace=False)
    return f.lab.reshape(-1, 3)[chosen], f.relief.ravel()[chosen]
