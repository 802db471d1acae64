import os

import pytest

from tests.fuzz.run import run


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the cases run in forked processes")
def test_nothing_that_is_read_ends_in_a_traceback() -> None:
    """A small run; `make fuzz` does the long one."""
    _, faults = run(0, 48)
    assert faults == []
