"""The choice of few patches that together cover the land."""

import heapq
from collections.abc import Iterator
from copy import copy
from dataclasses import replace

import numpy as np

from spade_terrain.world.build.cleaning import MIN_LAND
from spade_terrain.world.masked import Mask
from spade_terrain.world.places import Bounds, fibonacci_lattice, only_split, patch_grid
from spade_terrain.world.rasters.overview import LAND, SEA, Overview

MIN_NEW = 0.02
"""Share of a patch that must be land which no patch before it covers."""

_PLACES = 32_000


class Cover:
    """The land that patches cover so far, on the overview's grid.

    Attributes:
        uncovered: the overview with sea in place of all land that is covered.

    """

    def __init__(self, overview: Overview, size: int) -> None:
        self.uncovered = replace(overview, surface=overview.surface.copy())
        self._size = size
        self._land: Mask = overview.surface == LAND
        rows = self._land.shape[0]
        self._areas = np.cos(np.deg2rad(90 - (np.arange(rows) + 0.5) * 180 / rows))
        self._heap: list[tuple[float, float, float]] = []

    def look_at(self, bounds: Bounds) -> None:
        """Take the places of these bounds, of one split and without missing data, for `places` to choose from."""
        for lat, lon in fibonacci_lattice(bounds, _PLACES):
            land, complete = self.uncovered.coverage(lat, lon, self._size)
            if complete and land >= MIN_LAND and only_split(lat, lon, self._size) is not None:
                self._heap.append((-land, lat, lon))
        heapq.heapify(self._heap)

    def copy(self) -> "Cover":
        """One that goes on from here by itself."""
        other = copy(self)
        other.uncovered = replace(self.uncovered, surface=self.uncovered.surface.copy())
        other._heap = self._heap.copy()
        return other

    def places(self) -> Iterator[tuple[float, float]]:
        """Places (lat, lon in degrees) of those that were looked at, each the one with most new land by then.

        That is the greedy algorithm for maximum coverage, its figures worked out again only when they lead (Minoux,
        "Accelerated Greedy Algorithms for Maximizing Submodular Set Functions", 1978). A place that the caller doesn't
        `add` covers nothing, and doesn't come again.
        """
        heap = self._heap
        while heap:
            _, lat, lon = heapq.heappop(heap)
            # What was new when it was looked at last may be covered now, and never the other way round: so the place
            # that leads the others' old figures with its new one is the best.
            new = self.uncovered.coverage(lat, lon, self._size)[0]
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
        self.uncovered.surface[rows, columns] = SEA

    def share(self) -> float:
        """The share of the land's area that is covered, 0..1."""
        covered = self._land & (self.uncovered.surface != LAND)
        return float((covered.sum(1) * self._areas).sum() / (self._land.sum(1) * self._areas).sum())
