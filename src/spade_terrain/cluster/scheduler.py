"""The workers of a Dask scheduler."""

import logging
import re
import time
import warnings
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from itertools import count, islice
from typing import Any

import cloudpickle
from distributed import Client, Future, KilledWorker, as_completed
from distributed.comm import CommClosedError

from spade_terrain.cluster.executor import Item, Job, Result
from spade_terrain.cluster.reach import is_served
from spade_terrain.cluster.worker import LIBRARIES, NONE, JobPlugin, check_versions, versions, work
from spade_terrain.errors import ClusterError, TerrainError, one_line

_AHEAD = 2
"""Items under way for each thread of the workers, so that none waits for its next one."""
_LEAST = 16
"""Items under way at least: for workers that are still to come."""
TIMEOUT_S = 10.0
"""How long a scheduler may take to answer."""
_PATIENCE_S = 300.0
"""How long a scheduler that went away may take to come back."""
_AGAIN_S = 0.5
"""How soon it is looked for again."""
_COUNTED_S = 2.0
"""How long a count of the workers is believed."""
_LONELY_S = 10.0
"""How long there may be no worker before that is told."""
_PREFIX = "spade-terrain-"
"""What our plugins' names begin with; a client's id follows."""
_UNDERSTANDS = ("python", "spade-terrain", "dask", "distributed")
"""Of what decides what workers make, what a scheduler has to have, too."""
_LOST = (CancelledError, CommClosedError, TimeoutError)

_log = logging.getLogger(__name__)


