from pathlib import Path
from typing import Any

import pytest

from spade_terrain.errors import FileInTheWayError
from spade_terrain.storage.journal import Journal


@pytest.mark.parametrize("piece", ["labels", "0 32", "5", '"', "null", "", "a\nb", "é", 5, None, [1], {"number": 3}])
def test_pieces_come_back_as_they_were(piece: Any, tmp_path: Path) -> None:
    journal = Journal(tmp_path, {"seed": 1})
    journal.add(piece)
    journal.add("last")
    assert journal.finished == Journal(tmp_path, {"seed": 1}).finished == [piece, "last"]


def test_the_file_is_a_line_a_piece(tmp_path: Path) -> None:
    journal = Journal(tmp_path, {"seed": 1, "size": (3, 4)})
    journal.add("0 32")
    journal.add({"number": 3})
    assert (tmp_path / "journal").read_text() == '{"seed": 1, "size": [3, 4]}\n0 32\n{"number": 3}\n'


def test_a_line_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path, {"seed": 1})
    journal.add("0 0")
    journal.add("0 32")
    path = tmp_path / Journal.NAME
    path.write_text(path.read_text()[:-3])
    journal = Journal(tmp_path, {"seed": 1})
    assert journal.finished == ["0 0"]
    journal.add("32 32")
    assert Journal(tmp_path, {"seed": 1}).finished == ["0 0", "32 32"]
    path.write_text('{"seed"')  # killed while the first line was written: nothing was begun
    assert Journal(tmp_path, {"seed": 2}).finished == []


@pytest.mark.parametrize(
    ("made", "what"),
    [
        ({"seed": 2, "size": [1, 2]}, "seed"),
        ({"seed": 2, "size": [2, 1]}, "seed and size"),
        ({"seed": 1, "size": [1, 2], "scale": None}, "scale"),
        ({"seed": 1}, "size"),
    ],
)
def test_another_work_is_refused(made: dict[str, object], what: str, tmp_path: Path) -> None:
    Journal(tmp_path, {"seed": 1, "size": (1, 2)}).add("0 0")
    with pytest.raises(FileInTheWayError, match=f"unfinished run with another {what}; .* or delete that folder"):
        Journal(tmp_path, made)
    assert Journal(tmp_path, {"seed": 1, "size": (1, 2)}).finished == ["0 0"]


@pytest.mark.parametrize("content", [b"dear diary\n", b"[1]\n", b"\xff\xfe\n", b"[" * 10**5 + b"\n"])
def test_a_file_that_is_no_journal_is_left_alone(content: bytes, tmp_path: Path) -> None:
    (tmp_path / Journal.NAME).write_bytes(content)
    with pytest.raises(FileInTheWayError, match=f"is no journal of an unfinished run; delete {tmp_path}"):
        Journal(tmp_path, {"seed": 1})
    assert (tmp_path / Journal.NAME).read_bytes() == content


def test_a_piece_that_is_none(tmp_path: Path) -> None:
    Journal(tmp_path, {"seed": 1})
    with (tmp_path / Journal.NAME).open("a") as file:
        file.write("[" * 10**5 + "\n")
    with pytest.raises(FileInTheWayError, match=f"is no journal of an unfinished run; delete {tmp_path}"):
        Journal(tmp_path, {"seed": 1})


def test_a_folder_in_the_journals_place(tmp_path: Path) -> None:
    (tmp_path / Journal.NAME).mkdir()
    with pytest.raises(FileInTheWayError, match=f"is no journal of an unfinished run; delete {tmp_path}"):
        Journal(tmp_path, {"seed": 1})
