"""Drainage in tiles beside that of the whole map: time, what tiles tell each other, and the graph of a very large map.

Run `python benchmarks/tiles.py`; it takes the extra `drainage`, 2.5 GB of memory, 1.8 GB of room for a moment and some
minutes. Seconds are those of cores, so that other work on them matters less.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain import generate
from spade_terrain.cluster.pool import Pool
from spade_terrain.drainage.carve import carve
from spade_terrain.drainage.fields.resampling import Field, enlarge, smooth_noise
from spade_terrain.drainage.flow.routing import LAND, SEA, add_downstream, flood, gather, steepest, upward_order
from spade_terrain.drainage.tiles import flow, graph, tile
from spade_terrain.drainage.tiles.descents import DOWN, OUT, RIGHT
from spade_terrain.drainage.tiles.land import Land, around
from spade_terrain.drainage.tiles.run import drain
from spade_terrain.drainage.tiles.sweep import Rounds
from spade_terrain.drainage.tiles.tiling import Tiling, global_pixels, perimeter
from spade_terrain.noise import noise
from spade_terrain.storage.stored import StoredArray
from spade_terrain.window import Window

EXAMPLES = Path(__file__).parents[1] / "examples"
SEED = 7


class Map(NamedTuple):
    """A map in memory: heights, water and jitter, all `(H, W)`."""

    heights: Field
    water: NDArray[np.uint8]
    jitter: Field

    def tiles(self, tiling: Tiling) -> list[Land]:
        """Copies of the parts, as workers would read them."""
        shape = tiling.shape
        found = []
        for window in tiling.windows():
            place = around(window, shape).place(Window(0, 0, shape[1], shape[0]))
            heights, water, jitter = self.heights[place].copy(), self.water[place].copy(), self.jitter[place].copy()
            found.append(Land(window, shape, heights, water, jitter, SEED))
        return found


def timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Returns what `work` does, and the seconds of all cores that it took."""
    start = time.process_time()
    result = work(*arguments)
    return result, time.process_time() - start


def jitter_of(shape: tuple[int, ...], seed: int, scale: int) -> Field:
    total = np.zeros(shape, np.float32)
    for salt, wavelength in enumerate((4, 1)):
        total += np.float32(0.3) * smooth_noise(seed, 5000 + 16 * scale + salt, wavelength, (shape[0], shape[1]))
    return total.clip(0, 1)


def as_now(land: Map) -> NDArray[np.int64]:
    """What carving does to route the whole: pixels upstream, int64 `(H, W)`."""
    receivers, levels = flood(land.heights, land.water, np.ones_like(land.heights))
    steepest(levels, land.water, receivers, lambda first, last: land.jitter[first:last])
    totals = np.ones(land.heights.size, np.int64)
    gather(upward_order(receivers), receivers, totals)
    return totals.reshape(land.heights.shape)


class Run(NamedTuple):
    """What a run in tiles finds, and the seconds that its steps take."""

    totals: NDArray[np.int64]
    levels: Field
    perimeters: Sequence[tile.Perimeter]
    through: Sequence[flow.Through]
    seconds: dict[str, float]


def in_tiles(land: Map, tiling: Tiling) -> Run:
    width = tiling.shape[1]
    tiles = land.tiles(tiling)
    ones = [np.ones(each.window.shape, np.int64) for each in tiles]
    told, summarizing = timed(lambda: [tile.summarize(each) for each in tiles])
    outlets, solving = timed(graph.solve, tiling, told)
    routed, finishing = timed(lambda: [tile.finish(*each) for each in zip(tiles, outlets, strict=True)])
    has = [(a.window, width, b.directions, own) for a, b, own in zip(tiles, routed, ones, strict=True)]
    through, first = timed(lambda: [flow.summarize(*each) for each in has])
    inflow, between = timed(flow.solve, tiling, through)
    flows, last = timed(lambda: [flow.finish(*each, more) for each, more in zip(has, inflow, strict=True)])
    totals, levels = np.empty(tiling.shape, np.int64), np.empty(tiling.shape, np.float32)
    for each, one, other in zip(tiles, routed, flows, strict=True):
        place = each.window.place(Window(0, 0, 0, 0))
        levels[place], totals[place] = one.levels, other.totals
    seconds = {"summaries": summarizing, "routing": finishing, "adding up": first + last, "graphs": solving + between}
    return Run(totals, levels, told, through, seconds)


