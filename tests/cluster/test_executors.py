import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import pytest
from distributed import Client, LocalCluster

from spade_terrain.cluster import scheduler, worker
from spade_terrain.cluster.address import open_cluster
from spade_terrain.cluster.executor import Executor, Here, in_order
from spade_terrain.cluster.scheduler import Scheduler
from spade_terrain.errors import ClusterError, MissingFileError, ParameterError
from tests.cluster import jobs
from tests.cluster.jobs import Doubling, Failing, Hungry

cloudpickle.register_pickle_by_value(jobs)  # workers don't have the tests

ITEMS = range(40)


def test_here_and_on_a_cluster_are_the_same(two_workers: Executor, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    here = dict(Here().run(Doubling(tmp_path / "here"), ITEMS))
    job = Doubling(tmp_path, pause=0.01)
    assert dict(two_workers.run(job, ITEMS)) == here == {item: 2 * item for item in ITEMS}
    assert len(job.opened()) == len(set(job.opened())) == two_workers.workers == 2  # once a worker
    assert [job.made(item) for item in ITEMS] == [1] * len(ITEMS)


def test_results_in_order() -> None:
    assert list(in_order([1, 2, 3], [(3, "c"), (1, "a"), (2, "b")])) == [(1, "a"), (2, "b"), (3, "c")]


def test_few_are_under_way(two_workers: Executor, tmp_path: Path) -> None:
    """And what was not begun when the run is broken off never is."""
    job = Doubling(tmp_path, pause=0.02)
    with closing(two_workers.run(job, range(1000))) as found:
        for _ in range(3):
            next(found)
    time.sleep(0.3)
    begun = sum(job.made(item) > 0 for item in range(1000))
    time.sleep(0.3)
    assert begun == sum(job.made(item) > 0 for item in range(1000)) < 60


def test_a_worker_is_killed(two_workers: Executor, tmp_path: Path) -> None:
    job = Doubling(tmp_path, pause=0.02, kills_at=5)
    assert dict(two_workers.run(job, ITEMS)) == {item: 2 * item for item in ITEMS}
    assert job.made(5) == 2
    assert sum(job.made(item) > 1 for item in ITEMS) <= 2 + 1  # what the dead one had finished, and not told of yet


def test_an_item_that_kills_every_worker(two_workers: Executor, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"^5 has cost several workers their lives, most likely for want of memory"):
        list(two_workers.run(Doubling(tmp_path, kills_at=5, always=True), [5]))


@pytest.fixture(scope="module")
def small_worker() -> Iterator[Scheduler]:
    """A process that may have 800 MB, of which results may have none: all of them are spilled to the disk."""
    settings = {
        "distributed.worker.memory.target": 1e-6,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.scheduler.allowed-failures": 1,
    }
    with (
        dask.config.set(settings),
        LocalCluster(n_workers=1, threads_per_worker=1, memory_limit="800MB", dashboard_address=None) as cluster,
    ):
        small = Scheduler(lambda: Client(cluster, set_as_default=False), "small")
        yield small
        small.close()


def test_a_worker_out_of_memory_and_results_on_its_disk(small_worker: Scheduler, tmp_path: Path) -> None:
    """Dask's nanny kills it at its limit, and the run goes on with the one that comes in its place."""
    found, spilled = {}, 0

    def on_disk(dask_worker: Any) -> int:
        return int(dask_worker.data.spilled_total.disk)

    for item, result in small_worker.run(Hungry(tmp_path, at=3), range(6)):
        found[item] = result
        spilled = max(spilled, *small_worker._client.run(on_disk).values(), 0)
    assert found == {item: bytes([item]) * 1_000_000 for item in range(6)}
    assert (tmp_path / "eaten").exists()
    assert spilled > 0


def test_an_item_that_no_worker_has_the_memory_for(small_worker: Scheduler, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"^3 has cost several workers their lives, most likely for want of memory"):
        list(small_worker.run(Hungry(tmp_path, at=3, always=True), [3]))


def test_what_a_worker_raises(two_workers: Executor) -> None:
    with pytest.raises(FileNotFoundError, match=r"on the worker tcp://.*/no/such/file"):
        list(two_workers.run(Failing(), [1]))


@pytest.mark.parametrize(
    ("cluster", "error", "text"),
    [
        ("local:0", ParameterError, "use 1 to 1,024 processes"),
        ("http://host:80", ParameterError, "is no address of a scheduler"),
        ("tcp://host", ParameterError, "is no address of a scheduler"),
        ("no-such-file.json", MissingFileError, "no such file: no-such-file.json"),
        (__file__, ClusterError, "is no file that a Dask scheduler wrote"),
        ("tcp://127.0.0.1:9", ClusterError, "no Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_no_cluster(cluster: str, error: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "TIMEOUT_S", 0.5)
    with pytest.raises(error, match=text) as raised, open_cluster(cluster):
        pass
    assert len(str(raised.value).splitlines()) == 1


def test_versions_that_differ(two_workers: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of Dask when the client comes, of all else when a worker, perhaps one that came later, begins."""
    own = worker.versions()
    monkeypatch.setattr(scheduler, "versions", lambda: own | {"dask": "1.0"})
    address = two_workers._client.scheduler.address
    with pytest.raises(ClusterError, match=rf"has dask {own['dask']}, and this machine 1.0"), open_cluster(address):
        pass
    monkeypatch.setattr(worker, "versions", lambda: own | {"numpy": "1.0"})
    with pytest.raises(ClusterError, match=rf"the worker tcp://.* has numpy {own['numpy']}, and this machine 1.0"):
        list(two_workers.run(Doubling(tmp_path), [1]))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts a Dask scheduler or a worker that knows it by a file."""
    running: list[subprocess.Popen[bytes]] = []

    def started(*args: str) -> "subprocess.Popen[bytes]":
        command = [
            sys.executable,
            "-m",
            "distributed.cli.dask_" + args[0],
            "--scheduler-file",
            str(tmp_path / "scheduler.json"),
        ]
        running.append(
            subprocess.Popen([*command, *args[1:]], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.wait()


def test_a_scheduler_is_killed_and_started_anew(
    start: Callable[..., "subprocess.Popen[bytes]"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "TIMEOUT_S", 3)

    def begin() -> list["subprocess.Popen[bytes]"]:
        (tmp_path / "scheduler.json").unlink(missing_ok=True)
        first = start("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
        while not (tmp_path / "scheduler.json").exists():
            time.sleep(0.05)
        return [first, start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")]

    (tmp_path / "work").mkdir()
    job, found = Doubling(tmp_path / "work", pause=0.02), {}
    before = begin()
    with open_cluster(str(tmp_path / "scheduler.json")) as executor:
        assert executor is not None
        for item, result in executor.run(job, ITEMS):
            found[item] = result
            if len(found) == 5:
                for process in before:
                    process.kill()
                    process.wait()
                begin()
    assert found == {item: 2 * item for item in ITEMS}
    assert len(job.opened()) == 2
    assert [item for item in list(found)[:5] if job.made(item) > 1] == []


def test_without_a_cluster_nothing_of_dask_is_loaded(tiny_model_path: Path, tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from spade_terrain import generate_to\n"
        "from spade_terrain.generation import tiling\n"
        "tiling.BLOCK, tiling.WHOLE = 32, 0\n"
        "generate_to(np.ones((64, 64), np.uint8), sys.argv[2], ['height'], model=sys.argv[1])\n"
        "print(*({'dask', 'distributed', 'zarr', 'fsspec', 'tornado'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code, str(tiny_model_path), str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout == "\n"
