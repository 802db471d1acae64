"""A pool of processes that make the patches of a set, each with the rasters open once."""

import os
import signal
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import cv2

from spade_terrain.runtime.machine import usable_cores
from spade_terrain.world.build.make import BuildPlan, make_patch
from spade_terrain.world.dataset.folder import write_patch
from spade_terrain.world.rasters.pair import RasterPair


def write_patches(numbers: list[int], plan: BuildPlan, pair: RasterPair, folder: Path) -> Generator[dict[str, Any]]:
    """Make patches on all cores and write their files into `folder`; yields their index entries, in the order given."""
    # A worker is for one core: NumPy's own threads, which OpenBLAS makes when it is loaded, would only wait in its way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Spawned, not forked: a fork copies OpenCV's locks but not the threads that would release them.
    workers = max(1, min(len(numbers), usable_cores()))
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start, initargs=(plan, pair, folder)) as pool:
        yield from pool.map(_work, numbers)


def limit_cache() -> None:
    """Give GDAL 128 MB a process to keep blocks in, not its share of the machine, before its first raster is open."""
    os.environ.setdefault("GDAL_CACHEMAX", "128")


class _Worker:
    """What a process of the pool keeps from one patch to the next: the plan, and its own open rasters."""

    def __init__(self, plan: BuildPlan, pair: RasterPair, folder: Path) -> None:
        self._plan, self._folder = plan, folder
        self._opened = pair.open()  # it ends with the process, which closes the files
        self._rasters = self._opened.__enter__()

    def work(self, number: int) -> dict[str, Any]:
        patch = make_patch(number, self._plan, self._rasters)
        write_patch(self._folder, patch.name, patch.terrain, patch.height, patch.labels, patch.satellite)
        return patch.index_entry


_worker: _Worker
"""This process's, if it is one of a pool: the executor has no other way to give its tasks what was opened once."""


def _start(plan: BuildPlan, pair: RasterPair, folder: Path) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then says one line
    Thread(target=_die_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    _worker = _Worker(plan, pair, folder)


def _work(number: int) -> dict[str, Any]:
    return _worker.work(number)


def _die_with_parent() -> None:
    """End this process when its parent was killed; a pool's workers would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
