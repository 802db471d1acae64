"""Lines for who watches a run, or nobody: a reader that is gone stops no work."""

import io
import os
import sys
from typing import TextIO


def say(text: object, stream: TextIO | None = None) -> None:
    """Print a line, on stdout by default; if nobody reads it (a closed pipe, a full disk), all goes on in silence."""
    stream = stream or sys.stdout
    try:
        print(text, file=stream, flush=True)
    except OSError:
        _silence(stream)


def settle_streams() -> None:
    """Let stdout and stderr take any text, though one of them is closed or lacks letters of a file's name."""
    while (null := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # one was closed: no file may take its place, for libraries would write their complaints into it
    sys.stdout, sys.stderr = (stream or os.fdopen(os.dup(null), "w") for stream in (sys.stdout, sys.stderr))
    os.close(null)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class Quiet(io.TextIOBase):
    """A stream for libraries that write on their own, which goes silent where `stream` fails: a terminal was closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The stream's, whose terminal tells its width."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Pass `text` on."""
        try:
            return self._stream.write(text)
        except OSError:
            _silence(self._stream)
            return len(text)

    def flush(self) -> None:
        """Pass on what waits."""
        try:
            self._stream.flush()
        except OSError:
            _silence(self._stream)


def _silence(stream: TextIO) -> None:
    # In the place of what is broken, for Python would complain of it once more at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
