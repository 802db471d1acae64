"""What the library says of a parameter the command line says of its flag."""

import argparse

import pytest

from spade_terrain.cli.shared import with_flags


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("map")
    parser.add_argument("-s", "--max-steps")
    parser.add_argument("--for", dest="presets")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction)
    return parser


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("`max_steps` is 0; use more", "--max-steps is 0; use more"),
        ("`presets` maya: no such tool, and `compile`", "--for maya: no such tool, and --compile"),
        ("`map` is no option, `other` is unknown", "`map` is no option, `other` is unknown"),
        ("max_steps, `max steps` and `max-steps`", "max_steps, `max steps` and `max-steps`"),
    ],
)
def test_flags(message: str, said: str, parser: argparse.ArgumentParser) -> None:
    assert with_flags(message, parser) == said
