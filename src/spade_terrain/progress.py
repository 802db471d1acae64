"""How far a long run has come: one line on stderr with a bar, the count and the time left.

It is drawn on a terminal only; where stderr is a file or a pipe nothing is written.
"""

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

from spade_terrain.console import Quiet

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_T = TypeVar("_T")
_BAR = 30  # characters
_MEAN_S = 3600.0  # the time left follows from the mean speed of the last hour: one piece may take minutes


class Progress:
    """What `progress` yields: it is told how far the work has come. Where nothing is drawn its methods do nothing.

    Attributes:
        done: pieces that are finished.
        total: pieces that there are; `None` if nobody knows.

    """

    def __init__(self, what: str, total: float | None, done: float, bar: "Bar | None") -> None:
        self.done, self.total = done, total
        self._what, self._description, self._bar = what, "", bar
        if bar:
            # Rich counts the time from the first step that it is told of, and leaves that one out of the speed.
            self._task = bar.add_task("", total=total, completed=-1, count=self._count())
            self._draw()

    def advance(self, by: float = 1) -> None:
        """So many pieces more are finished."""
        self.reach(self.done + by)

    def reach(self, done: float, total: float | None = None) -> None:
        """So many pieces are finished by now, of `total` if that has become known or is another."""
        self.done = done
        self.total = self.total if total is None else total
        self._draw()

    def describe(self, text: str) -> None:
        """Show a few words behind the time left: the file that is written, the losses of a step."""
        self._description = text
        self._draw()

    def _draw(self) -> None:
        if self._bar:
            self._bar.update(
                self._task,
                completed=self.done,
                total=self.total,
                description=self._description,
                count=self._count(),
            )

    def _count(self) -> str:
        of = "" if self.total is None else f" of {self.total:,.0f}"
        return f"{self.done:,.0f}{of} {self._what}"


@contextmanager
def progress(what: str, total: float | None, done: float = 0, *, shown: bool = True) -> Iterator[Progress]:
    """Show progress while the block lasts: call the methods of what it yields.

    with progress("blocks", len(blocks)) as shown:
        for block in blocks:
            make(block)
            shown.advance()


    Args:
        what: what is counted, in the plural.
        total: how many there are; `None`, or infinity, if nobody knows.
        done: how many of them were finished before, by a run that is gone on with. The time left does not count them.
        shown: `False` draws nothing, on a terminal either: for all processes of a group but one.

    """
    total = total if total is not None and isfinite(total) else None
    if not shown or not sys.stderr.isatty():
        yield Progress(what, total, done, None)
        return
    with _bar() as bar:
        yield Progress(what, total, done, bar)


def track(items: Iterable[_T], what: str, total: float | None = None, done: float = 0) -> Iterator[_T]:
    """Pass `items` through, and show how many of them were dealt with. Arguments are as `progress` takes them.

    `total` counts what was `done` before, too; by default it is that and the length of `items`, if they have one.
    """
    if total is None and isinstance(items, Sized):
        total = done + len(items)
    with progress(what, total, done) as shown:
        for item in items:
            yield item
            shown.advance()


def _bar() -> "Bar":
    # Late: it takes a tenth of a second, which only a run that is watched has to spend.
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    return Bar(
        BarColumn(_BAR),
        TextColumn("{task.fields[count]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("left  {task.description}", markup=False),
        console=Console(file=cast("TextIO", Quiet(sys.stderr)), force_terminal=True),
        speed_estimate_period=_MEAN_S,
        redirect_stdout=False,  # results go where they should, which may be a file
    )
