"""The patches of a set as pieces of work, each worker with the rasters open once."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from spade_terrain.world.build.make import BuildPlan, make_patch
from spade_terrain.world.dataset.folder import write_patch
from spade_terrain.world.rasters.pair import RasterPair


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


def limit_cache() -> None:
    """Give GDAL 128 MB a process to keep blocks in, not its share of the machine, before its first raster is open."""
    os.environ.setdefault("GDAL_CACHEMAX", "128")