def size(parts: Sequence[Any]) -> float:
    """Bytes."""
    return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))


def sweeps(tiling: Tiling, through: Sequence[flow.Through]) -> tuple[int, float]:
    """How often heights at tiles' sides have to be handed on for one sweep from the mouths up.

    The most along one way, and how often a tile has work to do, on average.
    """
    rounds = Rounds(tiling, through)
    work = sum(len(np.unique(turns[turns > 0])) + 1 for turns in rounds.turns)
    return max(int(turns.max()) for turns in rounds.turns), work / len(through)


def compare(name: str, land: Map, sides: Sequence[int], repeats: int, cells: NDArray[np.float64] | None = None) -> None:
    """In tiles, in one, and as carving does it; `cells` are pixels upstream as they were when the land was carved."""
    shape = land.heights.shape[0], land.heights.shape[1]
    whole = Tiling.of(shape, max(shape))
    tilings = {side: Tiling.of(shape, side) for side in sides}
    now, one = [], []
    found: dict[int, list[Run]] = {side: [] for side in sides}
    for _ in range(repeats):  # in turn, so that what else the machine does is shared
        now.append(timed(as_now, land)[1])
        reference = in_tiles(land, whole)
        one.append(sum(reference.seconds.values()))
        for side, tiling in tilings.items():
            found[side].append(in_tiles(land, tiling))
    hollows = float((reference.levels > land.heights).mean())
    print(f"{name}, {shape[0]:,} x {shape[1]:,}, {100 * hollows:.1f}% of it in hollows:")
    print(f"  one tile takes {median(one) / median(now):.2f} times what carving's own routing does")
    if cells is not None:
        alike = (cells == reference.totals.ravel())[land.water.ravel() == LAND].mean()
        print(f"  {100 * alike:.4f}% of the land has as many pixels upstream as when it was carved")
    for side, runs in found.items():
        equal = all((run.totals == reference.totals).all() and (run.levels == reference.levels).all() for run in runs)
        taken = {step: median(run.seconds[step] for run in runs) for step in runs[0].seconds}
        last = runs[-1]
        told = median(size(each) for each in last.perimeters)
        passed = median(size(each) for each in last.through)
        most, work = sweeps(tilings[side], last.through)
        print(
            f"  {len(last.perimeters):3} tiles of {side:4}: {sum(taken.values()) / median(one):.2f} times one tile,"
            f" {', '.join(f'{step} {1e9 * taken[step] / land.heights.size:.0f}' for step in taken)} ns a pixel;"
            f" {'equal to one tile to the bit' if equal else 'NOT EQUAL'};"
            f" a tile tells {told / 1e3:.1f} + {passed / 1e3:.1f} kB,"
            f" {median(each.nodes for each in last.perimeters):.0f} nodes,"
            f" {median(len(each.pixels) for each in last.perimeters):.0f} edges;"
            f" a sweep takes {most} rounds at most, {work:.1f} pieces of work a tile"
        )


def example(name: str, detail: int) -> tuple[Map, NDArray[np.float64], Map]:
    """Carved, with pixels upstream, and only enlarged."""
    terrain = generate(EXAMPLES / f"{name}.png", seed=SEED)
    drained = carve(terrain.height, terrain.labels, SEED, detail, terrain.gsd)
    carved = Map(drained.height, drained.water, jitter_of(drained.height.shape, SEED, detail))
    rough = enlarge(terrain.height, detail) + 5 * smooth_noise(SEED, 1, 1, carved.heights.shape)
    sea = np.repeat(np.repeat(terrain.height <= 0, detail, 0), detail, 1)
    heights = np.where(sea, np.float32(0), np.maximum(rough, np.float32(0.5)))
    cells = add_downstream(drained.order, drained.receivers, np.ones_like(drained.height))
    return carved, cells, Map(heights, np.where(sea, SEA, LAND).astype(np.uint8), carved.jitter)


