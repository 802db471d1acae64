"""What the README tells people to type does what it says."""

import re
from pathlib import Path

import pytest

from spade_terrain.palette import CLASSES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
WRITTEN = [
    name for cell in re.findall(r"^\| (`[^|]*) \|", README, re.MULTILINE) for name in cell.strip("`").split("`, `")
]


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(example, {})
    assert sorted(p.name for p in (tmp_path / "out" / "valley").iterdir()) == sorted(WRITTEN)


def test_the_palette_is_the_real_one() -> None:
    rows = re.findall(r"^\| (\w+) \| (\d+) (\d+) (\d+) \|", README, re.MULTILINE)
    assert [(name, *map(int, rgb)) for name, *rgb in rows] == [(c.name, *c.rgb) for c in CLASSES]


def test_pictures_exist() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert len(pictures) >= 4
    assert all((ROOT / p).is_file() for p in pictures)
