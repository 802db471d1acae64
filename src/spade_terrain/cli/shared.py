"""What the commands share."""

import argparse
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from spade_terrain.console import say
from spade_terrain.errors import ParameterError, StorageError
from spade_terrain.storage.files import target

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # a generic to type checkers only


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the line on stderr and exit with code 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")

    def _print_message(self, message: str, file: Any = None) -> None:  # all that it prints goes through here
        if message:
            say(message.rstrip("\n"), file or sys.stderr)


class Notes(logging.Handler):
    """Prints what the library warns of on stderr, a line each, with the flags of a command."""

    def __init__(self, parser: Parser) -> None:
        super().__init__(logging.WARNING)
        self._parser = parser

    def emit(self, record: logging.LogRecord) -> None:
        """Print one."""
        say(f"spade-terrain: note: {with_flags(' '.join(record.getMessage().split()), self._parser)}", sys.stderr)


def path(text: str) -> Path:
    """The argument that names a file or folder."""
    try:
        return target(text)
    except (ParameterError, StorageError) as e:
        raise argparse.ArgumentTypeError(str(e)) from e


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], None],
    help: str,  # noqa: A002
) -> Parser:
    """Add a command that calls `run` with what was parsed; returns its parser, for its arguments to be added to."""
    parser = commands.add_parser(name, help=help)
    parser.set_defaults(run=run, parser=parser)
    return parser


def add_cluster(parser: Parser) -> None:
    """Add `--cluster`."""
    parser.add_argument(
        "--cluster",
        metavar="WHERE",
        help="let workers do it: of a Dask scheduler, at tcp://HOST:8786 or by its file; or local[:N] processes",
    )


def with_flags(message: str, parser: argparse.ArgumentParser) -> str:
    """A message of the library as the command line says it: parameters in backticks become the command's flags.

    `max_steps` becomes --max-steps, and `presets` --for, as far as the command of `parser` has such an option.
    """
    flags = {
        action.dest: next(flag for flag in action.option_strings if flag.startswith("--"))
        for action in parser._actions
        if action.option_strings
    }
    return re.sub(r"`(\w+)`", lambda found: flags.get(found[1], found[0]), message)


def human(size: float) -> str:
    """Bytes as a person reads them: 1500 is '1.5 kB'."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.{0 if unit == 'B' else 1}f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
