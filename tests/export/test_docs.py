"""The pages about outputs name what there is."""

import re
from pathlib import Path

from spade_terrain.export.formats import FORMATS
from spade_terrain.export.presets import PRESETS

DOCS = Path(__file__).parents[2] / "docs"
OUTPUTS, ENGINES = ((DOCS / name).read_text() for name in ("outputs.md", "engines.md"))


def _first_cells(page: str) -> list[str]:
    cells = re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE)
    return [name for cell in cells for name in cell.strip("`").split("`, `")]


def test_every_format_has_its_row() -> None:
    assert sorted(name for name in _first_cells(OUTPUTS) if not name.startswith("--")) == sorted(FORMATS)


def test_every_preset_has_its_row() -> None:
    assert _first_cells(ENGINES) == [preset.name for preset in PRESETS]
