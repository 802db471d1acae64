"""Work that takes a while: done by a worker, told of while it is done, its file kept until it is fetched."""

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from spade_terrain.errors import TerrainError, one_line
from spade_terrain.runtime.sessions import Stop, StoppedError
from spade_terrain.studio.http.refusals import RefusedError, busy
from spade_terrain.studio.messages.answers import JobState

MOST_WAITING = 4
"""Jobs of a kind that may wait or be at work."""
MOST_KEPT = 8
"""Jobs of a kind whose file is kept; the oldest goes first."""
_TELLING = 1 / 20
"""Of a job, so much has to be done after its beginning before that tells how long the rest takes."""
_NICE = 10
"""Of the worker's thread: terrain that a page waits for while it paints comes first."""


@dataclass
class Job:
    """One job; its worker alone changes it.

    Attributes:
        folder: where it writes.
        of: how much there is to do.
        client: the page that asked.
        stop: ends it.
        done: how much of it is done.
        doing: the name of what is being done.
        state: `working`, `done` or `failed`.
        error: why it failed, in one line.
        file: what it made, in `folder`, once it is done.
        size: bytes of that.
        first: what was done first, and when.

    """

    folder: Path
    of: float
    client: str | None = None
    stop: Stop = field(default_factory=Stop)
    done: float = 0
    doing: str = "waiting"
    state: Literal["working", "done", "failed"] = "working"
    error: str | None = None
    file: Path | None = None
    size: int | None = None
    first: tuple[float, float] | None = None
    future: "Future[None] | None" = None
    lease: asyncio.TimerHandle | None = None

    def reach(self, doing: str, done: float) -> None:
        """So much is done, and this is next. Raises `StoppedError` if it is to end."""
        self.stop.check()
        self.done, self.doing = done, doing
        if done and self.first is None:
            self.first = done, time.monotonic()

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at the speed since something was done first; `None` if nobody knows."""
        if self.state != "working" or self.first is None or self.done - self.first[0] < _TELLING * self.of:
            return None
        done, since = self.first
        return (time.monotonic() - since) * (self.of - self.done) / (self.done - done)

    def describe(self) -> JobState:
        """What the page is told."""
        return JobState(
            state=self.state,
            done=self.done,
            of=self.of,
            doing=self.doing,
            error=self.error,
            bytes=self.size,
            seconds_left=self.seconds_left,
        )


class Jobs:
    """Jobs of one kind, used from one event loop, with one worker.

    Args:
        kind: what one is called in messages.
        folder: where files are written; each job has a folder in it.
        lease: seconds after which a job that nobody asks for is ended and freed: its page has gone.
        failed: told of an exception that is no `TerrainError`.

    """

    def __init__(self, kind: str, folder: Path, lease: float, failed: Callable[[Exception], None]) -> None:
        self._kind, self._folder, self._lease, self._failed = kind, folder, lease, failed
        self._pool = ThreadPoolExecutor(1, kind, _be_nice)
        self._jobs: dict[str, Job] = {}

    def start(self, of: float, work: Callable[[Job], Path], client: str | None = None) -> str:
        """Begin a job; returns a name to ask for it by.

        Args:
            of: how much there is to do.
            work: does it in the job's folder, and returns the file that it made there.
            client: the page that asks, if a later job of its takes the place of this one.

        Raises `RefusedError` if too many wait.

        """
        for name in [name for name, job in self._jobs.items() if client is not None and job.client == client]:
            self.free(name)
        if sum(job.state == "working" for job in self._jobs.values()) >= MOST_WAITING:
            raise busy(f"other {self._kind}s")
        while len(self._jobs) >= MOST_KEPT:
            self.free(next(name for name, job in self._jobs.items() if job.state != "working"))
        job = Job(Path(tempfile.mkdtemp(dir=self._folder)), of, client)
        name = secrets.token_urlsafe(9)
        self._jobs[name] = job
        job.future = self._pool.submit(self._run, job, work)
        self._renew(name, job)
        return name

    def get(self, name: str) -> Job:
        """A job by its name, which stays for another lease. Raises `RefusedError` if there is none."""
        if name not in self._jobs:
            raise RefusedError(404, f"there is no such {self._kind}, or it was freed; ask for it again")
        self._renew(name, self._jobs[name])
        return self._jobs[name]

    def file(self, name: str) -> Path:
        """What a job made. Raises as `get`, and `RefusedError` if it is not done."""
        job = self.get(name)
        if job.file is None:
            raise RefusedError(409, job.error or f"the {self._kind} is not finished; ask for its state first")
        return job.file

    def free(self, name: str) -> None:
        """End a job if it is at work, and remove its files. Raises as `get`."""
        job = self.get(name)
        del self._jobs[name]
        job.stop.set()
        assert job.lease is not None
        job.lease.cancel()
        assert job.future is not None
        job.future.cancel()
        job.future.add_done_callback(lambda _: shutil.rmtree(job.folder, ignore_errors=True))

    def close(self) -> None:
        """End all."""
        for name in list(self._jobs):
            self.free(name)
        self._pool.shutdown(cancel_futures=True)

    def _renew(self, name: str, job: Job) -> None:
        if job.lease is not None:
            job.lease.cancel()
        job.lease = asyncio.get_running_loop().call_later(self._lease, self.free, name)

    def _run(self, job: Job, work: Callable[[Job], Path]) -> None:
        try:
            file = work(job)
            job.size, job.done, job.file = file.stat().st_size, job.of, file
            job.state = "done"
        except StoppedError:
            self._fail(job, "it was stopped")
        except TerrainError as e:
            self._fail(job, str(e))
        except MemoryError:
            self._fail(job, "there was too little memory for it; ask for less detail, or end other programs")
        except OSError as e:
            self._fail(job, f"the {self._kind} can't be written: {one_line(e)}; free some space, or set TMPDIR")
        except Exception as e:
            self._failed(e)
            self._fail(job, "the server failed; its terminal says more")

    def _fail(self, job: Job, why: str) -> None:
        shutil.rmtree(job.folder, ignore_errors=True)
        job.error, job.state = why, "failed"


def _be_nice() -> None:
    """Let other threads go first, where a thread can say so: on Linux, and those that it starts do so, too."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
