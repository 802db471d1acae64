"""What a Dask cluster costs a block, how two workers do beside one, and how many a scheduler can serve.

Run `python benchmarks/cluster.py`; `--blocks 16` makes a larger map, `--simulated 200,1000` more workers that only
sleep for as long as a block takes. Workers that sleep are threads of this process, as their scheduler is: on machines
of their own they would leave it more of its core.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import cloudpickle
import numpy as np
from distributed import Client, LocalCluster

from spade_terrain import load_model
from spade_terrain.cluster.address import open_cluster
from spade_terrain.cluster.executor import Executor
from spade_terrain.cluster.pool import Pool
from spade_terrain.cluster.scheduler import Scheduler
from spade_terrain.generation import job
from spade_terrain.generation.blocks.on_cluster import BlockJob, Workers
from spade_terrain.generation.tiling import BLOCK
from spade_terrain.maps.image import read_map
from spade_terrain.maps.read import open_map

MAP = Path(__file__).parents[1] / "examples" / "continent.png"
EMPTY = 500


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
    """As many blocks as of a large map by workers that sleep."""
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=60
    ) as cluster:
        executor: Executor = Scheduler(lambda: Client(cluster, set_as_default=False), "simulated")
        list(executor.run(Sleeping(0), range(2 * workers)))
        cpu = time.process_time()
        taken = seconds(lambda: list(executor.run(Sleeping(block), range(count))))
        cpu = time.process_time() - cpu
        ideal = -(-count // workers) * block
    print(
        f"{workers} workers, {count} blocks of {block:.1f} s: {taken:.1f} s, "
        f"{count * block / workers / taken:.1%} of all workers' time ({ideal / taken:.1%} of what whole rounds allow); "
        f"{cpu / count * 1e3:.1f} ms of the processor a block, scheduler, client and workers together",
        flush=True,
    )


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
