"""The line of progress that a run shows on stderr."""

import sys
import time
from collections import deque
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from spade_terrain.training.config import Session
from spade_terrain.training.trainer import Trainer

LOG_STEPS = 20


class ProgressLine:
    """On a terminal one line, renewed each step; elsewhere a plain line every 20 steps."""

    def __init__(self, trainer: Trainer, session: Session, *, shown: bool) -> None:
        self._trainer, self._session, self._shown = trainer, session, shown
        self._start = time.monotonic()
        self._first = trainer.steps
        self._ends = deque([self._start], LOG_STEPS + 1)
        self._on_terminal = sys.stderr.isatty()
        self._bar = Progress(
            BarColumn(20),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            disable=not (shown and self._on_terminal),
        )
        self._task = self._bar.add_task("", total=1.0)

    def __enter__(self) -> "ProgressLine":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, measured: dict[str, float]) -> None:
        """Show where the run stands after a step that measured `measured`."""
        self._ends.append(time.monotonic())
        if self._on_terminal:
            self._bar.update(self._task, description=self._text(measured), completed=self._done())
        elif self._shown and self._trainer.steps % LOG_STEPS == 0:
            print(self._text(measured), file=sys.stderr, flush=True)

    def _text(self, measured: dict[str, float]) -> str:
        trainer = self._trainer
        seconds = (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)  # a step
        left = min(
            60 * self._session.max_minutes - (self._ends[-1] - self._start),
            (self._session.max_steps - trainer.steps) * seconds,
        )
        losses = (
            f"{name.replace('/loss', '')} {value:.3f}" for name, value in measured.items() if "gradient" not in name
        )
        words = [
            f"step {trainer.steps}",
            f"images {trainer.images}",
            *losses,
            f"D:G {trainer.ratio:.2f}",
            f"{trainer.config.batch / seconds:.1f} images/s",
        ]
        if left < float("inf"):
            words.append(f"{timedelta(seconds=max(round(left), 0))} left")
        return "  ".join(words)

    def _done(self) -> float:
        """How much of what limits the session is behind it: 0 to 1, and 0 if nothing does."""
        steps = (self._trainer.steps - self._first) / (self._session.max_steps - self._first)
        return max(steps, (self._ends[-1] - self._start) / (60 * self._session.max_minutes))