def periodic(side: int) -> Map:
    """Three by three times the same rough land, whose heights fall with the square of their waves' number."""
    waves = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)) * side
    spectrum = np.fft.rfft2(np.random.default_rng(SEED).normal(size=(side, side))) / np.maximum(waves, 4) ** 2
    one = np.fft.irfft2(spectrum, s=(side, side))
    heights = np.tile((1000 * one / one.std()).astype(np.float32), (3, 3))
    return Map(heights, np.full(heights.shape, LAND, np.uint8), np.zeros(heights.shape, np.float32))


def simulate(side: int, across: int) -> None:
    """The graphs of a map of `across` x `across` tiles of the same land, which water leaves at all nodes of the rim."""
    tiling = Tiling.of((side * across, side * across), side)
    middle = periodic(side).tiles(Tiling.of((3 * side, 3 * side), side))[4]
    one, seconds = timed(tile.summarize, middle)
    row, column = one.pixels // (3 * side) - side, one.pixels % (3 * side) - side
    nodes, first = np.unique(one.labels, return_index=True)
    rim = perimeter((side, side))[first]
    perimeters: list[tile.Perimeter] = []
    for window in tiling.windows():
        to_row, to_column = row + window.y0 + DOWN[one.directions], column + window.x0 + RIGHT[one.directions]
        on_map = (to_row >= 0) & (to_column >= 0) & (to_row < side * across) & (to_column < side * across)
        on_map |= one.lower >= 0
        edges: list[NDArray[Any]] = [(row + window.y0) * side * across + column + window.x0, *one[3:]]
        edges = [part[on_map] for part in edges]
        if not on_map.all():
            pixels = (rim // side + window.y0) * side * across + rim % side + window.x0
            highest = np.full(len(rim), 2**63, np.uint64)
            out = np.full(len(rim), OUT, np.uint8)
            more: tuple[NDArray[Any], ...] = pixels, out, out, highest, nodes, np.zeros(len(rim), np.int32)
            edges = [np.concatenate(pair) for pair in zip(edges, more, strict=True)]
        perimeters.append(tile.Perimeter(one.nodes, one.labels, *edges))
    outlets, solving = timed(graph.solve, tiling, perimeters)
    told, answered = (sum(map(size, parts)) for parts in (perimeters, outlets))
    print(
        f"{across} x {across} tiles of {side}: {sum(each.nodes for each in perimeters):,} nodes,"
        f" {sum(len(each.pixels) for each in perimeters):,} edges, {told / 1e6:.0f} MB told, {answered / 1e6:.0f} MB"
        f" answered, solved in {solving:.1f} s; one tile's summary took {seconds:.2f} s"
    )
    at = perimeter((side, side))
    east = (at % side == side - 1) & (at // side < side)  # all water goes east, row by row
    place = np.empty(side * side, np.int32)
    place[at] = np.arange(len(at))
    exits = place[at // side * side + side - 1].astype(np.int32)
    through = []
    for window in tiling.windows():
        ends = window.x1 == side * across
        through.append(
            flow.Through(
                np.where(east & (not ends), 4, OUT).astype(np.uint8), np.where(east & (not ends), side, 0),
                np.full(len(at), -1, np.int32) if ends else exits,
                np.where(ends, global_pixels(window, side * across).ravel()[at], -1),
            )
        )  # fmt: skip
    inflow, solving = timed(flow.solve, tiling, through)
    told, answered = (sum(map(size, parts)) for parts in (through, inflow))
    print(
        f"  its flow: {told / 1e6:.0f} MB told, {answered / 1e6:.0f} MB answered, solved in {solving:.1f} s;"
        f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB of memory at most in all"
    )


@dataclass(frozen=True)
class Files:
    """A map in files, as `run.Ground` says."""

    folder: Path
    shape: tuple[int, int]

    def stored(self, name: str, dtype: type) -> StoredArray:
        """One of its arrays."""
        return StoredArray(self.folder / name, self.shape, np.dtype(dtype))

    def land(self, window: Window) -> Land:
        """As `Ground` says."""
        at = around(window, self.shape)
        place = at.place(Window(0, 0, 0, 0))
        height, width = at.shape
        jitter = np.float32(0.3) * noise(SEED, 1, 1, at.x0, at.y0, width, height)[0].clip(0, 1)
        heights, water = self.stored("heights", np.float32)[place], self.stored("water", np.uint8)[place]
        return Land(window, self.shape, heights, water, jitter, SEED)

    def own(self, window: Window) -> NDArray[np.int64]:
        """As `Ground` says."""
        return np.ones(window.shape, np.int64)

    @property
    def directions(self) -> StoredArray:
        """As `Ground` says."""
        return self.stored("directions", np.uint8)

    @property
    def levels(self) -> StoredArray:
        """As `Ground` says."""
        return self.stored("levels", np.float32)

    @property
    def totals(self) -> StoredArray:
        """As `Ground` says."""
        return self.stored("totals", np.int64)

    @property
    def mouths(self) -> StoredArray:
        """As `Ground` says."""
        return self.stored("mouths", np.int64)


def on_disk(side: int, tile_side: int) -> None:
    """A map in files, drained by a process a core, with bays of sea in rough land; 26 bytes a pixel."""
    rough = periodic(1024).heights[:1024, :1024]
    with TemporaryDirectory() as folder:
        files = Files(Path(folder), (side, side))
        arrays = files.stored("heights", np.float32), files.stored("water", np.uint8)
        for array in (*arrays, files.directions, files.levels, files.totals, files.mouths):
            array.create()
        for y in range(0, side, 1024):
            heights = np.tile(rough, (1, side // 1024)) + np.float32(y / 10)
            arrays[0][y : y + 1024] = np.where(heights > 0, heights, np.float32(0))
            arrays[1][y : y + 1024] = np.where(heights > 0, LAND, SEA).astype(np.uint8)
        tiling = Tiling.of(files.shape, tile_side)
        start, cores = time.perf_counter(), time.process_time()
        drain(files, tiling, Pool())
        wall, cores = time.perf_counter() - start, time.process_time() - cores
        largest = max(int(files.totals[y : y + 1024].max()) for y in range(0, side, 1024))
    of_workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{side:,} x {side:,} in files, tiles of {tile_side:,}, a pool: {wall:.0f} s by the clock,"
        f" {of_workers.ru_utime + of_workers.ru_stime:.0f} s of their cores and {cores:.0f} s of the one that asks;"
        f" {of_workers.ru_maxrss / 1e6:.2f} GB at most in a worker,"
        f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB in the one that asks;"
        f" the largest river has {largest:,} pixels upstream"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", nargs="*", default=["archipelago", "continent", "valley"])
    parser.add_argument("--detail", type=int, default=2)
    parser.add_argument("--tiles", type=int, nargs="+", default=[512, 256, 128])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--side", type=int, default=1024, help="of the tiles of the simulated map")
    parser.add_argument("--across", type=int, nargs="*", default=[16, 64])
    parser.add_argument("--disk", type=int, nargs="*", default=[8192], help="sides of maps in files")
    args = parser.parse_args()
    for side in args.disk:
        on_disk(side, args.side)
    plane = np.zeros((64, 64), np.float32)
    small = Map(plane, np.full(plane.shape, LAND, np.uint8), plane)
    as_now(small)  # compiles
    in_tiles(small, Tiling.of((64, 64), 32))
    for name in args.maps:
        carved, cells, enlarged = example(name, args.detail)
        compare(f"{name} at detail {args.detail}, carved", carved, args.tiles, args.repeats, cells)
        compare(f"{name}, enlarged {args.detail} times", enlarged, args.tiles, args.repeats)
    for across in args.across:
        simulate(args.side, across)


if __name__ == "__main__":
    main()
