"""`--cluster`: which workers do the work."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from spade_terrain.cluster.executor import Executor
from spade_terrain.errors import ClusterError, MissingFileError, ParameterError, one_line
from spade_terrain.runtime.libraries import require
from spade_terrain.runtime.machine import usable_cores

if TYPE_CHECKING:
    from spade_terrain.cluster.scheduler import Scheduler

_ADDRESS = re.compile(r"(tcp|tls|ws|wss)://[^\s/:]+:\d+/?|(tcp|tls|ws|wss)://\[[0-9a-fA-F:]+\]:\d+/?")
_LOCAL = re.compile(r"local(:(\d+))?")
_MOST = 1024
"""Processes on this machine, at most."""

_log = logging.getLogger(__name__)


@contextmanager
def open_cluster(cluster: str | None) -> Iterator[Executor | None]:
    """The workers that a user names, while the block lasts; `None` for none, and then nothing of Dask is loaded.

    Where the scheduler's dashboard is, if it has one, is told in one line.

    Args:
        cluster: the address of a Dask scheduler, `tcp://HOST:8786`; or the file that a scheduler writes its address to;
            or `local`, or `local:N`, for N processes of this machine, by default one for each core.

    Raises:
        ParameterError: it is none of these.
        MissingFileError: there is no such file.
        ClusterError: the scheduler doesn't answer, or it or a worker has other versions.
        MissingLibraryError: Dask is not installed.

    """
    if cluster is None:
        yield None
        return
    processes = _processes(cluster)
    file = None if processes or _ADDRESS.fullmatch(cluster) else _scheduler_file(cluster)
    require("distributed", "`cluster`", "cluster")
    with _local(processes) if processes else _remote(cluster, file) as scheduler:
        if scheduler.dashboard and (find_spec("bokeh") or not processes):
            _log.warning("the cluster's dashboard is at %s", scheduler.dashboard)
        yield scheduler


def _processes(cluster: str) -> int | None:
    local = _LOCAL.fullmatch(cluster)
    if local is None:
        return None
    count = int(local[2]) if local[2] else usable_cores()
    if not 1 <= count <= _MOST:
        raise ParameterError(f"`cluster` {cluster}: use 1 to {_MOST:,} processes")
    return count


def _scheduler_file(cluster: str) -> Path:
    file = Path(cluster)
    if "://" in cluster:
        raise ParameterError(f"`cluster` {cluster} is no address of a scheduler; it is like tcp://HOST:8786")
    if not file.is_file():
        raise MissingFileError(
            f"no such file: {file}; give `cluster` as tcp://HOST:PORT, as local:N, or as a scheduler's file"
        )
    try:
        json.loads(file.read_text("utf-8"))["address"]
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ClusterError(
            f"{file} is no file that a Dask scheduler wrote ({one_line(e)}); give that of `--scheduler-file`"
        ) from e
    return file


@contextmanager
def _remote(cluster: str, file: Path | None) -> Iterator["Scheduler"]:
    from distributed import Client

    from spade_terrain.cluster.scheduler import TIMEOUT_S, Scheduler

    def connect() -> Client:
        place = {"scheduler_file": str(file)} if file else {"address": cluster}
        return Client(timeout=TIMEOUT_S, set_as_default=False, **place)

    scheduler = Scheduler(connect, cluster)
    try:
        yield scheduler
    finally:
        scheduler.close()


@contextmanager
def _local(processes: int) -> Iterator["Scheduler"]:
    """A scheduler in this process, with so many workers of one thread each, which end with it, however it ends."""
    from distributed import Client, LocalCluster

    from spade_terrain.cluster.scheduler import TIMEOUT_S, Scheduler

    with LocalCluster(
        n_workers=processes,
        threads_per_worker=1,
        dashboard_address=":0",
        silence_logs=logging.CRITICAL + 1,
    ) as cluster:
        scheduler = Scheduler(lambda: Client(cluster, timeout=TIMEOUT_S, set_as_default=False), "local")
        try:
            yield scheduler
        finally:
            scheduler.close()
