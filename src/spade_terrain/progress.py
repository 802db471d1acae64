"""How far a long run has come, and how long it will take."""

import sys
import time
from types import TracebackType
from typing import Self

_BAR = 30
_LINES = 20  # at most, where there is no terminal


class Progress:
    """A bar on stderr with the time left; where that is no terminal, a line now and then."""

    def __init__(self, total: int, done: int = 0) -> None:
        """Begin at `done` of `total` pieces of work alike."""
        self._total, self._begun, self._done = total, done, done
        self._start = time.monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._said = -1
        self._show()

    def step(self) -> None:
        """One piece more is done."""
        self._done += 1
        self._show()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._is_terminal:
            print(file=sys.stderr)

    def _show(self) -> None:
        if self._is_terminal:
            full = _BAR * self._done // self._total
            print(f"\r[{'#' * full:<{_BAR}}] {self._text():<50}", end="", file=sys.stderr, flush=True)
        elif (twentieth := _LINES * self._done // self._total) > self._said:
            self._said = twentieth
            print(self._text(), file=sys.stderr, flush=True)

    def _text(self) -> str:
        text = f"{self._done} of {self._total} blocks, {self._done / self._total:.0%}"
        if self._done == self._begun:
            return text
        left = (time.monotonic() - self._start) / (self._done - self._begun) * (self._total - self._done)
        return f"{text}, {duration(left)} left"


def duration(seconds: float) -> str:
    """A time in words, in the unit that fits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
