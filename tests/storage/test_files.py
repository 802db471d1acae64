import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from spade_terrain.errors import FileInTheWayError, MissingFileError, ParameterError, TerrainError
from spade_terrain.storage.files import clear_stages, made_folder, remove_at_once, sole_run, staged, target, whole_file


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


def test_a_folder_that_was_made_goes_if_it_is_empty(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    with made_folder(inner):
        assert inner.is_dir()
    assert list(tmp_path.iterdir()) == []
    with made_folder(inner):
        (tmp_path / "a" / "file").touch()
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", tmp_path / "a" / "file"]
    with made_folder(tmp_path / "a"):
        (tmp_path / "a" / "file").unlink()
    assert (tmp_path / "a").is_dir()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TerrainError, match=r"can't write to .*; free some space or"), made_folder(tmp_path / "file"):
        pytest.fail("the block ran")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("name", "told"), [("a" * 300, "File name too long"), ("a\udcff", "is not in UTF-8")])
def test_a_name_that_no_folder_can_have(name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match=told), made_folder(tmp_path / name):
        pytest.fail("the block ran")


def test_a_working_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(TerrainError, match=r"can't tell where \.\./out is"):
        target("../out")


def test_what_fails_within_a_run_is_not_told_as_its_folders_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no compiler") as caught, sole_run(tmp_path / "out"):
        raise FileNotFoundError("no compiler")
    assert not isinstance(caught.value, TerrainError)
    assert not (tmp_path / "out").exists()


def _killed(block: str, folder: Path) -> None:
    """Run `block`, which is given `folder`, in a process that is killed in it."""
    program = (
        f"import os, sys\nfrom pathlib import Path\nfrom spade_terrain.storage.files import *\n{block}: os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", program, folder], check=False).returncode == 9


def test_what_a_kill_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".spade-terrain-notes").mkdir()
    (tmp_path / ".spade-terrain-notes" / "mine").touch()
    with staged(tmp_path) as stage:  # a live run's
        _killed("with staged(Path(sys.argv[1])) as stage, (stage / 'half').open('w')", tmp_path)
        assert len(list(tmp_path.iterdir())) == 3
        clear_stages(tmp_path)
        assert {p.name for p in tmp_path.iterdir()} == {stage.name, ".spade-terrain-notes"}
        (stage / "whole").touch()
    assert {p.name for p in tmp_path.iterdir()} == {"whole", ".spade-terrain-notes"}


@pytest.mark.parametrize("write", [sole_run, whole_file])
def test_one_run_at_a_time(write: Callable[[Path], AbstractContextManager[object]], tmp_path: Path) -> None:
    place = tmp_path / "out"
    for _ in range(2):
        with write(place):
            with pytest.raises(FileInTheWayError, match=r"^another run is writing .*out; wait until it has ended, or"):
                write(place).__enter__()
            if write is whole_file:
                place.with_name("out.part").write_text("whole")
    assert [p.name for p in tmp_path.iterdir()] == (["out"] if write is whole_file else [])


@pytest.mark.parametrize("block", ["with sole_run(Path(sys.argv[1]))", "with whole_file(Path(sys.argv[1]) / 'file')"])
def test_a_killed_run_locks_nobody_out(block: str, tmp_path: Path) -> None:
    _killed(block, tmp_path)
    with sole_run(tmp_path), whole_file(tmp_path / "file"):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_place_is_what_the_system_takes_it_for(tmp_path: Path) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away")
    assert target(tmp_path / "new" / ".." / "files") == tmp_path / "files"
    assert target(tmp_path / "link" / ".." / "files") == tmp_path / "far" / "files"
    assert target("a/b") == Path("a/b")


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ParameterError, match="is no name of a file or folder; give one"):
        target(name)


@pytest.mark.parametrize("write", [whole_file, staged])
def test_errors_of_ours_pass(write: Callable[[Path], AbstractContextManager[Path]], tmp_path: Path) -> None:
    """Though some are `OSError`s, too."""
    with pytest.raises(MissingFileError, match=r"^no such map$"), write(tmp_path / "out"):
        raise MissingFileError("no such map")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_goes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill while its files go must not leave some of them, which a resumed run would take for its own."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "run" / "part").mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_at_once(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    clear_stages(tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "run").mkdir()
    remove_at_once(tmp_path / "run")
    assert not list(tmp_path.iterdir())
