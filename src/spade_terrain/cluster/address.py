"""`--cluster`: which workers do the work."""

import json
import logging
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import TYPE_CHECKING

from spade_terrain.cluster.executor import Executor
from spade_terrain.errors import ClusterError, MissingFileError, ParameterError, one_line
from spade_terrain.runtime.libraries import require
from spade_terrain.runtime.machine import usable_cores

if TYPE_CHECKING:
    from distributed import LocalCluster

    from spade_terrain.cluster.scheduler import Scheduler

_ADDRESS = re.compile(r"(tcp|tls|ws|wss)://([^\s/:]+|\[[0-9a-fA-F:]+\]):(\d+)/?")
_LOCAL = re.compile(r"local(:(-?\d+))?")
_PORTS = range(1, 65536)
_MOST_A_CORE = 8
"""Processes on this machine, at most: each takes memory, and a second of a core to start."""

_log = logging.getLogger(__name__)


@contextmanager
def open_cluster(cluster: str | None) -> Iterator[Executor | None]:
    """The workers that a user names, while the block lasts; `None` for none, and then nothing of Dask is loaded.

    Where the scheduler's dashboard is, if it has one, is told in one line.

    Args:
        cluster: the address of a Dask scheduler, `tcp://HOST:8786`; or the file that a scheduler writes its address to;
            or `local`, or `local:N`, for N processes of this machine, by default one for each core.

    Raises:
        ParameterError: it is none of these, or its certificates are missing.
        MissingFileError: there is no such file.
        ClusterError: the scheduler doesn't answer, or it or a worker has other versions.
        MissingLibraryError: Dask is not installed.

    """
    if cluster is None:
        yield None
        return
    processes = _processes(cluster)
    file = None if processes or _is_address(cluster) else _scheduler_file(cluster)
    require("distributed", "`cluster`", "cluster")
    with _local(processes) if processes else _remote(cluster, file) as scheduler:
        if (find_spec("bokeh") or not processes) and (page := scheduler.dashboard):
            _log.warning("the cluster's dashboard is at %s", page)
        yield scheduler


def _processes(cluster: str) -> int | None:
    local = _LOCAL.fullmatch(cluster)
    if local is None:
        return None
    count = int(local[2]) if local[2] else usable_cores()
    most = _MOST_A_CORE * usable_cores()
    if not 1 <= count <= most:
        raise ParameterError(f"`cluster` {cluster}: use 1 to {most} processes on this machine, best one a core")
    return count


def _is_address(cluster: str) -> bool:
    address = _ADDRESS.fullmatch(cluster)
    if address and int(address[3]) not in _PORTS:
        raise ParameterError(f"`cluster` {cluster}: ports are 1 to {_PORTS[-1]}")
    return address is not None


def _scheduler_file(cluster: str) -> Path:
    file = Path(cluster)
    if "://" in cluster:
        raise ParameterError(f"`cluster` {cluster} is no address of a scheduler; it is like tcp://HOST:8786")
    if not file.is_file():
        raise MissingFileError(
            f"no such file: {cluster or 'a name is missing'}; give `cluster` as tcp://HOST:PORT, as local:N, or as a "
            "scheduler's file"
        )
    _address_in(file)
    return file


def _address_in(file: Path) -> str:
    """The address that a scheduler wrote to its file."""
    try:
        return str(json.loads(file.read_text("utf-8"))["address"])
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ClusterError(
            f"{file} is no file that a Dask scheduler wrote ({one_line(e)}); give that of `--scheduler-file`"
        ) from e


@contextmanager
def _remote(cluster: str, file: Path | None) -> Iterator["Scheduler"]:
    from distributed import Client

    from spade_terrain.cluster.reach import reach
    from spade_terrain.cluster.scheduler import TIMEOUT_S, Scheduler

    def connect() -> Client:
        address = _address_in(file) if file else cluster  # a scheduler that is started anew may have another
        reach(address, TIMEOUT_S)
        return Client(address, timeout=TIMEOUT_S, set_as_default=False)

    scheduler = Scheduler(connect, cluster)
    try:
        yield scheduler
    finally:
        scheduler.close()


@contextmanager
def _local(processes: int) -> Iterator["Scheduler"]:
    """A scheduler in this process, with so many workers of one thread each, which end with it, however it ends."""
    from distributed import Client

    from spade_terrain.cluster.scheduler import TIMEOUT_S, Scheduler

    begun: list[LocalCluster] = []
    try:
        # Elsewhere than in this thread, which alone is stopped by Ctrl-C: Dask can't close one that is half begun.
        with ThreadPoolExecutor(1) as beginning:
            beginning.submit(lambda: begun.append(_local_cluster(processes))).result()
    except KeyboardInterrupt:
        for cluster in begun:
            cluster.close()
        raise
    with begun.pop() as cluster:
        scheduler = Scheduler(lambda: Client(cluster, timeout=TIMEOUT_S, set_as_default=False), "local")
        try:
            yield scheduler
        finally:
            scheduler.close()


def _local_cluster(processes: int) -> "LocalCluster":
    """Begin one, in a thread of its own whose signals its workers take over: Ctrl-C is for the client alone."""
    from distributed import LocalCluster

    if hasattr(signal, "pthread_sigmask"):
        ensure_running()  # before: to start it lets these signals through again
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGHUP])
    return LocalCluster(
        n_workers=processes, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL + 1
    )
