"""Land that is drained in tiles, as workers would: nobody sees more than a tile and the pixels around it."""

import pickle
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.drainage.fields.resampling import Field
from spade_terrain.drainage.tiles.land import Land, around
from spade_terrain.drainage.tiles.run import drain as run
from spade_terrain.drainage.tiles.tile import Perimeter
from spade_terrain.drainage.tiles.tiling import Pixels, Tiling
from spade_terrain.window import Window


class Drained(NamedTuple):
    """Of a map: what is written to it, all `(H, W)`, and what tiles told."""

    directions: NDArray[np.uint8]
    levels: Field
    totals: Pixels
    mouths: Pixels
    perimeters: list[Perimeter]


_shared: dict[str, NDArray[Any]] = {}
"""What stands for storage that workers share."""


@dataclass(frozen=True)
class _Ground:
    shape: tuple[int, int]
    seed: int

    def land(self, window: Window) -> Land:
        rows, columns = self.shape
        place = around(window, self.shape).place(Window(0, 0, columns, rows))
        heights, water, jitter = (_shared[name][place].copy() for name in ("heights", "water", "jitter"))
        return Land(window, self.shape, heights, water, jitter, self.seed)

    def own(self, window: Window) -> Pixels:
        return _shared["own"][window.y0 : window.y1, window.x0 : window.x1]

    @property
    def directions(self) -> NDArray[np.uint8]:
        return _shared["directions"]

    @property
    def levels(self) -> Field:
        return _shared["levels"]

    @property
    def totals(self) -> Pixels:
        return _shared["totals"]

    @property
    def mouths(self) -> Pixels:
        return _shared["mouths"]


class _Apart:
    """An executor as a cluster is: all travels as bytes, each piece is another worker's, and the last comes first."""

    workers = 1

    def __init__(self) -> None:
        self.results: list[Any] = []

    def run(self, job: Any, items: Sequence[Any]) -> Generator[tuple[Any, Any]]:
        assert len({str(item) for item in items}) == len(items)  # keys of a scheduler's tasks
        travelling = pickle.dumps(job)
        for item in reversed(items):
            with pickle.loads(travelling).open() as work:
                self.results.append(pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(item))))))
            yield item, self.results[-1]


@pytest.fixture(scope="session")
def drain() -> Callable[..., Drained]:
    """Drain a map in tiles; `own` is what each pixel has, by default 1."""

    def drained(
        heights: Field,
        water: NDArray[np.uint8],
        tiling: Tiling,
        jitter: Field | None = None,
        own: Pixels | None = None,
        seed: int = 5,
    ) -> Drained:
        _shared["heights"], _shared["water"] = heights, water
        _shared["jitter"] = np.zeros_like(heights) if jitter is None else jitter
        _shared["own"] = np.ones(heights.shape, np.int64) if own is None else own
        found = Drained(
            np.full(heights.shape, 255, np.uint8), np.full(heights.shape, np.nan, np.float32),
            np.full(heights.shape, -1, np.int64), np.full(heights.shape, -1, np.int64), [],
        )  # fmt: skip
        _shared.update(zip(found._fields[:4], found[:4], strict=True))
        executor = _Apart()
        run(_Ground((heights.shape[0], heights.shape[1]), seed), tiling, executor)
        found.perimeters.extend(each for each in executor.results if isinstance(each, Perimeter))
        return found

    return drained
