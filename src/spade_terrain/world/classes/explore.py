"""From two rasters to clusters of their land, with a report, for a person to name."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import DataError, FileInTheWayError, ParameterError
from spade_terrain.storage.files import sole_run, staged
from spade_terrain.world.classes.cells import CELL
from spade_terrain.world.classes.clustering import CLUSTERS_FILE, cluster
from spade_terrain.world.classes.land_sample import SAMPLE_FILE, SIZE, Sample, read_land, sample_land
from spade_terrain.world.classes.naming import NAMES_FILE, draft
from spade_terrain.world.classes.report import write_report
from spade_terrain.world.classes.summary import summarise
from spade_terrain.world.rasters.overview import Overview, make_overview
from spade_terrain.world.rasters.pair import RasterPair, Rasters

EXAMPLES = 8
"""Example patches of each cluster."""

_EXAMPLE_SIDE = 96  # pixels


def explore(pair: RasterPair, out: Path, *, pixels: int = 200_000, clusters: int = 32, seed: int = 0) -> None:
    """Sample the land of the two rasters, cluster it, and write what a person needs to name the clusters.

    The folder `out` (made if missing) gets `report.html` with its pictures, the draft `classes.toml`, and
    `sample.npz` and `clusters.npz`, which `learn` goes on from.

    Raises `ParameterError` if an argument can't be, `FileInTheWayError` if `out` is in use, `DataError` if the rasters
    hold too little land, or whatever `RasterPair.open` and `make_overview` find wrong.
    """
    if not 2 <= clusters <= 200:
        raise ParameterError(f"`clusters` is {clusters}; use from 2 to 200")
    if pixels < 50 * clusters:
        raise ParameterError(f"`pixels` is {pixels}; {clusters} clusters need {50 * clusters} or more")
    with sole_run(out):
        if (out / NAMES_FILE).exists():
            raise FileInTheWayError(
                f"{out / NAMES_FILE} is there already; give another `out`, so that no names are lost"
            )
        _explore(pair, out, pixels, clusters, seed)


def _explore(pair: RasterPair, out: Path, pixels: int, clusters: int, seed: int) -> None:
    with pair.open() as rasters:
        overview = make_overview(rasters)
        sample = sample_land(rasters, overview, pixels, seed)
        clustering = cluster(sample.features, clusters, seed)
        examples = [
            draw_examples(rasters, overview, sample, np.flatnonzero(clustering.cluster == k), seed)
            for k in range(clustering.cluster.max() + 1)
        ]
    summaries = summarise(sample, clustering)
    with staged(out) as stage:
        sample.save(stage / SAMPLE_FILE)
        clustering.save(stage / CLUSTERS_FILE)
        names = draft(clustering, [s.remark for s in summaries])
        (stage / NAMES_FILE).write_text(names, encoding="utf-8", newline="\n")
        write_report(stage, sample, clustering, summaries, examples)


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
        land = read_land(rasters, overview, float(sample.lat[place]), float(sample.lon[place]))
        if land is None:
            raise DataError("the rasters have changed since they were sampled")
        row, column = divmod(int(sample.cell[cell]), SIZE // CELL)
        y, x = (int(np.clip(CELL * at - _EXAMPLE_SIDE // 2, 0, SIZE - _EXAMPLE_SIDE)) for at in (row, column))
        patch = land.terrain[y : y + _EXAMPLE_SIDE, x : x + _EXAMPLE_SIDE].copy()
        cv2.circle(patch, (CELL * column - x, CELL * row - y), 5, (200, 30, 30), 1, cv2.LINE_AA)
        patches.append(patch)
    return patches
