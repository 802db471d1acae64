"""Every public name has an example in its docstring, and the examples do what they say."""

import doctest
import sys
from pathlib import Path

import pytest

import spade_terrain

ROOT = Path(__file__).parents[1]
NAMES = [
    name
    for name in spade_terrain.__all__
    if name == "TerrainError" or not name.endswith("Error")  # kinds of errors say when they are raised
]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_does_what_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    thing = getattr(spade_terrain, name)
    module = sys.modules[thing.__module__]
    test = doctest.DocTestParser().get_doctest(thing.__doc__, dict(vars(module)), name, module.__file__, 0)
    assert test.examples
    result = doctest.DocTestRunner().run(test)
    assert result.failed == 0


def test_every_public_name_is_documented() -> None:
    for name in spade_terrain.__all__:
        thing = getattr(spade_terrain, name)
        assert thing.__name__ == name
        assert thing.__doc__
