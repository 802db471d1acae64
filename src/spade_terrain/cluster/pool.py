"""A pool of processes on this machine, for work that one thread of each is enough for."""

import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

from spade_terrain.cluster.executor import Item, Job, Result
from spade_terrain.errors import DeviceError
from spade_terrain.runtime.machine import usable_cores

_AHEAD = 2
"""Items that wait for each process, so that none waits for its next one."""


class Pool:
    """A process for each core that may be used."""

    @property
    def workers(self) -> int:
        """How many processes there are, unless there are fewer items."""
        return usable_cores()

    def run(self, job: Job[Item, Result], items: Sequence[Item]) -> Generator[tuple[Item, Result]]:
        """As `Executor` says; raises `DeviceError` if a process dies."""
        # A worker is for one core: NumPy's own threads, which OpenBLAS makes when it is loaded, would only wait in its
        # way.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        workers = max(1, min(len(items), self.workers))
        # Spawned, not forked: a fork copies OpenCV's locks but not the threads that would release them.
        pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start, initargs=(job,))
        coming = iter(items)
        under_way: dict[Future[Any], Item] = {}
        try:
            with pool:
                try:
                    while True:
                        for item in islice(coming, (1 + _AHEAD) * workers - len(under_way)):
                            under_way[pool.submit(_work, item)] = item
                        if not under_way:
                            return
                        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                            yield under_way.pop(future), future.result()
                finally:
                    pool.shutdown(wait=False, cancel_futures=True)
        except BrokenProcessPool as e:
            raise DeviceError("a process died, perhaps for want of memory; give the same command again") from e


class _Worker:
    """What a process of a pool keeps from one item to the next: the job's function, opened when it is first needed."""

    def __init__(self, job: Job[Any, Any]) -> None:
        self._opened = job.open()  # it ends with the process
        self._function: Callable[[Any], Any] | None = None

    def work(self, item: Any) -> Any:
        if self._function is None:
            self._function = self._opened.__enter__()
        return self._function(item)


_worker: _Worker
"""This process's, if it is one of a pool: the executor has no other way to give its tasks what was opened once."""


def _start(job: Job[Any, Any]) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then says one line
    Thread(target=_die_with_parent, daemon=True).start()
    _worker = _Worker(job)


def _work(item: Any) -> Any:
    return _worker.work(item)


def _die_with_parent() -> None:
    """End this process when its parent was killed; a pool's workers would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
