"""Work that is watched: how many pieces are done, how fast, by how many workers, and the time that is left."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing

from spade_terrain.cluster.executor import Executor, Item, Job, Result
from spade_terrain.progress import progress


def watched(
    executor: Executor, job: Job[Item, Result], items: Sequence[Item], what: str, total: int | None = None
) -> Generator[tuple[Item, Result]]:
    """What `Executor.run` yields for `items`, with progress shown of `what`, in the plural.

    `total` counts pieces that were finished before, too; by default there are none.
    """
    total = len(items) if total is None else total
    done, started = 0, time.monotonic()
    with progress(what, total, total - len(items)) as shown, closing(executor.run(job, items)) as found:
        for pair in found:
            yield pair
            done += 1
            shown.advance()
            speed, workers = done / max(time.monotonic() - started, 1e-3), executor.workers
            shown.describe(f"{speed:.3g} a second, {workers} worker{'s' * (workers != 1)}")
