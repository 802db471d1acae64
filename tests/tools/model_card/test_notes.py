from pathlib import Path

import pytest
from model_card.notes import FILE, MAPS, read_notes

from spade_terrain.errors import DataError


def test_every_map_is_told_of() -> None:
    assert set(read_notes().maps) == set(MAPS)
    assert len(MAPS) == 12


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[maps.valley]", "[maps.moon]", "no other \\(moon, valley\\)"),
        ("[maps.valley]", "[maps.valley", "can't be read"),
        ("judged =", "judge =", "can't be read"),
        ("painted =", "paint =", "can't be read"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    path = tmp_path / "notes.toml"
    path.write_text(FILE.read_text().replace(old, new, 1))
    with pytest.raises(DataError, match=complaint) as error:
        read_notes(path)
    assert "\n" not in str(error.value)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        read_notes(tmp_path / "notes.toml")
