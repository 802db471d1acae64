import argparse
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any

import pytest

from spade_terrain.training.flags import add_flags, given, option


@dataclass(frozen=True)
class Options:
    folder: Path = option(MISSING, "where to", flag={"type": Path, "required": True})
    some_sizes: tuple[int, ...] = option((2, 3), "sizes")
    rate: float = option(2e-4, "how fast")
    limit: float = option(float("inf"), "how long")
    count: int = option(6, "how many", flag={"metavar": "M"})
    on: bool = option(True, "whether")
    only: bool = option(False, "whether only", flag={"action": "store_true"})
    maybe: Path | None = option(None, "a file", flag={"type": Path})


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser()
    add_flags(flags, Options)
    return flags


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        ([], {}),
        (["--some-sizes", "4", "5", "6"], {"some_sizes": (4, 5, 6)}),
        (["--rate", "1", "--count", "2"], {"rate": 1.0, "count": 2}),
        (["--no-on", "--only", "--maybe", "b"], {"on": False, "only": True, "maybe": Path("b")}),
    ],
)
def test_flags_that_are_given_are_fields(flags: list[str], fields: dict[str, Any]) -> None:
    args = parser().parse_args(["--folder", "a", *flags])
    assert given(args, Options) == {"folder": Path("a"), **fields}
    assert Options(**given(args, Options)) == Options(**{"folder": Path("a"), **fields})


def test_help_says_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    told = " ".join(parser().format_help().split()) + " --"
    assert "--folder FOLDER where to --" in told
    assert "--some-sizes N [N ...] sizes (default 2 3)" in told
    assert "--rate X how fast (default 0.0002)" in told
    assert "--limit X how long --" in told
    assert "--count M how many (default 6)" in told
    assert "--on, --no-on whether (default on)" in told
    assert "--only whether only --" in told
    assert "--maybe MAYBE a file --" in told
