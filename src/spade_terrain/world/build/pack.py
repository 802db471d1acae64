"""Packing: choosing few patches that together cover the land, and writing them as one small file."""

import heapq
import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.files import whole_file
from spade_terrain.terrain import GSD
from spade_terrain.world.build.build import limit_cache
from spade_terrain.world.build.make import MIN_LAND, Ground, prepare
from spade_terrain.world.classes.classifier import MODEL_FILE, load_classifier
from spade_terrain.world.dataset.packed import FORMAT, INDEX, decode, encode
from spade_terrain.world.masked import Mask
from spade_terrain.world.rasters.heights import HeightCode
from spade_terrain.world.rasters.overview import LAND, SEA, Overview, survey
from spade_terrain.world.rasters.pair import Rasters, open_rasters, read_patch
from spade_terrain.world.rasters.patches import only_split, patch_grid
from spade_terrain.world.rasters.registration import Registration

MIN_NEW = 0.02
"""Share of a patch that must be land which no patch before it covers."""

BANDS_M = (0, 100, 1000, 9000)
"""The bands of height that errors are stated for, metres."""

_PLACES = 32_000


@dataclass
class Errors:
    """What compression cost, summed over patches as they are written.

    Attributes:
        height: squared errors of land heights summed `(B,)`, by band of `BANDS_M`.
        pixels: land pixels counted `(B,)`.
        terrain: squared errors of land colours, summed.

    """

    height: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(BANDS_M) - 1))
    pixels: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(BANDS_M) - 1))
    terrain: float = 0.0

    def add(self, ground: Ground, packed: Ground) -> None:
        """Count the errors of one patch."""
        land = ~ground.sea
        off = np.square(packed.height - ground.height, dtype=np.float64)[land]
        band = np.clip(np.digitize(ground.height[land], BANDS_M) - 1, 0, len(BANDS_M) - 2)
        self.height += np.bincount(band, off, len(BANDS_M) - 1)
        self.pixels += np.bincount(band, minlength=len(BANDS_M) - 1)
        self.terrain += float(np.square(packed.terrain[land].astype(np.float64) - ground.terrain[land]).sum())

    def stated(self) -> dict[str, Any]:
        """The errors as the index states them."""
        rms = np.sqrt(self.height / np.maximum(self.pixels, 1))
        names = [f"{low}-{high}" for low, high in pairwise(BANDS_M)]
        mean = max(self.terrain / (3 * max(self.pixels.sum(), 1)), 1e-9)
        return {
            "height_rms_m": {n: round(float(r), 2) for n, r in zip(names, rms, strict=True)},
            "terrain_psnr_db": round(float(10 * np.log10(255**2 / mean)), 2),
        }


def pack(
    terrain: Path,
    height: Path,
    out: Path,
    *,
    size: int = 512,
    height_code: HeightCode = "metres",
    licence: str | None = None,
    classes: Path | None = None,
    keep_rivers: bool = False,
    registration: Registration | None = None,
) -> dict[str, Any]:
    """Write patches that together cover the land of the two rasters once into the packed file `out`.

    Each patch lies in one split, so land by the splits' borders, by missing data and around big lakes may be left
    out; the returned index says what share of the land is covered, and the errors. `out` appears when it is whole.
    The same rasters give the same file. `classes`, `keep_rivers` and `registration` are as `build` takes
    them.

    Raises `TerrainError` if `out` is there already or can't be written, if no patch fits, or for whatever
    `open_rasters` or `load_classifier` finds wrong.
    """
    if out.exists():
        raise TerrainError(f"{out} is there already; give another --out")
    classes = classes or MODEL_FILE
    classifier = load_classifier(classes)
    limit_cache()
    with (
        whole_file(out) as draft,
        open_rasters(terrain, height, height_code, registration) as rasters,
        zipfile.ZipFile(draft, "w") as archive,
    ):
        overview = survey(rasters)
        index = {
            "format": FORMAT,
            "size": size,
            "gsd": GSD,
            "sources": {"terrain": terrain.name, "height": height.name},
            "height_code": height_code,
            "licence": licence,
            "sea_rgb": overview.sea_rgb,
            "classifier": classifier.fingerprint,
            "keep_rivers": keep_rivers,
            "registration": registration.fingerprint if registration else None,
            **_write_patches(archive, rasters, overview, size, classes, keep_rivers),
        }
        archive.writestr(zipfile.ZipInfo(INDEX), json.dumps(index, indent=1))
    return index


