"""What one server has: its engine, its queues, its folder."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from spade_terrain.studio.engine import Engine
from spade_terrain.studio.http.body import Bodies, Deadlines
from spade_terrain.studio.http.page import Page
from spade_terrain.studio.work.jobs import Jobs
from spade_terrain.studio.work.turns import Turns

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class Studio:
    """One server's state, used from one event loop.

    Attributes:
        engine: what makes terrain.
        folder: where all that is written goes.
        page: the built page.
        bodies: reads requests.
        turns: terrain of windows, the newest of each page.
        exports: jobs that write files.
        details: jobs that carve terrain.

    """

    def __init__(self, engine: Engine, folder: Path, page: Page, deadlines: Deadlines) -> None:
        self.engine, self.folder, self.page = engine, folder, page
        self.bodies = Bodies(deadlines)
        self.turns = Turns()
        self.exports = Jobs("export", folder, deadlines.lease, _log_failure)
        self.details = Jobs("detail", folder, deadlines.lease, _log_failure)
        self._reader = ThreadPoolExecutor(1, "read")

    async def in_reader(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Run what takes a while in the thread that reads files."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, lambda: function(*arguments))

    def close(self) -> None:
        """End what is being done, and take no more."""
        self.turns.close()
        self.exports.close()
        self.details.close()
        self._reader.shutdown(cancel_futures=True)


def _studio(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio


Running = Annotated[Studio, Depends(_studio)]
"""The server's state, as a parameter of its routes."""


def _log_failure(error: Exception) -> None:
    _log.error("a job failed", exc_info=error)
