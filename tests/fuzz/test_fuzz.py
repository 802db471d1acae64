import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the cases run in forked processes")
def test_nothing_that_is_read_ends_in_a_traceback() -> None:
    """A small run; `make fuzz` does the long one. It forks a process of its own, whose memory counts for each case."""
    done = subprocess.run([sys.executable, "-m", "tests.fuzz.run", "48"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
