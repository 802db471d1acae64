"""Seconds a patch of a training set takes on one core, where they go, and what 5,000 patches would take on all cores.

python benchmarks/world.py TERRAIN HEIGHT [--count N]
"""

import argparse
import resource
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from spade_terrain.machine import usable_cores
from spade_terrain.world import making
from spade_terrain.world.building import limit_cache
from spade_terrain.world.overview import survey
from spade_terrain.world.rasters import open_rasters

SET = 5000
STEPS = {"read_patch": "reading both rasters", "prepare": "rivers and classes", "paint_ground": "painting"}
STEPS |= {"write_patch": "writing the files"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("terrain", type=Path)
    parser.add_argument("height", type=Path)
    parser.add_argument("--count", type=int, default=40, help="patches to make (default 40)")
    args = parser.parse_args()
    limit_cache()
    start = perf_counter()
    with open_rasters(args.terrain, args.height) as rasters:
        overview = survey(rasters)
    surveyed = perf_counter() - start
    seconds, calls = timed(STEPS)
    with tempfile.TemporaryDirectory() as folder:
        making.start(making.Job(args.terrain, args.height, "metres", Path(folder), 0, 512, overview))
        making.make(args.count)  # fills the caches
        seconds.clear()
        calls.clear()
        start, busy = perf_counter(), process_time()
        for number in range(args.count):
            making.make(number)
        whole, busy = perf_counter() - start, process_time() - busy
        written = sum(p.stat().st_size for p in Path(folder).iterdir()) / (args.count + 1)
    each = f"{whole / args.count:.3f} s a patch of 512 x 512 on one core ({busy / args.count:.3f} s of it busy)"
    print(f"{each}, {written / 1e6:.2f} MB")
    for step, words in STEPS.items():
        print(f"  {words:<22} {seconds[step] / whole:4.0%}  {calls[step] / args.count:.2f} times a patch")
    print(f"  {'choosing places':<22} {1 - sum(seconds.values()) / whole:4.0%}")
    cores = usable_cores()
    minutes = (surveyed + SET * whole / args.count / cores) / 60
    print(f"{SET:,} patches on {cores} cores: {minutes:.1f} minutes, {surveyed:.0f} s of them for the survey")
    print(f"peak memory {peak_mb():.0f} MB a process, {peak_mb() * (cores + 1):.0f} MB in all")


def timed(names: dict[str, str]) -> tuple[dict[str, float], dict[str, int]]:
    """Make `making` count the seconds that it spends in functions, and its calls of them."""
    seconds: dict[str, float] = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def timing(*args: Any, **options: Any) -> Any:
            start = perf_counter()
            try:
                return function(*args, **options)
            finally:
                seconds[name] += perf_counter() - start
                calls[name] += 1

        return timing

    for name in names:
        setattr(making, name, wrap(name, getattr(making, name)))
    return seconds, calls


def peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
