"""What all kinds of workers have in common: a pure function of a small plain description is mapped over many.

The function belongs to a `Job`, which is sent to each worker once and opened there once: with it goes what all pieces
have in common, a model or open rasters.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_Item = TypeVar("_Item", contravariant=True)
_Result = TypeVar("_Result", covariant=True)


class Job(Protocol[_Item, _Result]):
    """Work on many items: a dataclass of plain values, which can be pickled."""

    def open(self) -> AbstractContextManager[Callable[[_Item], _Result]]:
        """The function, for one thread, which opens it, calls it and closes it: once for each that a worker has."""
        ...


class Executor(Protocol):
    """Workers."""

    @property
    def workers(self) -> int:
        """How many pieces they work on at a time, as far as is known now."""
        ...

    def run(self, job: Job[Item, Result], items: Sequence[Item]) -> Generator[tuple[Item, Result]]:
        """Yield each item and what the job's function returned for it, as they come, in any order.

        Items can be hashed and pickled, and are all different. Few are under way at a time, and what a worker lost is
        made by another one. Close the generator to end the work early: what is under way is dropped, and no worker is
        left with it.

        Raises what the function raised, and `ClusterError` if the workers can't work.
        """
        ...


class Here:
    """The process itself, one item after another, in their order."""

    workers = 1

    def run(self, job: Job[Item, Result], items: Sequence[Item]) -> Generator[tuple[Item, Result]]:
        """As `Executor` says."""
        with job.open() as work:
            for item in items:
                yield item, work(item)


def in_order(items: Iterable[Item], found: Iterable[tuple[Item, Result]]) -> Iterator[tuple[Item, Result]]:
    """What `Executor.run` yields for `items`, in the order of `items`: for sums that are to come out the same."""
    waiting: dict[Item, Result] = {}
    results = iter(found)
    for item in items:
        while item not in waiting:
            other, result = next(results)
            waiting[other] = result
        yield item, waiting.pop(item)
