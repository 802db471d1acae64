from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.files import whole_file


def test_the_new_file_takes_the_old_ones_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with whole_file(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_block_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), whole_file(path) as draft:
        draft.write_text("ne\udead", "utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line(tmp_path: Path, small_disk: Callable[[], AbstractContextManager[None]]) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    told = r"^can't write .*file: File too large; free some space or choose another place$"
    with small_disk(), pytest.raises(TerrainError, match=told), whole_file(path) as draft:
        draft.write_bytes(bytes(2000))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["missing/file", "plain/file"])
def test_a_place_that_is_none_is_told_before_the_work(tmp_path: Path, place: str) -> None:
    (tmp_path / "plain").write_text("no folder")
    with pytest.raises(TerrainError, match="can't write"), whole_file(tmp_path / place):
        pytest.fail("the block ran")
    assert [p.name for p in tmp_path.iterdir()] == ["plain"]


def test_a_folder_in_the_files_place_stays(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(TerrainError, match="Is a directory"), whole_file(tmp_path / "file") as draft:
        draft.write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
