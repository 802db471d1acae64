"""The command line: one command a stage. It parses, calls, prints; every heavy import waits for its command."""

import argparse
import sys
from collections.abc import Sequence

from spade_terrain import __version__
from spade_terrain.cli.generate import add_generate
from spade_terrain.cli.shared import with_flags
from spade_terrain.cli.training import add_evaluate, add_export, add_train
from spade_terrain.cli.world import add_world
from spade_terrain.errors import TerrainError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 2 with one line on stderr for what the user can put right.

    Ctrl-C ends it with 130, as a shell would.
    """
    args = _parser().parse_args(argv)
    try:
        args.run(args)
    except TerrainError as e:
        print(f"spade-terrain: {with_flags(str(e), args.parser)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("spade-terrain: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spade-terrain", description="Paint a map in seven colours, get a terrain.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_generate(commands)
    add_world(commands)
    add_train(commands)
    add_evaluate(commands)
    add_export(commands)
    return parser
