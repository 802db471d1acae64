"""Figures of docs/training-set.md that a finished set can't tell: how maps of the same ground agree, and of rivers.

python tools/measure_training_set.py terrain.tif height.tif
"""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.world.build.cleaning import ClassRules, clean_patch
from spade_terrain.world.dataset.clean_patch import CleanPatch
from spade_terrain.world.dataset.segmentation import paint, random_brush
from spade_terrain.world.masked import Mask
from spade_terrain.world.places import candidates
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair, RawPatch, read_patch
from spade_terrain.world.water import painted_water, remove_water

PLACES = 60
SIZE = 512


def main(terrain: Path, height: Path) -> None:
    """Measure and print."""
    agreements, rivers = [], []
    for number, (raw, patch, water) in enumerate(places(terrain, height)):
        agreements.append(agreement(patch, number))
        rivers.append((raw, patch, water))
    print(f"{len(agreements)} patches of {SIZE} x {SIZE} pixels")
    low, middle, high = np.percentile(agreements, (5, 50, 95))
    print(
        f"two maps of the same ground agree on {middle:.1%} of the pixels (5th to 95th percentile {low:.1%}-{high:.1%})"
    )
    print(f"painted rivers and lakes: {np.mean([water.mean() for _, _, water in rivers]):.2%} of the pixels")
    river, other = np.mean([beds(patch, water) for _, patch, water in rivers], 0)
    print(f"ground below the mean of 20 km around it: {river:.0%} of the river's pixels, {other:.0%} of other land")
    contrast = np.concatenate([contrasts(raw, patch, water) for raw, patch, water in rivers])
    print(f"a river differs from its filling by {contrast.mean():.1f} levels (mean over its pixels)")
    errors = [filling_error(patch, rivers[i - 1][2]) for i, (_, patch, _) in enumerate(rivers)]
    print(f"ground that was covered by another patch's rivers and filled in is off by {np.mean(errors):.1f} levels")


def places(terrain: Path, height: Path) -> Iterator[tuple[RawPatch, CleanPatch, Mask]]:
    """The first `PLACES` places that make a patch: as read, cleaned, and its painted water."""
    with RasterPair(terrain, height).open() as rasters:
        overview = make_overview(rasters)

        def patches() -> Iterator[tuple[RawPatch, CleanPatch, Mask]]:
            for lat, lon in candidates(7, 0, rasters.bounds):
                raw = read_patch(rasters, lat, lon, SIZE) if overview.coverage(lat, lon, SIZE)[0] > 0.3 else None
                patch = clean_patch(raw, overview, ClassRules()) if raw is not None else None
                if raw is not None and patch is not None:
                    yield raw, patch, painted_water(raw.terrain, patch.sea)

        yield from islice(patches(), PLACES)


def agreement(patch: CleanPatch, number: int) -> float:
    """The share of pixels on which two maps, painted by two random brushes, have the same label."""
    one, other = (paint(patch.classes, patch.sea, random_brush(np.random.default_rng((number, i)))) for i in (0, 1))
    return float((one == other).mean())


def beds(patch: CleanPatch, water: Mask) -> tuple[float, float]:
    """The share of ground lower than its surroundings of 20 km, under rivers and on other land."""
    low = patch.height < cv2.blur(patch.height, (11, 11)) - 1
    return float(low[water].mean()), float(low[~water & ~patch.sea].mean())


def contrasts(raw: RawPatch, patch: CleanPatch, water: Mask) -> NDArray[np.float64]:
    """Mean absolute difference over the colours of each river pixel and its filling, levels of 0..255."""
    levels: NDArray[np.float64] = np.abs(raw.terrain[water].astype(float) - patch.terrain[water]).mean(1)
    return levels


def filling_error(patch: CleanPatch, water: Mask) -> float:
    """The same, of land and what fills it when `water`, another patch's rivers, is taken out of it."""
    land = water & ~patch.sea
    filled = remove_water(patch.terrain, land, patch.sea)
    return float(np.abs(filled[land].astype(float) - patch.terrain[land]).mean()) if land.any() else 0.0


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
