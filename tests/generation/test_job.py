import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain import FileInTheWayError, MissingFileError, Model, ModelError, TerrainError, generate, generate_to
from spade_terrain.generation import job, tiling
from spade_terrain.maps import limits
from spade_terrain.maps.read import LabelRows, open_map
from spade_terrain.palette import Labels, labels_to_image
from spade_terrain.storage.files import sole_run
from spade_terrain.storage.journal import Journal
from spade_terrain.storage.stored import StoredArray, StoredTerrain
from spade_terrain.window import Window
from tests.conftest import CARD
from tests.generation.conftest import SIDE

pytestmark = pytest.mark.usefixtures("small_blocks")


@contextmanager
def _blocks_made(monkeypatch: pytest.MonkeyPatch, *, until: int | None = None) -> Iterator[list[Window]]:
    """Count the blocks that are made, and die after so many."""
    made: list[Window] = []
    make = tiling.generate_block

    def counted(stages: Any, labels_at: Any, block: Window, *args: Any) -> Any:
        if len(made) == until:
            raise KeyboardInterrupt
        made.append(block)
        return make(stages, labels_at, block, *args)

    with monkeypatch.context() as patched:
        patched.setattr(tiling, "generate_block", counted)
        yield made


def _bytes(terrain: Any) -> list[bytes]:
    return [np.asarray(a[:]).tobytes() for a in (terrain.texture, terrain.height, terrain.shaded, terrain.labels)]


def _run(labels: Labels, out: Path, model: Model, *, seed: int = 0, resume: bool = False) -> list[bytes]:
    with job.resumable_terrain(open_map(labels), out, model, seed, resume=resume) as terrain:
        assert isinstance(terrain, StoredTerrain)
        assert (terrain.seed, terrain.model, terrain.gsd) == (seed, "tiny", 2000.0)
        return _bytes(terrain)


