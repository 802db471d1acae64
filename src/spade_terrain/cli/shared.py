"""What the commands share."""

import argparse
import re
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # a generic to type checkers only


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], None],
    help: str,  # noqa: A002
) -> argparse.ArgumentParser:
    """Add a command that calls `run` with what was parsed; returns its parser, for its arguments to be added to."""
    parser = commands.add_parser(name, help=help)
    parser.set_defaults(run=run, parser=parser)
    return parser


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
