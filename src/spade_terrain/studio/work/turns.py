"""Who comes next: one terrain is made at a time, and of each page's requests only the newest.

A page that paints asks anew with each stroke. So a request that waits is dropped when its page has sent a later one,
and one that is being made is ended within milliseconds: of each page one request at most is queued.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Generic, TypeVar, cast

from spade_terrain.runtime.sessions import Stop, StoppedError
from spade_terrain.studio.http.refusals import busy, superseded

MOST_WAITING = 32
"""Requests that may wait or be at work."""
_PAGES = 1000
"""Pages whose last turn is remembered."""

_T = TypeVar("_T")


class _Job(Generic[_T]):
    """One request's work; what it holds is let go as soon as it is ended."""

    def __init__(self, work: Callable[[Stop], _T], pool: Executor) -> None:
        self.superseded = False
        self._stop = Stop()
        self._work: Callable[[Stop], _T] | None = work
        self.future = pool.submit(self._run)

    def end(self) -> None:
        """End it, whether it waits or is being done."""
        self._stop.set()
        self._work = None
        self.future.cancel()

    def _run(self) -> _T:
        work = self._work
        self._stop.check()
        assert work is not None  # only `end` takes it away
        return work(self._stop)


class Turns:
    """A queue with one worker, used from one event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "terrain")
        self._jobs: dict[str, _Job[Any]] = {}
        self._turns: OrderedDict[str, int] = OrderedDict()
        self._open = 0

    async def run(self, client: str, turn: int, work: Callable[[Stop], _T]) -> _T:
        """Do `work` when its turn comes, and return what it does; cancelling the caller's task ends it.

        Of a page, `client`, the request with the highest `turn` counts.

        Raises `RefusedError` if the page has sent a later turn, before or meanwhile, or too many wait.
        """
        if self._turns.get(client, -1) > turn:
            raise superseded()
        self._remember(client, turn)
        if previous := self._jobs.get(client):
            previous.superseded = True
            previous.end()
        if self._open >= MOST_WAITING:
            raise busy("other pages' terrain")
        job = self._jobs[client] = _Job(work, self._pool)
        self._open += 1
        try:
            result = await asyncio.wrap_future(job.future)
        except (StoppedError, asyncio.CancelledError):
            if not job.superseded:
                raise  # its page has gone, or the server is closing
            result = None
        finally:
            job.end()
            self._open -= 1
            if self._jobs.get(client) is job:
                del self._jobs[client]
        if job.superseded:
            raise superseded()
        return cast(_T, result)

    def close(self) -> None:
        """End what is being done, and take no more."""
        for job in list(self._jobs.values()):
            job.end()
        self._pool.shutdown(cancel_futures=True)

    def _remember(self, client: str, turn: int) -> None:
        self._turns[client] = turn
        self._turns.move_to_end(client)
        while len(self._turns) > _PAGES:
            self._turns.popitem(last=False)
