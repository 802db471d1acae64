"""How far a run has come, on stderr: a bar on a terminal, a plain line every 20 steps elsewhere."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import isfinite

from spade_terrain.console import say
from spade_terrain.progress import progress
from spade_terrain.training.session import Session
from spade_terrain.training.step.trainer import Trainer

LOG_STEPS = 20


@contextmanager
def training_progress(
    trainer: Trainer, session: Session, *, shown: bool
) -> Iterator[Callable[[dict[str, float]], None]]:
    """Show progress while the block lasts; call what it yields after each step, with what that measured.

    `shown` is false on all processes but the first.
    """
    start = time.monotonic()
    ends = deque([start], LOG_STEPS + 1)  # of the last steps
    # Other commands are silent where there is no terminal; a run takes hours in the background, and its log is read.
    logs = shown and not sys.stderr.isatty()
    with progress("steps", session.max_steps, trainer.steps, shown=shown) as bar:

        def show(measured: dict[str, float]) -> None:
            ends.append(time.monotonic())
            seconds = (ends[-1] - ends[0]) / (len(ends) - 1)  # a step
            left = min(
                max(60 * session.max_minutes - (ends[-1] - start), 0) / seconds, session.max_steps - trainer.steps
            )  # steps
            text = _text(trainer, measured, seconds)
            bar.describe(text)
            bar.reach(trainer.steps, trainer.steps + left if isfinite(left) else None)
            if logs and trainer.steps % LOG_STEPS == 0:
                end = f"  {timedelta(seconds=round(left * seconds))} left" if isfinite(left) else ""
                say(f"step {trainer.steps}  {text}{end}", sys.stderr)

        yield show


def _text(trainer: Trainer, measured: dict[str, float], seconds: float) -> str:
    losses = (f"{name.replace('/loss', '')} {value:.3f}" for name, value in measured.items() if "gradient" not in name)
    speed = trainer.config.batch / seconds
    return "  ".join([f"images {trainer.images}", *losses, f"D:G {trainer.ratio:.2f}", f"{speed:.1f} images/s"])
