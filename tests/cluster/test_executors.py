import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
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
from spade_terrain.errors import ClusterError, StorageError
from tests.cluster import jobs
from tests.cluster.jobs import Doubling, Failing, Hungry, Refused

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
    job = Doubling(tmp_path, pause=0.05, kills_at=5)
    assert dict(two_workers.run(job, ITEMS)) == {item: 2 * item for item in ITEMS}
    assert job.made(5) == 2
    assert sum(job.made(item) > 1 for item in ITEMS) <= 2 + 1  # what the dead one had finished, and not told of yet


def test_workers_leave_ctrl_c_to_the_client(two_workers: Scheduler, tmp_path: Path) -> None:
    """A terminal sends it to all of them, and each would say so in thirty lines."""
    before = two_workers._client.run(os.getpid)
    for process in before.values():
        os.kill(process, signal.SIGINT)
        os.kill(process, signal.SIGHUP)
    assert dict(two_workers.run(Doubling(tmp_path), ITEMS)) == {item: 2 * item for item in ITEMS}
    assert before.items() <= two_workers._client.run(os.getpid).items()  # one that was killed before may come yet


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


def test_what_a_worker_says_in_our_words(two_workers: Executor) -> None:
    """It comes to the client though the library's error that is the cause of it can't be pickled."""
    with pytest.raises(StorageError, match=r"^the disk is full; free some space$"):
        list(two_workers.run(Refused(), [1]))


def test_two_clients_with_the_same_work(
    two_workers: Scheduler, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that ends early takes nothing from the other."""
    job, address = Doubling(tmp_path, pause=0.02), two_workers._client.scheduler.address
    with open_cluster(address) as other:
        assert other is not None
        caplog.clear()
        first, second = two_workers.run(job, ITEMS), other.run(job, ITEMS)
        found = dict([next(first), next(second)])
        first.close()
        found |= dict(second)
    assert found == {item: 2 * item for item in ITEMS}
    assert caplog.messages == []


def test_what_a_killed_client_left_is_cleared(two_workers: Scheduler, tmp_path: Path) -> None:
    """The next one does: a model that was opened would keep its memory. What living ones have open stays."""

    def plugins(dask_worker: Any) -> list[str]:
        return [name for name in dask_worker.plugins if name.startswith("spade-terrain-")]

    client = two_workers._client
    client.register_plugin(worker.JobPlugin("spade-terrain-Client-of-old-0", cloudpickle.dumps(Doubling(tmp_path))))
    with open_cluster(client.scheduler.address) as other:
        assert other is not None
        with closing(other.run(Doubling(tmp_path, pause=0.01), ITEMS)) as found:
            next(found)
            assert len(set(chain(*client.run(plugins).values()))) == 1
            assert dict(two_workers.run(Doubling(tmp_path), [1, 2])) == {1: 2, 2: 4}
            living = set(chain(*client.run(plugins).values()))
            assert len(living) == 1
            assert "of-old" not in living.pop()


def test_no_worker_is_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who waits is told why, once; and one that comes then is given the work."""
    monkeypatch.setattr(scheduler, "_LONELY_S", 0.0)
    monkeypatch.setattr(scheduler, "_COUNTED_S", 0.0)
    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster:
        empty = Scheduler(lambda: Client(cluster, set_as_default=False), "empty")
        caplog.handler.addFilter(lambda record: cluster.scale(1) or True)  # when the line comes
        try:
            assert dict(empty.run(Doubling(tmp_path), [1])) == {1: 2}
        finally:
            empty.close()
    assert [line for line in caplog.messages if "no worker is there; start some" in line] == caplog.messages[:1]


def test_versions_that_differ(two_workers: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the client comes; and when a worker that came later begins."""
    own = worker.versions()
    address = two_workers._client.scheduler.address
    for name, here, told in [
        ("dask", "1.0", rf"the scheduler {address} has dask {own['dask']}, and this machine dask 1.0"),
        ("numpy", "1.0", rf"the worker tcp://.* has numpy {own['numpy']}, and this machine numpy 1.0"),
        ("zarr", worker.NONE, rf"the worker tcp://.* has zarr {own['zarr']}, and this machine no zarr"),
    ]:
        monkeypatch.setattr(scheduler, "versions", lambda name=name, here=here: own | {name: here})
        with pytest.raises(ClusterError, match=told), open_cluster(address):
            pass
    monkeypatch.setattr(worker, "versions", lambda: own | {"numpy": "1.0"})
    with pytest.raises(ClusterError, match=rf"the worker tcp://.* has numpy {own['numpy']}, and this machine numpy"):
        list(two_workers.run(Doubling(tmp_path), [1]))


@dataclass(frozen=True)
class Strange(Doubling):
    """A job that workers can't load, as one of spade-terrain where there is none."""

    def __reduce__(self) -> tuple[Any, ...]:
        return import_module, ("spade_terrain.no_such_part",)


def test_workers_without_spade_terrain(two_workers: Scheduler, tmp_path: Path) -> None:
    """Or with another one that has the same number, whether a worker or the scheduler sees it first."""
    told = "has no spade-terrain, or another one; install the same on all"
    with pytest.raises(ClusterError, match=told):
        list(two_workers.run(Strange(tmp_path), [1]))
    for said in (Exception("ModuleNotFoundError(\"No module named 'spade_terrain'\")"), _caused()):

        def refused(plugin: Any, said: Exception = said) -> None:
            raise said

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(two_workers._client, "register_plugin", refused)
            with pytest.raises(ClusterError, match=told):
                list(two_workers.run(Doubling(tmp_path), [1]))


def _caused() -> Exception:
    """As Dask tells it of a scheduler."""
    error = RuntimeError("Error during deserialization of the task graph.")
    error.__cause__ = ModuleNotFoundError("No module named 'spade_terrain'")
    return error


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
