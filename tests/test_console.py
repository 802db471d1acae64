"""A reader that is gone stops no work."""

import os
from collections.abc import Callable, Iterator
from typing import TextIO

import pytest

from spade_terrain.console import Quiet, say


@pytest.fixture
def broken() -> Iterator[TextIO]:
    """A stream into a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        yield stream


def _flushed(stream: TextIO) -> None:
    Quiet(stream).write("a line")
    Quiet(stream).flush()


@pytest.mark.parametrize("write", [lambda stream: say("a line", stream), _flushed])
def test_a_broken_stream_goes_silent(write: Callable[[TextIO], object], broken: TextIO) -> None:
    write(broken)
    write(broken)
    broken.flush()  # nothing is left that fails, as it would at the process's end


def test_lines_pass(capsys: pytest.CaptureFixture[str]) -> None:
    say("a line")
    assert capsys.readouterr().out == "a line\n"
