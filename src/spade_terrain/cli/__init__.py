"""The command line: one command a stage. It parses, calls, prints; every heavy import waits for its command."""

import io
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from spade_terrain import __version__
from spade_terrain.cli.generate import add_generate
from spade_terrain.cli.shared import Parser, say, with_flags
from spade_terrain.cli.studio import add_studio
from spade_terrain.cli.training import add_evaluate, add_export, add_train
from spade_terrain.cli.world import add_world
from spade_terrain.errors import TerrainError, one_line

_STOPS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends a process as Ctrl-C does, from a scheduler or a terminal that was closed."""


class _Stopped(KeyboardInterrupt):
    """A signal of `_STOPS` came: what Ctrl-C tidies up is tidied up."""

    def __init__(self, number: int) -> None:
        self.number = number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 with one line on stderr for what the user can put right.

    Ctrl-C ends it with 130, as a shell would, SIGTERM with 143 and SIGHUP with 129.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console may lack letters of a file's name
            stream.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    code, said = 0, ""
    try:
        with _stop_signals(), _warnings(args.parser):
            args.run(args)
    except TerrainError as e:
        code, said = _interrupted(e.__cause__) or 2, with_flags(str(e), args.parser)
    except KeyboardInterrupt as e:
        code, said = _interrupted(e), "stopped"
    except MemoryError:
        code, said = 2, "the memory does not suffice; free some, or give it less to do at once"
    except ImportError as e:
        if (e.name or "").startswith("spade_terrain"):
            raise
        code, said = 2, f"a library can't be loaded ({one_line(e)}); install it anew with pip"
    if said:
        say(f"spade-terrain: {said}", sys.stderr)
    return code


def _interrupted(error: BaseException | None) -> int:
    """The exit code, if it is due to a signal, else 0."""
    if isinstance(error, _Stopped):
        return 128 + error.number
    return 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 0


class _Warnings(logging.Handler):
    """Prints what the library warns of, with the flags of a command in the place of parameters."""

    def __init__(self, parser: Parser) -> None:
        super().__init__(logging.WARNING)
        self._parser = parser

    def emit(self, record: logging.LogRecord) -> None:
        say(with_flags(record.getMessage(), self._parser), sys.stderr)


@contextmanager
def _warnings(parser: Parser) -> Iterator[None]:
    """A block in which warnings are printed as the command of `parser` says them."""
    logger, handler = logging.getLogger("spade_terrain"), _Warnings(parser)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def _stop_signals() -> Iterator[None]:
    """A block in which the signals of `_STOPS` raise `_Stopped`, each once, unless they are ignored (`nohup`)."""

    def stop(number: int, frame: FrameType | None) -> None:
        for other in before:  # a closed terminal sends more than one, and tidying up must not be broken off
            signal.signal(other, signal.SIG_IGN)
        raise _Stopped(number)

    before = {n: signal.getsignal(n) for n in _STOPS if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
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
    add_export(commands)
    return parser
