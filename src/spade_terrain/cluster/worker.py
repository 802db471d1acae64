"""On the workers of a Dask scheduler: a job comes there once, as a plugin, and is opened by its first item."""

import os
import platform
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import Any

import cloudpickle
from distributed import Worker, WorkerPlugin, get_worker

from spade_terrain.cluster.executor import Job
from spade_terrain.errors import ClusterError, TerrainError

LIBRARIES = ("spade-terrain", "numpy", "onnxruntime", "dask", "distributed", "zarr")
"""What decides, beside Python, whether workers understand a client, and make the same bytes."""
NONE = "none"
"""The version of what is not installed."""


def versions() -> dict[str, str]:
    """Of Python and `LIBRARIES`, by name."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = NONE
    return found


def check_versions(where: str, there: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Raise `ClusterError` if a worker, or whatever is at `where`, has other versions than the client."""
    for name, wanted in here.items():
        if there[name] != wanted:
            has, wants = (f"no {name}" if version == NONE else f"{name} {version}" for version in (there[name], wanted))
            raise ClusterError(f"{where} has {has}, and this machine {wants}; install the same versions on both")


class _Bench:
    """A thread of its own in which a job is opened, its function called, and closed: GDAL's handles ask for that."""

    def __init__(self, job: Job[Any, Any]) -> None:
        self._thread, self._job, self._opened = ThreadPoolExecutor(1), job, ExitStack()
        self._function: Callable[[Any], Any] | None = None

    def work(self, item: Any) -> Any:
        return self._thread.submit(self._work, item).result()

    def close(self) -> None:
        self._thread.submit(self._opened.close)
        self._thread.shutdown(wait=False)

    def _work(self, item: Any) -> Any:
        if self._function is None:
            self._function = self._opened.enter_context(self._job.open())
        return self._function(item)


class JobPlugin(WorkerPlugin):  # type: ignore[misc]
    """Brings a job to each worker, those that join later too, and closes it when the run ends."""

    def __init__(self, name: str, job: bytes) -> None:
        # Pickled: a worker that can't load a plugin does not start, but one that can't load a job can say so.
        self.name, self._job, self._versions = name, job, versions()
        self.address = ""

    def setup(self, worker: Worker) -> None:
        """Called by Dask when it has come to a worker."""
        self.address, self._lock, self._ended = worker.address, Lock(), False
        self._idle: list[_Bench] = []

    def teardown(self, worker: Worker) -> None:
        """Called by Dask when it is taken from a worker."""
        with self._lock:
            self._ended = True
            for bench in self._idle:
                bench.close()

    def work(self, item: Any) -> Any:
        """What the job's function returns for an item."""
        with self._lock:
            bench = self._idle.pop() if self._idle else self._new()
        try:
            return bench.work(item)
        finally:
            with self._lock:
                if self._ended:
                    bench.close()
                else:
                    self._idle.append(bench)

    def _new(self) -> _Bench:
        check_versions(f"the worker {self.address}", versions(), self._versions)
        return _Bench(cloudpickle.loads(self._job))


def work(name: str, item: Hashable) -> Any:
    """The task: one item of the job that the plugin `name` has brought."""
    plugin: JobPlugin = get_worker().plugins[name]
    try:
        return plugin.work(item)
    except TerrainError as e:
        # Alone: many a library's error, which is the cause of it, can't be pickled, and Dask would send neither.
        told: Exception = type(e)(*e.args)
    except OSError as e:
        if not e.filename:
            raise
        # The client's own file may be well there.
        told = type(e)(e.errno, f"{os.strerror(e.errno or 0)}, on the worker {plugin.address}", e.filename)
    raise told
