import argparse
from pathlib import Path
from typing import Any

import pytest

from spade_terrain.errors import ParameterError
from spade_terrain.training.flags import add_flags, given
from spade_terrain.training.session import Session


def test_without_flags_all_is_as_by_default() -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser, Session)
    assert Session(**given(parser.parse_args(["--out", "run"]), Session)) == Session(Path("run"))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"accumulate": 0}, "`accumulate` must be at least 1"),
        ({"max_minutes": 0.0}, "`max_minutes` must be above 0"),
        ({"checkpoint_minutes": 0.0}, "`checkpoint_minutes` must be above 0"),
        ({"sample_minutes": -1.0}, "`sample_minutes` must be above 0"),
        ({"init": Path("default"), "resume": True}, "`init` begins a new run, `resume` goes on with one"),
        ({"init_discriminator": Path("d")}, "`init_discriminator` goes with `init`"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ParameterError, match=complaint):
        Session(Path("run"), **fields)
