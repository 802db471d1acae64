"""Figures of docs/training-set.md that a finished set can't tell: how maps of the same ground agree, rivers, light.

python tools/measure_training_set.py terrain.tif height.tif
python tools/measure_training_set.py terrain.tif height.tif satellite.tif registration.npz

The second one measures only how much light of one side is in the terrain and in the satellite picture.
"""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.palette import NAMES
from spade_terrain.terrain import GSD
from spade_terrain.world.build.cleaning import ClassRules, clean_patch
from spade_terrain.world.dataset.clean_patch import LOWEST_LAND_M, CleanPatch
from spade_terrain.world.dataset.segmentation import paint, random_brush
from spade_terrain.world.masked import Mask, masked_blur
from spade_terrain.world.places import candidates
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair, RawPatch, read_patch
from spade_terrain.world.rasters.registration.stored import Registration
from spade_terrain.world.water import BLUE, SHORE_PX, grown, painted_water, remove_water

PLACES = 60
SIZE = 512
DETAIL_PX = 4.0


def main(terrain: Path, height: Path) -> None:
    """Measure and print."""
    agreements, rivers, coasts = [], [], []
    for number, (raw, patch, water) in enumerate(places(RasterPair(terrain, height))):
        agreements.append(agreement(patch, number))
        rivers.append((raw, patch, water))
        coasts.append(coast(raw, patch))
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
    land, blue, filled, too_low = np.sum(coasts, 0)
    print(f"of the land within {SHORE_PX} pixels of the sea, {blue / land:.1%} is blue, and {filled / land:.1%} when")
    print(f"filled in; heights have {too_low / land:.1%} of it at less than {LOWEST_LAND_M:g} m")
    errors = [filling_error(patch, rivers[i - 1][2]) for i, (_, patch, _) in enumerate(rivers)]
    print(f"ground that was covered by another patch's rivers and filled in is off by {np.mean(errors):.1f} levels")


def measure_light(pair: RasterPair) -> None:
    """Measure and print, class by class, how far slopes explain lightness, and where the light seems to come from."""
    patches = [patch for _, patch, _ in places(pair)]
    print(f"{len(patches)} patches of {SIZE} x {SIZE} pixels")
    for kind in ("terrain", "satellite"):
        sums = np.sum([products(patch, getattr(patch, kind)) for patch in patches], axis=0)
        for label, name in enumerate((*NAMES[1:], "all land"), start=1):
            share, azimuth, levels = light(sums[label] if label < len(NAMES) else sums.sum(0))
            print(
                f"{kind:<9} {name:<9} {share:6.2%} of the variance, from {azimuth:3.0f} degrees, {levels:5.1f} levels"
            )


def products(patch: CleanPatch, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Sums of products of slope to the east, slope to the south (metres per metre) and fine lightness, by class.

    Lightness is CIE L* of 0..255, less its mean within some 16 km.
    """
    lightness = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32)
    near_sea = grown(patch.sea, cv2.MORPH_RECT, 2)
    fine = lightness - masked_blur(lightness, ~near_sea, DETAIL_PX)
    south, east = np.gradient(patch.height, GSD)
    values = np.stack([east, south, fine])[:, ~near_sea].astype(np.float64)  # (3, pixels)
    classes = patch.classes[~near_sea]
    return np.stack([values[:, classes == c] @ values[:, classes == c].T for c in range(len(NAMES))])  # (7, 3, 3)


def light(sums: NDArray[np.float64]) -> tuple[float, float, float]:
    """Of sums of products `(3, 3)`: the share of the lightness that slopes explain, and the light that would do so.

    Returns the share, the azimuth in degrees that the light comes from, and the levels of lightness that a slope of 10%
    that faces it is brighter than level ground.
    """
    toward = np.linalg.solve(sums[:2, :2], sums[:2, 2])
    # Ground that rises to the east faces west, and ground that rises to the south faces north.
    azimuth = np.rad2deg(np.arctan2(-toward[0], toward[1])) % 360
    return float(toward @ sums[:2, 2] / sums[2, 2]), float(azimuth), float(0.1 * np.hypot(*toward))


def places(pair: RasterPair) -> Iterator[tuple[RawPatch, CleanPatch, Mask]]:
    """The first `PLACES` places that make a patch: as read, cleaned, and its painted water."""
    with pair.open() as rasters:
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


def coast(raw: RawPatch, patch: CleanPatch) -> tuple[int, int, int, int]:
    """Pixels of land along the sea: all, those that are blue as read and once cleaned, and those that lie too low."""
    shore = grown(patch.sea, cv2.MORPH_RECT, SHORE_PX) & ~patch.sea
    blue, filled = (
        terrain[shore][:, 2] - terrain[shore][:, 0] > BLUE
        for terrain in (raw.terrain.astype(int), patch.terrain.astype(int))
    )
    return int(shore.sum()), int(blue.sum()), int(filled.sum()), int((raw.height[shore] < LOWEST_LAND_M).sum())


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
    if len(sys.argv) > 3:
        terrain, height, satellite, registration = map(Path, sys.argv[1:])
        measure_light(RasterPair(terrain, height, "metres", Registration.load(registration), satellite))
    else:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
