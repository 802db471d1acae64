"""The studio's command as a process."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.studio.conftest import Client

ADDRESS = re.compile(r"the studio is at (http://(\S+):(\d+)/#token=(\S+))")


class Process:
    """A studio that listens, and a page of it."""

    def __init__(self, model: Path | None, folder: Path, *arguments: str, token: str | None = None) -> None:
        """Start one of a model, by default the one that is shipped, with its temporary folders in `folder`."""
        environment = {**os.environ, "TMPDIR": str(folder)}
        if token:
            environment["SPADE_TERRAIN_STUDIO_TOKEN"] = token
        command = [sys.executable, "-m", "spade_terrain.cli", "studio", "--no-browser", *arguments]
        if model:
            command += ["--model", str(model)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if found := ADDRESS.match(line):
                self.address, self.host, self.port, self.token = found[1], found[2], int(found[3]), found[4]
                self.page = Client(self.port, folder, {"X-Studio-Token": self.token})
                return
        raise AssertionError(self.said)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; returns its exit status."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def running(model: Path | None, folder: Path, *arguments: str, token: str | None = None) -> Iterator[Process]:
    """A studio for a block; arguments are as `Process` has them."""
    studio = Process(model, folder, *arguments, token=token)
    try:
        yield studio
    finally:
        if studio.process.poll() is None:
            studio.end(signal.SIGKILL)
