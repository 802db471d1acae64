"""The command line: one command a stage. It parses, calls, prints; every heavy import waits for its command."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from spade_terrain import __version__
from spade_terrain.cli.evaluation import add_evaluate, add_evaluate_maps, add_rank
from spade_terrain.cli.faults import in_words
from spade_terrain.cli.generate import add_generate
from spade_terrain.cli.shared import Notes, Parser, with_flags
from spade_terrain.cli.studio import add_studio
from spade_terrain.cli.training import add_export, add_train
from spade_terrain.cli.world import add_world
from spade_terrain.console import say, settle_streams
from spade_terrain.errors import TerrainError

_STOPS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends a process as Ctrl-C does, from a scheduler or a terminal that was closed."""


class _Stopped(KeyboardInterrupt):
    """A signal of `_STOPS` came: what Ctrl-C tidies up is tidied up."""

    def __init__(self, number: int) -> None:
        self.number = number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 with one line on stderr for what the user can put right.

    Ctrl-C ends it with 130, as a shell would, SIGTERM with 143 and SIGHUP with 129. What the library warns of is a line
    on stderr, too, that begins with `spade-terrain: note: `.
    """
    settle_streams()
    args = _parser().parse_args(argv)
    code, said = 0, ""
    try:
        with _notes_shown(args.parser), _stop_signals():
            args.run(args)
    except TerrainError as e:
        code, said = _interrupted(e.__cause__) or 2, with_flags(str(e), args.parser)
    except KeyboardInterrupt as e:
        code, said = _interrupted(e), "stopped"
    except Exception as e:
        if (words := in_words(e)) is None:
            raise
        code, said = 2, words
    if said:
        say(f"spade-terrain: {said}", sys.stderr)
    return code


def _interrupted(error: BaseException | None) -> int:
    """The exit code, if it is due to a signal, else 0."""
    if isinstance(error, _Stopped):
        return 128 + error.number
    return 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 0


@contextmanager
def _notes_shown(parser: Parser) -> Iterator[None]:
    """A block whose warnings are lines on stderr, in the command's words."""
    log, notes = logging.getLogger("spade_terrain"), Notes(parser)
    log.addHandler(notes)
    try:
        yield
    finally:
        log.removeHandler(notes)


@contextmanager
def _stop_signals() -> Iterator[None]:
    """A block in which the signals of `_STOPS` raise `_Stopped`, each once, unless they are ignored (`nohup`)."""

    def stop(number: int, frame: FrameType | None) -> None:
        for other in before:  # a closed terminal sends more than one, and tidying up must not be broken off
            signal.signal(other, signal.SIG_IGN)
        raise _Stopped(number)

    def send_again(lost: "sys.UnraisableHookArgs") -> None:
        """Python ignores what is raised while something is finalized; a stop that came just then comes once more."""
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            hook(lost)
            return
        for other in before:
            signal.signal(other, stop)
        # Later: here its exception would be ignored, too.
        threading.Timer(0.01, os.kill, (os.getpid(), _interrupted(lost.exc_value) - 128)).start()

    before = {n: signal.getsignal(n) for n in _STOPS if signal.getsignal(n) != signal.SIG_IGN}
    hook, sys.unraisablehook = sys.unraisablehook, send_again
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _parser() -> Parser:
    parser = Parser(prog="spade-terrain", description="Paint a map in seven colours, get a terrain.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_generate(commands)
    add_studio(commands)
    add_world(commands)
    add_train(commands)
    add_evaluate(commands)
    add_evaluate_maps(commands)
    add_rank(commands)
    add_export(commands)
    return parser
