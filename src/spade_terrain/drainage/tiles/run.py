"""A map that memory doesn't hold, drained by workers: three rounds over its tiles, and two small graphs in between."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from spade_terrain.cluster.executor import Executor, in_order
from spade_terrain.drainage.tiles import flow, graph, tile
from spade_terrain.drainage.tiles.land import Land
from spade_terrain.drainage.tiles.tiling import Pixels, Tiling
from spade_terrain.storage.stored import Stored
from spade_terrain.window import Window


class Ground(Protocol):
    """A map as a worker sees it: plain values that can be pickled; what is written to it lasts, and all workers see it.

    Workers write no other places than those of their own tiles.
    """

    def land(self, window: Window) -> Land:
        """The land of a tile."""
        ...

    def own(self, window: Window) -> Pixels:
        """What each pixel of a tile adds to what flows, int64 `(h, w)`: ones, to count pixels upstream."""
        ...

    @property
    def directions(self) -> Stored:
        """Is written first: uint8 `(H, W)`, as `tile.Routed` has them."""
        ...

    @property
    def levels(self) -> Stored:
        """Is written with them: float32 `(H, W)`, likewise."""
        ...

    @property
    def totals(self) -> Stored:
        """Is written last: int64 `(H, W)`, as `flow.Flow` has them."""
        ...

    @property
    def mouths(self) -> Stored:
        """Is written with them: int64 `(H, W)`, likewise."""
        ...


def drain(ground: Ground, tiling: Tiling, executor: Executor) -> None:
    """Find where the water of a map goes and how much there is; write it to `ground`.

    The same bytes for every tiling and any workers. Of this process it takes memory for what the tiles tell each other;
    of a worker, for one tile at a time.

    Raises `ParameterError` if the map can't be drained, and what `executor` and `ground` raise.
    """
    numbers = [_Order(number, None) for number in range(len(list(tiling.windows())))]
    told = [found for _, found in in_order(numbers, executor.run(_Job(ground, tiling, _summarize), numbers))]
    orders = [_Order(number, outlets) for number, outlets in enumerate(graph.solve(tiling, told))]
    del told
    through = [found for _, found in in_order(orders, executor.run(_Job(ground, tiling, _route), orders))]
    orders = [_Order(number, inflow) for number, inflow in enumerate(flow.solve(tiling, through))]
    del through
    for _ in executor.run(_Job(ground, tiling, _add_up), orders):
        pass


@dataclass(frozen=True, eq=False)
class _Order:
    """A tile, and what the others have answered it."""

    number: int
    answer: Any

    def __str__(self) -> str:
        return f"tile {self.number}"


_Work = Callable[[Ground, Tiling, Window, Any], Any]


@dataclass(frozen=True)
class _Job:
    """As `cluster.executor.Job` says: does something with tiles."""

    ground: Ground
    tiling: Tiling
    work: _Work

    @contextmanager
    def open(self) -> Iterator[Callable[[_Order], Any]]:
        windows = list(self.tiling.windows())
        yield lambda order: self.work(self.ground, self.tiling, windows[order.number], order.answer)


def _summarize(ground: Ground, tiling: Tiling, window: Window, nothing: None) -> tile.Perimeter:
    return tile.summarize(ground.land(window))


def _route(ground: Ground, tiling: Tiling, window: Window, outlets: tile.Outlets) -> flow.Through:
    routed = tile.finish(ground.land(window), outlets)
    place = _place(window)
    ground.directions[place], ground.levels[place] = routed
    return flow.summarize(window, tiling.shape[1], routed.directions, ground.own(window))


def _add_up(ground: Ground, tiling: Tiling, window: Window, inflow: flow.Inflow) -> None:
    place = _place(window)
    found = flow.finish(window, tiling.shape[1], ground.directions[place], ground.own(window), inflow)
    ground.totals[place], ground.mouths[place] = found


def _place(window: Window) -> tuple[slice, slice]:
    return window.place(Window(0, 0, 0, 0))
