"""The patches of a set as pieces of work, each worker with the rasters open once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from spade_terrain.world.build.cleaning import ClassRules, clean_patch
from spade_terrain.world.build.coding_errors import CodingErrors
from spade_terrain.world.build.make import BuildPlan, make_patch
from spade_terrain.world.dataset.folder import write_patch
from spade_terrain.world.dataset.packed import decode, encode
from spade_terrain.world.rasters.overview import Overview
from spade_terrain.world.rasters.pair import RasterPair, read_patch


@dataclass(frozen=True)
class PatchJob:
    """Makes patches, by their numbers, and writes their files; it returns their index entries.

    Attributes:
        plan: what the patches have in common.
        pair: the rasters, which every worker finds under these names.
        folder: where the files go, for every worker the same.

    """

    plan: BuildPlan
    pair: RasterPair
    folder: Path

    @contextmanager
    def open(self) -> Iterator[Callable[[int], dict[str, Any]]]:
        """As `Job` says."""
        cv2.setNumThreads(1)
        limit_cache()
        with self.pair.open() as rasters:

            def work(number: int) -> dict[str, Any]:
                patch = make_patch(number, self.plan, rasters)
                write_patch(self.folder, patch.name, patch.terrain, patch.height, patch.labels, patch.satellite)
                return patch.index_entry

            yield work


@dataclass(frozen=True)
class PackedPatch:
    """A patch as a packed file holds it.

    Attributes:
        pictures: its files, by what their names end in.
        errors: what its compression cost.

    """

    pictures: dict[str, bytes]
    errors: CodingErrors


@dataclass(frozen=True)
class PackJob:
    """Encodes patches, by their places (lat, lon in degrees); `None` for one that is not fit for use.

    Attributes:
        pair: the rasters, which every worker finds under these names.
        overview: of them.
        size: pixels a side of a patch.
        rules: how ground is read into classes.

    """

    pair: RasterPair
    overview: Overview
    size: int
    rules: ClassRules

    @contextmanager
    def open(self) -> Iterator[Callable[[tuple[float, float]], PackedPatch | None]]:
        """As `Job` says."""
        limit_cache()
        with self.pair.open() as rasters:

            def work(place: tuple[float, float]) -> PackedPatch | None:
                raw = read_patch(rasters, *place, self.size)
                patch = clean_patch(raw, self.overview, self.rules, max_one_class=1) if raw is not None else None
                if patch is None:
                    return None
                packed = PackedPatch(encode(patch), CodingErrors())
                packed.errors.add(
                    patch, decode(packed.pictures, self.overview.sea_rgb, self.overview.satellite_sea_rgb)
                )
                return packed

            yield work


def limit_cache() -> None:
    """Give GDAL 128 MB a process to keep blocks in, not its share of the machine, before its first raster is open."""
    os.environ.setdefault("GDAL_CACHEMAX", "128")
