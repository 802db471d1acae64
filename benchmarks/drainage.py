"""How long carving takes and how much memory, beside pyflwdir's own filling and ordering of the same land.

Run `python benchmarks/drainage.py`, with `--details 2 4 8 16` for finer ones. It takes the extras `drainage` and `dev`,
and some minutes.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyflwdir

from spade_terrain import Terrain, generate
from spade_terrain.drainage.carve import carve
from spade_terrain.drainage.fields.resampling import Field

MAP = Path(__file__).parents[1] / "examples" / "valley.png"
SEED = 7
GIGABYTE = 1e6  # in the kilobytes that Linux counts


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Returns what `work` does, and the seconds it took, by the clock and of all cores."""
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - start, time.process_time() - cpu


def one_detail(detail: int) -> None:
    terrain: Terrain = generate(MAP, seed=SEED)
    heights, labels, gsd = terrain.height, terrain.labels, terrain.gsd
    small = np.ascontiguousarray(heights[:64, :64]), np.ascontiguousarray(labels[:64, :64])
    compiling = timed(lambda: carve(*small, SEED, detail, gsd))[1]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    drained, wall, cpu = timed(lambda: carve(heights, labels, SEED, detail, gsd))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def floor(carved: Field) -> None:
        _, d8 = pyflwdir.dem.fill_depressions(carved, nodata=-9999.0)
        flow = pyflwdir.from_array(d8, ftype="d8")
        flow.upstream_area("cell")

    shape, pixels = drained.height.shape, drained.height.size
    floor(drained.height[:64, :64])  # compiles
    theirs = timed(partial(floor, drained.height))[1]
    del drained
    generate(labels[:64, :64], detail=detail)  # compiles the rest
    whole = timed(lambda: generate(MAP, seed=SEED, detail=detail))[2]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"detail {detail:2}, {shape[0]:,} x {shape[1]:,}: {wall:.1f} s by the clock,"
        f" {cpu:.1f} s of cores, {cpu / pixels * 1e6:.2f} s a million pixels; {memory / GIGABYTE:.2f} GB at most"
        f" ({before / GIGABYTE:.2f} GB before); the first call {compiling:.1f} s;"
        f" `generate` with it, textures and rivers too, {whole:.1f} s of cores, {most / GIGABYTE:.2f} GB at most;"
        f" pyflwdir fills and orders it once in {theirs:.1f} s: {wall / theirs:.1f} times that"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--details", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one_detail(args.one)
        return
    for detail in args.details:  # each in a process of its own, for the memory it takes
        subprocess.run([sys.executable, __file__, "--one", str(detail)], check=True)


if __name__ == "__main__":
    main()
