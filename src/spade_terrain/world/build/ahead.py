"""Patches that cover the land, in their order, made before their turn by many workers.

Which place comes next follows from which of those before it were fit for use, which is known only when they are made.
So it is guessed that all are, and places are made in that order; where a guess was wrong most of them still come.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Protocol

from spade_terrain.cluster.executor import Executor
from spade_terrain.world.build.cover import Cover
from spade_terrain.world.build.patches import PackedPatch, PackJob

Place = tuple[float, float]
"""Latitude and longitude of a patch's centre, degrees."""

_EACH = 8
"""Places for each worker that are made at a time, before they are looked at."""


class Made(Protocol):
    """What was made of places: a patch, or `None` of one that is not fit for use. A `dict` will do."""

    def __contains__(self, place: Place) -> bool: ...
    def __getitem__(self, place: Place) -> PackedPatch | None: ...
    def __setitem__(self, place: Place, patch: PackedPatch | None) -> None: ...


def made_in_turn(
    cover: Cover, job: PackJob, executor: Executor | None, known: Made
) -> Iterator[tuple[Place, PackedPatch]]:
    """Yield the places that `cover` chooses and what was made of them, with all of them added to `cover`.

    The same come in the same order whoever makes them, and however many ahead. Without an executor this process does,
    each in its turn. What is `known` is not made again; the rest is put there.
    """
    if executor is not None:
        yield from _in_turn(cover, partial(executor.run, job), _EACH * executor.workers, known)
        return
    with job.open() as work:
        yield from _in_turn(cover, lambda places: ((place, work(place)) for place in places), 1, known)


def _in_turn(
    cover: Cover,
    made: Callable[[Sequence[Place]], Generator[tuple[Place, PackedPatch | None]]],
    ahead: int,
    known: Made,
) -> Iterator[tuple[Place, PackedPatch]]:
    for place in cover.places():
        if place not in known:
            wanted = [place, *islice((p for p in _guessed(cover, place) if p not in known), ahead - 1)]
            with closing(made(wanted)) as found:
                for other, patch in found:
                    known[other] = patch
        patch = known[place]
        if patch is not None:
            cover.add(*place)
            yield place, patch


def _guessed(cover: Cover, place: Place) -> Iterator[Place]:
    """The places that come after this one if all are fit for use."""
    guess = cover.copy()
    guess.add(*place)
    for other in guess.places():
        yield other
        guess.add(*other)
