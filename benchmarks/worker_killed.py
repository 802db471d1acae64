"""A large map made by two workers of which one is killed midway, compared with the map of an undisturbed run.

Run `python benchmarks/worker_killed.py`, for 16,384 x 16,384 pixels: two runs of 256 blocks, and 4 GB of disk. `--side
4096` is a sixteenth of it. It ends with code 1 if a byte differs, or a block that was finished before was made again.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

from spade_terrain import load_model
from spade_terrain.cluster.address import open_cluster
from spade_terrain.cluster.scheduler import Scheduler
from spade_terrain.generation import job
from spade_terrain.generation.blocks.on_cluster import Workers
from spade_terrain.generation.tiling import BLOCK
from spade_terrain.maps.image import read_map
from spade_terrain.maps.read import open_map
from spade_terrain.terrain import TerrainRows

MAP = Path(__file__).parents[1] / "examples" / "continent.png"
_ROWS = 128


class Killer:
    """Kills one of the workers once half of the blocks are finished, and remembers which were."""

    def __init__(self, scheduler: Scheduler, blocks: Path, half: int) -> None:
        self._scheduler, self._blocks, self._half = scheduler, blocks, half
        self._ended = Event()
        self.before: dict[Path, int] = {}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A block during which it watches."""
        thread = Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def made_again(self) -> int:
        """Blocks that were finished before the kill, and written once more after it."""
        return sum(file.stat().st_mtime_ns != written for file, written in self.before.items())

    def _watch(self) -> None:
        finished = self._blocks / "finished"
        while not self._ended.wait(0.2):
            names = [file.name for file in finished.iterdir()] if finished.is_dir() else []
            if len(names) >= self._half:
                processes = self._scheduler._client.run(os.getpid)
                os.kill(next(iter(processes.values())), signal.SIGKILL)
                for name in names:
                    x, y = map(int, name.split())
                    shard = self._blocks / "height" / "c" / str(y // BLOCK) / str(x // BLOCK)
                    self.before[shard] = shard.stat().st_mtime_ns
                return


def digests(terrain: TerrainRows) -> dict[str, str]:
    """Checksums of all that was made."""
    return {name: _digest(getattr(terrain, name)) for name in ("height", "texture", "shaded", "labels")}


def _digest(rows: Any) -> str:
    total = sha256()
    for top in range(0, rows.shape[0], _ROWS):
        total.update(rows[top : min(top + _ROWS, rows.shape[0])].tobytes())
    return total.hexdigest()


def made(scale: int, *, disturbed: bool) -> tuple[dict[str, str], int]:
    """The checksums of the map made by two workers, and how many finished blocks were made again."""
    rows = open_map(read_map(MAP), scale)
    blocks = (rows.shape[0] // BLOCK) * (rows.shape[1] // BLOCK)
    with TemporaryDirectory() as folder, open_cluster("local:2") as scheduler:
        assert isinstance(scheduler, Scheduler)
        run = job.resumable_terrain(rows, Path(folder), load_model(device="cpu"), 0, workers=Workers(scheduler))
        killer = Killer(scheduler, Path(folder) / job.FOLDER / "blocks", blocks // 2 if disturbed else blocks + 1)
        start = time.perf_counter()
        with killer.at_work(), run as terrain:
            taken = time.perf_counter() - start
            if disturbed and not killer.before:
                sys.exit("all blocks were made before a worker could be killed; make a larger map")
            found, again = digests(terrain), killer.made_again()
    told = (
        f"a worker killed after {len(killer.before)}, of which {again} were made again" if disturbed else "undisturbed"
    )
    print(f"{rows.shape[1]} x {rows.shape[0]} pixels, {blocks} blocks in {taken:.0f} s: {told}", flush=True)
    return found, again


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=16384, help="pixels, a multiple of 1024 (default 16384)")
    args = parser.parse_args()
    scale = args.side // len(read_map(MAP))
    (expected, _), (found, again) = made(scale, disturbed=False), made(scale, disturbed=True)
    for name, digest in expected.items():
        print(
            f"{name}: sha256 {digest[:16]}..., {'the same' if found[name] == digest else f'not {found[name][:16]}...'}"
        )
    if found != expected or again:
        sys.exit(1)


if __name__ == "__main__":
    main()
