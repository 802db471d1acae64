"""From two rasters to clusters with a report, and from the clusters a person named to a pixel classifier."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.files import staged, whole_file
from spade_terrain.palette import NAMES
from spade_terrain.world.classes import report as clusters_report
from spade_terrain.world.classes.cells import CELL, FEATURES
from spade_terrain.world.classes.clustering import Clustering, cluster
from spade_terrain.world.classes.fitting import Score, to_onnx, train
from spade_terrain.world.classes.land_sample import SIZE, Sample, read_ground, sample_land
from spade_terrain.world.classes.naming import draft, read_naming
from spade_terrain.world.classes.report import Kind
from spade_terrain.world.rasters.heights import HeightCode
from spade_terrain.world.rasters.overview import Overview, survey
from spade_terrain.world.rasters.pair import Rasters, open_rasters
from spade_terrain.world.rasters.registration import Registration

SAMPLE, CLUSTERS, NAMES_FILE = "sample.npz", "clusters.npz", "classes.toml"
EXAMPLES = 8
"""Example patches of each cluster."""

_EXAMPLE_SIDE = 96  # pixels


@dataclass(frozen=True)
class Classes:
    """A trained classifier.

    Attributes:
        score: how it reads places it has not seen.
        shares: each land class's share of the sampled land, 0..1.

    """

    score: Score
    shares: dict[str, float]


def explore(
    terrain: Path,
    height: Path,
    out: Path,
    *,
    pixels: int = 200_000,
    clusters: int = 32,
    seed: int = 0,
    height_code: HeightCode = "metres",
    registration: Registration | None = None,
) -> None:
    """Sample the land of the two rasters, cluster it, and write what a person needs to name the clusters.

    The folder `out` (made if missing) gets `report.html` with its pictures, the draft `classes.toml`, and
    `sample.npz` and `clusters.npz`, which `learn` goes on from.

    Raises `TerrainError` if an argument can't be, `out` is in use, or for whatever `open_rasters` finds wrong.
    """
    if not 2 <= clusters <= 200:
        raise TerrainError(f"--clusters is {clusters}; use from 2 to 200")
    if pixels < 50 * clusters:
        raise TerrainError(f"--pixels is {pixels}; {clusters} clusters need {50 * clusters} or more")
    if (out / NAMES_FILE).exists():
        raise TerrainError(f"{out / NAMES_FILE} is there already; give another --out, so that no names are lost")
    with open_rasters(terrain, height, height_code, registration) as rasters:
        overview = survey(rasters)
        sample = sample_land(rasters, overview, pixels, seed)
        clustering = cluster(sample.features, clusters, seed)
        examples = [
            draw_examples(rasters, overview, sample, np.flatnonzero(clustering.cluster == k), seed)
            for k in range(clustering.cluster.max() + 1)
        ]
    kinds = describe(sample, clustering)
    with staged(out) as stage:
        sample.save(stage / SAMPLE)
        clustering.save(stage / CLUSTERS)
        (stage / NAMES_FILE).write_text(draft(clustering, [k.remark for k in kinds]), encoding="utf-8", newline="\n")
        clusters_report.write(stage, sample, clustering, kinds, examples)


def learn(folder: Path, names: Path, out: Path, *, seed: int = 0) -> Classes:
    """Train a pixel classifier on the clusters of `folder` as the file `names` names them, and write it to `out`.

    Raises `TerrainError` if the folder holds no clusters, or the names don't fit them; nothing is written then.
    """
    try:
        sample, clustering = Sample.load(folder / SAMPLE), Clustering.load(folder / CLUSTERS)
    except (OSError, ValueError, TypeError) as e:
        raise TerrainError(f"{folder} holds no clusters; `spade-terrain world classes` makes such a folder") from e
    labels = read_naming(names).apply(clustering, sample.features)
    with whole_file(out) as file:
        pipeline, score = train(sample, labels, seed)
        shares = {n: float((labels == i).mean()) for i, n in enumerate(NAMES) if (labels == i).any()}
        facts = {
            "clusters": clustering.fingerprint,
            "accuracy": round(score.accuracy, 4),
            "accuracy_by_class": {n: round(a, 4) for n, a in score.by_class.items()},
            "cells": len(labels),
            "held_out": score.held_out,
            "shares": {n: round(s, 4) for n, s in shares.items()},
        }
        file.write_bytes(to_onnx(pipeline, facts))
    return Classes(score, shares)


def describe(sample: Sample, clustering: Clustering) -> list[Kind]:
    """What each cluster is like."""
    kinds = []
    for number in range(clustering.cluster.max() + 1):
        cells = clustering.cluster == number
        middle = dict(zip(FEATURES, np.median(sample.features[cells], 0).tolist(), strict=True))
        lab = np.array([[[middle[f"{c}_6km"] for c in "Lab"]]], np.float32)
        rgb = np.rint(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0] * 255).astype(int)
        height, slope, relief = (middle[n] ** 2 for n in ("height", "slope_8km", "relief_20km"))
        kinds.append(Kind(number, float(cells.mean()), tuple(rgb.tolist()), height, slope, relief))
    return kinds


def draw_examples(
    rasters: Rasters, overview: Overview, sample: Sample, cells: NDArray[np.intp], seed: int
) -> list[NDArray[np.uint8]]:
    """Patches (uint8 RGB) around some of the `cells` (indices into the sample), each at another place if there are."""
    rng = np.random.default_rng((seed, 2))
    shuffled = rng.permutation(cells)
    _, first = np.unique(sample.place[shuffled], return_index=True)
    others = np.setdiff1d(np.arange(len(shuffled)), first)
    patches = []
    for cell in shuffled[np.concatenate([rng.permutation(first), others])[:EXAMPLES]]:
        place = sample.place[cell]
        ground = read_ground(rasters, overview, float(sample.lat[place]), float(sample.lon[place]))
        if ground is None:
            raise TerrainError("the rasters have changed since they were sampled")
        row, column = divmod(int(sample.cell[cell]), SIZE // CELL)
        y, x = (int(np.clip(CELL * at - _EXAMPLE_SIDE // 2, 0, SIZE - _EXAMPLE_SIDE)) for at in (row, column))
        patch = ground.terrain[y : y + _EXAMPLE_SIDE, x : x + _EXAMPLE_SIDE].copy()
        cv2.circle(patch, (CELL * column - x, CELL * row - y), 5, (200, 30, 30), 1, cv2.LINE_AA)
        patches.append(patch)
    return patches
