"""What a Dask cluster costs a block, how two workers do beside one, and how many a scheduler can serve.

Run `python benchmarks/cluster.py`; `--blocks 16` makes a larger map, `--simulated 200,1000` more workers that only
sleep for as long as a block takes. Workers that sleep share a process for each core; their scheduler has its own. They
all share this machine's cores, and what each takes of them is told.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import cloudpickle
import numpy as np
import psutil

from spade_terrain import load_model
from spade_terrain.cluster.address import open_cluster
from spade_terrain.cluster.pool import Pool
from spade_terrain.generation import job
from spade_terrain.generation.blocks.on_cluster import BlockJob, Workers
from spade_terrain.generation.tiling import BLOCK
from spade_terrain.maps.image import read_map
from spade_terrain.maps.read import open_map
from spade_terrain.runtime.machine import usable_cores

MAP = Path(__file__).parents[1] / "examples" / "continent.png"
EMPTY = 500
HOST = """
import asyncio, os, sys, time
from distributed import Worker

async def main():
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.1)
    workers = [
        Worker(scheduler_file=sys.argv[1], nthreads=1, dashboard=False, memory_limit=0)
        for _ in range(int(sys.argv[2]))
    ]
    await asyncio.gather(*workers)
    await asyncio.gather(*(worker.finished() for worker in workers))

asyncio.run(main())
"""
"""A process of so many workers."""


@dataclass(frozen=True)
class Sleeping:
    """Work that takes its time, and no processor."""

    seconds: float

    @contextmanager
    def open(self) -> Iterator[Callable[[int], None]]:
        """As `Job` says."""
        yield lambda item: time.sleep(self.seconds)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def overhead(workers: int) -> None:
    """What starting costs, and a block that is no work."""
    start = time.perf_counter()
    with open_cluster(f"local:{workers}") as executor:
        assert executor is not None
        list(executor.run(Sleeping(0), [0]))
        starting = time.perf_counter() - start
        taken = seconds(lambda: list(executor.run(Sleeping(0), range(EMPTY))))
    print(f"{workers} workers: {starting:.1f} s until the first is at work, {taken / EMPTY * 1e3:.2f} ms a block")


def stored(folder: Path) -> dict[str, int]:
    """Bytes of all shards, by their array."""
    arrays = [array for array in folder.iterdir() if (array / "c").is_dir()]
    return {array.name: sum(p.stat().st_size for p in (array / "c").rglob("*") if p.is_file()) for array in arrays}


def blocks(side: int) -> float:
    """Blocks of a map by one worker and by two, and what moves; returns seconds a block."""
    continent = read_map(MAP)
    labels = np.pad(continent, [(0, side - len(continent))] * 2, mode="symmetric")
    model = load_model(device="cpu")
    times: dict[int, float] = {}
    for workers in (1, 2):
        with open_cluster(f"local:{workers}") as executor, TemporaryDirectory() as folder:
            assert executor is not None
            list(executor.run(Sleeping(0), range(4 * workers)))
            run = job.resumable_terrain(open_map(labels), Path(folder), model, 0, workers=Workers(executor))
            start = time.perf_counter()
            with run:
                times[workers] = time.perf_counter() - start
                moved = stored(Path(folder) / job.FOLDER / "blocks")
    count = (side // BLOCK) ** 2
    sent = len(cloudpickle.dumps(BlockJob("", "", model.data, "cpu", {}, model.textures, 0, 2000.0, None)))
    for workers, taken in times.items():
        print(f"{count} blocks, {workers} workers: {taken:.1f} s, {taken / count:.2f} s a block")
    print(f"efficiency of two over one: {times[1] / times[2] / 2:.1%}")
    labels_mb, height_mb = (moved.pop("labels") / count / 1e6, moved["height"] / count / 1e6)
    print(
        f"a block writes {sum(moved.values()) / count / 1e6:.2f} MB, {height_mb:.2f} of them heights; its labels are "
        f"{labels_mb:.3f} MB; {sent / 1e6:.1f} MB go to a worker once"
    )
    return times[1] / count


def simulated(workers: int, count: int, block: float) -> None:
    """As many blocks as of a large map by workers that sleep, with what each side takes of the processor."""
    with sleeping_workers(workers) as (file, processes), open_cluster(str(file)) as executor:
        assert executor is not None
        while executor.workers < workers:
            time.sleep(1)
        list(executor.run(Sleeping(0), range(2 * workers)))
        before = [processor_seconds(process.pid) for process in processes]
        own = time.process_time()
        taken = seconds(lambda: list(executor.run(Sleeping(block), range(count))))
        client = time.process_time() - own
        scheduler, *hosts = (
            processor_seconds(process.pid) - was for process, was in zip(processes, before, strict=True)
        )
    ideal = -(-count // workers) * block
    print(
        f"{workers} workers, {count} blocks of {block:.1f} s: {taken:.1f} s, "
        f"{count * block / workers / taken:.1%} of all workers' time ({ideal / taken:.1%} of what whole rounds allow); "
        f"of the processor a block: scheduler {scheduler / count * 1e3:.2f} ms, client {client / count * 1e3:.2f}, "
        f"its worker {sum(hosts) / count * 1e3:.2f}",
        flush=True,
    )


@contextmanager
def sleeping_workers(workers: int) -> Iterator[tuple[Path, list["subprocess.Popen[bytes]"]]]:
    """A scheduler's file; and its process and those of its workers, many in each, as none takes much but at its start.

    Workers don't look at what they do a hundred times a second, nor at their machine twice, as they do by default: here
    that is so many times as much as on machines of their own.
    """
    quiet = os.environ | {
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
    }
    hosts = usable_cores()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        command = ["-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(file), "--port", "0"]
        commands = [[*command, "--no-dashboard"]]
        shares = [workers // hosts + (host < workers % hosts) for host in range(hosts)]
        commands += [["-c", HOST, str(file), str(share)] for share in shares]
        processes = [
            subprocess.Popen([sys.executable, *args], env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for args in commands
        ]
        try:
            while not file.exists():
                time.sleep(0.1)
            yield file, processes
        finally:
            for process in reversed(processes):
                process.kill()
                process.wait()


def processor_seconds(process: int) -> float:
    user, system = psutil.Process(process).cpu_times()[:2]
    return float(user + system)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blocks", type=int, default=4, help="of the map that is made, a square number")
    parser.add_argument("--simulated", default="50,200", help="how many workers sleep")
    parser.add_argument("--count", type=int, default=4096, help="blocks that they sleep for")
    parser.add_argument("--block", type=float, help="seconds of one (default: as measured)")
    parser.add_argument("--only", choices=("overhead", "blocks", "simulated"), help="one part alone")
    args = parser.parse_args()
    if args.only in (None, "overhead"):
        pool = seconds(lambda: list(Pool().run(Sleeping(0), range(EMPTY))))
        print(f"our own pool: {pool:.1f} s to start, make {EMPTY} empty blocks and end")
        for workers in (1, 2, 4):
            overhead(workers)
    block = args.block
    if args.only in (None, "blocks"):
        block = block or blocks(isqrt(args.blocks) * BLOCK)
    if args.only in (None, "simulated"):
        for workers in map(int, args.simulated.split(",")):
            simulated(workers, args.count, block or 4.0)


if __name__ == "__main__":
    main()
