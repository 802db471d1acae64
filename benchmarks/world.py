"""What a training set takes: patches a second on all cores, CPU time, memory of all processes, and where time goes.

python benchmarks/world.py TERRAIN HEIGHT [--count N]

Needs Linux, which says how much memory processes share.
"""

import argparse
import resource
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import wraps
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.runtime.machine import usable_cores
from spade_terrain.world.build import make as making
from spade_terrain.world.build.build import build
from spade_terrain.world.dataset.folder import write_patch
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair

SET = 5000
STEPS = {
    "read_patch": "reading both rasters",
    "clean_patch": "rivers and classes",
    "paint": "painting",
    "write_patch": "writing the files",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("terrain", type=Path)
    parser.add_argument("height", type=Path)
    parser.add_argument("--count", type=int, default=200, help="patches to make (default 200)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        with watching() as peak:
            before = clocks()
            build(RasterPair(args.terrain, args.height), out, count=args.count, seed=0)
            whole = clocks() - before
        files = sum(p.stat().st_size for p in out.iterdir())
    with ProcessPoolExecutor(1, get_context("spawn")) as one:
        seconds, calls, overview = one.submit(alone, args.terrain, args.height, min(args.count, 40)).result()
    # The overview comes once, however many patches there are.
    each = (whole - overview) / args.count
    cores = usable_cores()
    took, free = (overview + SET * each) / 60 / (1, cores)
    print(f"{args.count} patches of 512 x 512 on {cores} cores: {1 / each[0]:.2f} a second, {whole[0]:.0f} s in all")
    print(f"CPU time {each[1]:.3f} s a patch, files {files / 1e6 / args.count:.2f} MB a patch")
    print(f"{SET:,} patches at this rate: {took:.1f} minutes; {free:.1f} if the cores had nothing else to do")
    print(f"peak memory {peak[0] / 1e6:.0f} MB, all processes together")
    print("share of the CPU time of a patch:")
    for step, words in {**STEPS, "rest": "choosing places"}.items():
        print(f"  {words:<22} {seconds[step] / seconds['make']:4.0%}  {calls[step] / calls['make']:.2f} times a patch")


def clocks() -> NDArray[np.float64]:
    """Seconds on the wall, and seconds of CPU time of this process and its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return np.array([perf_counter(), sum(u.ru_utime + u.ru_stime for u in used)])


def alone(terrain: Path, height: Path, count: int) -> tuple[dict[str, float], dict[str, int], NDArray[np.float64]]:
    """Make patches in this process: CPU seconds and calls of each step, and `clocks` of the overview."""
    before = clocks()
    pair = RasterPair(terrain, height)
    with pair.open() as rasters:
        overview = make_overview(rasters)
    took = clocks() - before
    seconds: dict[str, float] = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timing(*args: Any, **options: Any) -> Any:
            start = process_time()
            try:
                return function(*args, **options)
            finally:
                seconds[name] += process_time() - start
                calls[name] += 1

        return timing

    write = timed("write_patch", write_patch)
    for name in set(STEPS) - {"write_patch"}:
        setattr(making, name, timed(name, getattr(making, name)))

    with tempfile.TemporaryDirectory() as folder, pair.open() as rasters:
        plan = making.BuildPlan(0, 512, overview)

        def make(number: int) -> None:
            patch = making.make_patch(number, plan, rasters)
            write(Path(folder), patch.name, patch.terrain, patch.height, patch.labels)

        make(count)  # what happens only once
        seconds.clear()
        calls.clear()
        for number in range(count):
            timed("make", make)(number)
    seconds["rest"] = seconds["make"] - sum(seconds[s] for s in STEPS)
    calls["rest"] = calls["make"]
    return seconds, calls, took


@contextmanager
def watching() -> Iterator[list[int]]:
    """Watch the memory of this process and its children; the list's one item becomes the peak in bytes."""
    peak, done = [0], Event()

    def watch() -> None:
        while not done.wait(0.2):
            peak[0] = max(peak[0], sum(map(memory, family(Path("/proc/self").resolve().name))))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def family(process: str) -> Iterator[str]:
    """A process and all that it started, by number."""
    yield process
    for thread in Path(f"/proc/{process}/task").glob("*"):
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue  # it has just ended
        for child in children:
            yield from family(child)


def memory(process: str) -> int:
    """Bytes of a process, those that it shares with others divided among them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has just ended
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