def test_on_disk_and_in_memory_are_the_same(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    assert _run(labels, tmp_path / "a" / "b", tiny_model, seed=4) == _bytes(generate(labels, seed=4, model=tiny_model))
    assert list(tmp_path.iterdir()) == []


def test_heights_on_disk_go_with_the_ground(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    with job.resumable_terrain(open_map(labels, gsd=30), tmp_path, tiny_model, 4) as terrain:
        assert isinstance(terrain, StoredTerrain)
        assert _bytes(terrain) == _bytes(generate(labels, seed=4, model=tiny_model, gsd=30))


def test_a_small_map_never_touches_the_disk(tiny_model: Model, tmp_path: Path) -> None:
    with job.resumable_terrain(open_map(np.zeros((64, 64), np.uint8)), tmp_path / "out", tiny_model, 0) as terrain:
        assert not isinstance(terrain, StoredTerrain)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stops", [(1, 3, 0, 5), (11,)])
def test_a_run_that_is_stopped_goes_on(
    stops: tuple[int, ...], labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _bytes(generate(labels, model=tiny_model))
    resume, all_made = False, []
    for stop in stops:
        with _blocks_made(monkeypatch, until=stop) as made, pytest.raises(KeyboardInterrupt):
            _run(labels, tmp_path, tiny_model, resume=resume)
        all_made += made
        resume = True
    with _blocks_made(monkeypatch) as made:
        assert _run(labels, tmp_path, tiny_model, resume=True) == expected
    all_made += made
    assert len(all_made) == 12
    assert len(set(all_made)) == 12
    assert list(tmp_path.iterdir()) == []


def test_when_writing_the_files_fails_nothing_is_made_again(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TerrainError, match="disk"), job.resumable_terrain(open_map(labels), tmp_path, tiny_model, 0):
        raise TerrainError("the disk is full")
    with _blocks_made(monkeypatch) as made:
        _run(labels, tmp_path, tiny_model, resume=True)
    assert made == []


def test_killed_on_the_command_line(labels: Labels, tiny_model_path: Path, tmp_path: Path) -> None:
    """Twice with SIGKILL, in the middle of a block each time."""
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    code = (
        "import sys, time\n"
        "from spade_terrain.cli import main\n"
        "from spade_terrain.generation import job\n"
        "from spade_terrain.generation import tiling\n"
        f"tiling.BLOCK, tiling.WHOLE = {SIDE}, 0\n"
        "make = tiling.generate_block\n"
        "made = []\n"
        "tiling.generate_block = lambda *args: (time.sleep(float(sys.argv[1])), made.append(1), make(*args))[2]\n"
        "code = main(sys.argv[2:])\n"
        "print(len(made), file=sys.stderr)\n"
        "sys.exit(code)\n"
    )

    def command(pause: float, out: str, *more: str) -> list[str]:
        args = ["generate", tmp_path / "map.png", "--out", tmp_path / out, "--model", tiny_model_path]
        formats = ["--format", "texture,terrain,height"]
        return [sys.executable, "-c", code, str(pause), *map(str, args), *formats, *more]

    subprocess.run(command(0, "at_once"), check=True, capture_output=True)
    journal = tmp_path / "out" / job.FOLDER / Journal.NAME
    for lines, more in ((4, []), (8, ["--resume"])):
        run = subprocess.Popen(command(0.2, "out", *more), stderr=subprocess.DEVNULL)
        while not journal.exists() or journal.read_text().count("\n") < lines:
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        run.wait()
    finished = journal.read_text().count("\n") - 2  # lines, without the head and the labels
    (tmp_path / "out" / ".spade-terrain-killed").mkdir()  # as by a kill while files were written
    (tmp_path / "out" / ".spade-terrain-killed" / ".draft").touch()
    done = subprocess.run(command(0, "out", "--resume"), check=True, capture_output=True, text=True)
    assert done.stderr == f"{12 - finished}\n"
    first, again = ({p.name: p.read_bytes() for p in (tmp_path / o).iterdir()} for o in ("at_once", "out"))
    assert len(first) == 4
    assert first == again


def _stop(labels: Labels, out: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    with _blocks_made(monkeypatch, until=5), pytest.raises(KeyboardInterrupt):
        _run(labels, out, model)


def test_an_unfinished_run_is_in_the_way(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stop(labels, tmp_path, tiny_model, monkeypatch)
    with pytest.raises(FileInTheWayError, match=r"unfinished run; add `resume`"):
        _run(labels, tmp_path, tiny_model)


def test_another_run_is_refused(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stop(labels, tmp_path, tiny_model, monkeypatch)
    other = Model(tiny_model.card, tiny_model.data, "other", tiny_model.session)
    for map_, seed, model, what in (
        (np.flip(labels), 0, tiny_model, "map or choice of its lakes and rivers"),
        (labels, 1, tiny_model, "seed"),
        (labels[:64, :64], 0, tiny_model, "size and map or choice of its lakes and rivers"),
        (labels, 0, other, "device"),
    ):
        with pytest.raises(FileInTheWayError, match=f"holds an unfinished run with another {what};"):
            _run(map_, tmp_path, model, seed=seed, resume=True)
    larger_ground = job.resumable_terrain(open_map(labels, gsd=5000), tmp_path, tiny_model, 0, resume=True)
    with pytest.raises(FileInTheWayError, match="holds an unfinished run with another gsd;"), larger_ground:
        pass
    assert _run(labels, tmp_path, tiny_model, resume=True) == _bytes(generate(labels, model=tiny_model))


def test_a_disk_that_fills_up_midway(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _bytes(generate(labels, model=tiny_model))
    write, count = StoredArray.__setitem__, 0

    def full(*args: Any) -> None:
        nonlocal count
        count += 1
        if count > 10:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(*args)

    with monkeypatch.context() as patched:
        patched.setattr(StoredArray, "__setitem__", full)
        with pytest.raises(TerrainError, match="No space left on device; free some space and go on with `resume`"):
            _run(labels, tmp_path, tiny_model)
    with _blocks_made(monkeypatch) as made:
        assert _run(labels, tmp_path, tiny_model, resume=True) == expected
    assert len(made) == 9  # three blocks were written, of three arrays each, after the labels


def test_a_disk_that_is_full_at_once(
    labels: Labels, tiny_model: Model, tmp_path: Path, small_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    with small_disk(), pytest.raises(TerrainError, match="go on with `resume`"):
        _run(labels, tmp_path, tiny_model)


def test_a_damaged_map_leaves_no_work_behind(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_DECODED", 1000)
    image = labels_to_image(labels)
    image[60:80] = 0
    Image.fromarray(image).save(tmp_path / "map.png")
    with (
        pytest.raises(TerrainError, match="palette"),
        job.resumable_terrain(open_map(tmp_path / "map.png"), tmp_path / "a" / "b", tiny_model, 0),
    ):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["map.png"]


def test_a_map_that_has_gone_is_not_taken_for_a_full_disk(tiny_model: Model, tmp_path: Path) -> None:
    def stripes() -> Iterator[Labels]:
        raise MissingFileError("no such map")

    rows = LabelRows((90, 107), stripes, lambda: "digest")
    with (
        pytest.raises(MissingFileError, match=r"^no such map$"),
        job.resumable_terrain(rows, tmp_path / "out", tiny_model, 0),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_not_followed(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / job.FOLDER).symlink_to(tmp_path / "precious")
    for resume in (False, True):
        with pytest.raises(FileInTheWayError, match="is no folder, but a link or a file; move it"):
            _run(labels, tmp_path, tiny_model, resume=resume)
    assert list((tmp_path / "precious").iterdir()) == []


def test_a_folder_of_the_users_own_stays(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    (tmp_path / job.FOLDER).mkdir()
    (tmp_path / job.FOLDER / "novel.txt").touch()
    with pytest.raises(FileInTheWayError, match=r"holds what no run of ours left, novel.txt; move that folder"):
        _run(labels, tmp_path, tiny_model, resume=True)
    assert (tmp_path / job.FOLDER / "novel.txt").exists()


def _cut(folder: Path) -> None:
    (folder / "height.raw").write_bytes(b"")


def _lose(folder: Path) -> None:
    (folder / "labels.raw").unlink()


def _forget_labels(folder: Path) -> None:
    journal = folder / Journal.NAME
    journal.write_text(journal.read_text().replace("labels\n", ""))


@pytest.mark.parametrize("damage", [_cut, _lose, _forget_labels])
def test_a_damaged_run_says_what_to_delete(
    damage: Callable[[Path], object],
    labels: Labels,
    tiny_model: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _stop(labels, tmp_path, tiny_model, monkeypatch)
    damage(tmp_path / job.FOLDER)
    with pytest.raises(FileInTheWayError, match=r"the unfinished run in .* is damaged; delete that folder"):
        _run(labels, tmp_path, tiny_model, resume=True)


def test_pieces_that_are_none_of_ours_are_made_again(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stop(labels, tmp_path, tiny_model, monkeypatch)
    with (tmp_path / job.FOLDER / Journal.NAME).open("a") as file:
        file.write('[1]\n{"number": 3}\n')
    assert _run(labels, tmp_path, tiny_model, resume=True) == _bytes(generate(labels, model=tiny_model))


def test_a_model_without_windows_is_told_before_a_folder_is_made(
    labels: Labels, tiny_model: Model, tmp_path: Path
) -> None:
    assert CARD.cut is not None
    for cut in (None, replace(CARD.cut, features="no such tensor"), replace(CARD.cut, stride=2)):
        model = replace(tiny_model, card=replace(CARD, cut=cut))
        with pytest.raises(ModelError, match=r"^the model .* export"):
            _run(labels, tmp_path, model)
        assert list(tmp_path.iterdir()) == []


def test_a_second_run_beside_a_live_one_is_refused(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    expected = _bytes(generate(labels, seed=1, model=tiny_model))
    with sole_run(tmp_path), job.resumable_terrain(open_map(labels), tmp_path, tiny_model, 1) as terrain:
        with pytest.raises(FileInTheWayError, match="another run is writing to"):
            generate_to(labels, tmp_path, ["height"], seed=2, model=tiny_model, resume=True)
        assert _bytes(terrain) == expected