def _write_patches(
    archive: zipfile.ZipFile, rasters: Rasters, overview: Overview, size: int, classes: Path, keep_rivers: bool
) -> dict[str, Any]:
    errors = Errors()
    entries: list[dict[str, Any]] = []
    cover = Cover(overview, size)
    for lat, lon in cover.places(rasters):
        raw = read_patch(rasters, lat, lon, size)
        if raw is None:
            continue
        ground = prepare(raw, overview.sea_rgb, classes, most=1, keep_rivers=keep_rivers)
        if ground is None:
            continue
        name = f"{len(entries):04d}"
        pictures = encode(ground)
        for kind, picture in pictures.items():
            # A fixed date, so that the same rasters give the same bytes.
            archive.writestr(zipfile.ZipInfo(f"{name}_{kind}"), picture)
        errors.add(ground, decode(pictures, overview.sea_rgb))
        cover.add(lat, lon)
        entries.append({"name": name, "lat": lat, "lon": lon, "split": only_split(lat, lon, size)})
        print(f"\r{len(entries)} patches, {cover.share():.1%} of the land", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if not entries:
        raise TerrainError(f"no patch of {size} pixels fits the rasters; give rasters of a larger region")
    return {"land_covered": round(cover.share(), 4), "errors": errors.stated(), "patches": entries}


class Cover:
    """The land that patches cover so far, on the overview's grid.

    Attributes:
        left: the overview with sea in place of all land that is covered.

    """

    def __init__(self, overview: Overview, size: int) -> None:
        self.left = replace(overview, ground=overview.ground.copy())
        self._size = size
        self._land: Mask = overview.ground == LAND
        rows = self._land.shape[0]
        self._areas = np.cos(np.deg2rad(90 - (np.arange(rows) + 0.5) * 180 / rows))

    def places(self, rasters: Rasters) -> Iterator[tuple[float, float]]:
        """Places (lat, lon in degrees) of one split and without missing data, each the one with most land left then.

        A place that the caller doesn't `add` covers nothing, and doesn't come again.
        """
        heap = []
        for lat, lon in lattice(rasters, _PLACES):
            land, whole = self.left.look(lat, lon, self._size)
            if whole and land >= MIN_LAND and only_split(lat, lon, self._size) is not None:
                heap.append((-land, lat, lon))
        heapq.heapify(heap)
        while heap:
            _, lat, lon = heapq.heappop(heap)
            # What was new when it was looked at last may be covered now, and never the other way round: so the place
            # that leads the others' old figures with its new one is the best.
            new = self.left.look(lat, lon, self._size)[0]
            if new < MIN_NEW:
                continue
            if heap and -heap[0][0] > new:
                heapq.heappush(heap, (-new, lat, lon))
            else:
                yield lat, lon

    def add(self, lat: float, lon: float) -> None:
        """Cover the patch around (lat, lon)."""
        height, width = self._land.shape
        lats, lons = patch_grid(lat, lon, self._size, points=257)
        rows = np.clip((90 - lats) * height / 180, 0, height - 1).astype(int)
        columns = ((lons + 180) * width / 360).astype(int) % width
        self.left.ground[rows, columns] = SEA

    def share(self) -> float:
        """The share of the land's area that is covered, 0..1."""
        covered = self._land & (self.left.ground != LAND)
        return float((covered.sum(1) * self._areas).sum() / (self._land.sum(1) * self._areas).sum())


def lattice(rasters: Rasters, count: int) -> Iterator[tuple[float, float]]:
    """Of `count` places spread evenly on the sphere, those within the rasters: latitudes and longitudes in degrees."""
    west, south, east, north = rasters.bounds
    numbers = np.arange(count)
    lats = np.rad2deg(np.arcsin((2 * numbers + 1) / count - 1))
    lons = numbers * 180 * (3 - np.sqrt(5)) % 360 - 180  # the golden angle
    # Bounds that cross the 180th meridian end east of 180.
    within = (lats > south) & (lats < north) & ((lons - west) % 360 < east - west)
    for lat, lon in zip(lats[within], lons[within], strict=True):
        yield round(float(lat), 5), round(float(lon), 5)