class Scheduler:
    """An executor whose workers are those of a Dask scheduler, as they come and go.

    A worker that dies is replaced by others, and a scheduler that was started anew is given what is left.
    """

    def __init__(self, connect: Callable[[], Client], where: str) -> None:
        """Connect; `where` is what to call the scheduler.

        Raises `ClusterError` if it does not answer, or it or a worker has other versions.
        """
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what goes wrong is told by us
        self._connect, self._where = connect, where
        self._client = self._connected()
        self._counted, self._workers = 0.0, 0
        self._runs = count()

    @property
    def dashboard(self) -> str | None:
        """The address of the scheduler's page, if it has one that can be opened from here."""
        link: str | None = self._client.dashboard_link if "dashboard" in self._services() else None
        return link if link and is_served(link) else None

    @property
    def workers(self) -> int:
        """Threads of all workers that are there."""
        if time.monotonic() - self._counted > _COUNTED_S:
            self._workers, self._counted = sum(self._client.nthreads().values()), time.monotonic()
        return self._workers

    def run(self, job: Job[Item, Result], items: Sequence[Item]) -> Generator[tuple[Item, Result]]:
        """As `Executor` says; raises `ClusterError`, too, if an item has cost too many workers their lives."""
        left = dict.fromkeys(items)
        pickled = cloudpickle.dumps(job)
        while left:
            try:
                for item, result in self._run(pickled, list(left)):
                    del left[item]
                    yield item, result
            except Exception as e:
                # A client that has given up raises what it likes.
                if _is_foreign(e):
                    raise ClusterError(
                        "the scheduler or a worker has no spade-terrain, or another one; install the same on all"
                    ) from e
                if not isinstance(e, _LOST) and self._client.status == "running":
                    raise
                self._wait_for_scheduler(e)

    def close(self) -> None:
        """Leave the scheduler."""
        with suppress(Exception):  # it may be gone
            self._client.close()

    def _run(self, job: bytes, items: Sequence[Item]) -> Generator[tuple[Item, Any]]:
        self._clear_the_benches()
        # A name of this run alone: another client may be at work on the same job, and end earlier.
        name = f"{_PREFIX}{self._client.id}-{next(self._runs)}"
        self._client.register_plugin(JobPlugin(name, job))
        connection = self._client.scheduler_comm
        coming, under_way = iter(items), dict[Future[Any], Item]()
        done = as_completed(loop=self._client.loop, with_results=True, raise_errors=False)
        try:
            while True:
                # Many at a time: the scheduler takes about as long for one as for a hundred.
                if len(under_way) <= max(_LEAST, (1 + _AHEAD) * self.workers) // 2:
                    batch = list(islice(coming, max(_LEAST, (1 + _AHEAD) * self.workers) - len(under_way)))
                    keys = [f"{name}-{item}" for item in batch]
                    futures = self._client.map(partial(work, name), batch, key=keys, pure=False)
                    under_way.update(zip(futures, batch, strict=True))
                    done.update(futures)
                if not under_way:
                    return
                self._wait_for_one(done, connection)
                for future, result in done.next_batch():
                    item = under_way.pop(future)
                    if future.status != "finished":
                        _raise(future, item)
                    yield item, result
        finally:
            with suppress(*_LOST, OSError, RuntimeError):  # it may be gone
                self._client.cancel(list(under_way), force=True)
                self._client.unregister_worker_plugin(name)

    def _clear_the_benches(self) -> None:
        """Take from the workers what clients that were killed had opened there: a model keeps its memory."""
        for name in self._client.run_on_scheduler(_left_behind):
            self._client.unregister_worker_plugin(name)

    def _wait_for_one(self, done: as_completed, connection: object) -> None:
        """Wait until something has come; raises `CommClosedError` if it never will, with the scheduler gone."""
        seen, told = time.monotonic(), False
        while not done.has_ready():
            if self._client.scheduler_comm is not connection:
                raise CommClosedError("another connection")
            if self.workers:
                seen = time.monotonic()
            elif not told and time.monotonic() - seen > _LONELY_S:
                _log.warning("no worker is there; start some (`dask worker`): they are waited for")
                told = True
            with done.thread_condition:
                done.thread_condition.wait(0.1)

    def _connected(self) -> Client:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # versions that differ are told in one line
                client = self._connect()
        except TerrainError:  # some are `OSError`s, too
            raise
        except (OSError, ValueError, TimeoutError) as e:
            raise ClusterError(
                f"no Dask scheduler answers at {self._where} ({one_line(e) or 'timeout'}); "
                "start one with `dask scheduler`, or give its address"
            ) from e
        try:
            found = client.get_versions(packages=LIBRARIES)
            own = versions()
            for_scheduler = {name: own[name] for name in _UNDERSTANDS}
            check_versions(f"the scheduler {self._where}", _packages(found["scheduler"]), for_scheduler)
            for address, there in found["workers"].items():
                check_versions(f"the worker {address}", _packages(there), own)
        except TerrainError:
            client.close()
            raise
        return client

    def _wait_for_scheduler(self, error: BaseException) -> None:
        _log.warning("the scheduler %s is gone; it is waited for, %d minutes at most", self._where, _PATIENCE_S // 60)
        self.close()
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._client, self._counted = self._connected(), 0.0
                return
            except ClusterError:
                if time.monotonic() > until:
                    raise ClusterError(
                        f"the scheduler {self._where} went away and did not come back; start it, and give the same "
                        "command again"
                    ) from error
                time.sleep(_AGAIN_S)

    def _services(self) -> dict[str, Any]:
        services: dict[str, Any] = self._client.scheduler_info().get("services", {})
        return services


def _left_behind(dask_scheduler: Any) -> list[str]:
    """Names of our plugins whose clients are gone; called by Dask in the scheduler."""
    ours = [name for name in dask_scheduler.worker_plugins if name.startswith(_PREFIX)]
    return [name for name in ours if not any(client in name for client in dask_scheduler.clients)]


def _packages(there: dict[str, Any]) -> dict[str, str]:
    """Of what Dask tells of a scheduler or a worker: versions, as `versions` has them."""
    known = {name: there["packages"].get(name) or NONE for name in LIBRARIES}
    return known | {"python": ".".join(there["packages"]["python"].split(".")[:2])}


def _is_foreign(error: BaseException) -> bool:
    """Whether it is due to a machine that knows no spade-terrain, or another one; Dask may send but its text."""
    said = [repr(e) for e in (error, error.__cause__)]
    return any("spade_terrain" in text and re.search("ModuleNotFoundError|AttributeError", text) for text in said)


def _raise(future: Future[Any], item: object) -> None:
    """Raise what became of an item that was not finished."""
    if future.status in ("cancelled", "lost"):
        raise CancelledError(future.key)
    error = future.exception()
    if isinstance(error, KilledWorker):
        raise ClusterError(
            f"{item} has cost several workers their lives, most likely for want of memory; give workers more memory "
            "or fewer threads each"
        ) from error
    raise error
