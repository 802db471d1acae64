"""Carving on disk: killed, gone on with, out of room."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain import FileInTheWayError, Model, StorageError, generate, generate_to
from spade_terrain.drainage import detail
from spade_terrain.generation import job
from spade_terrain.palette import Labels, labels_to_image
from spade_terrain.storage.journal import Journal
from spade_terrain.storage.kept import Kept
from spade_terrain.storage.scratch import Scratch

FORMATS = ["texture", "height", "rivers"]


@pytest.fixture
def labels() -> Labels:
    labels = np.random.default_rng(0).integers(1, 7, (8, 9), np.uint8).repeat(9, 0).repeat(9, 1)
    labels[:12] = 0
    labels[40:50, 30:42] = 0
    return labels


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_killed_at_any_stage(labels: Labels, tiny_model_path: Path, tmp_path: Path) -> None:
    """With SIGKILL: while the network works, on the grids of 2 km and 500 m, and while files are written."""
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    code = (
        "import sys, time\n"
        "from spade_terrain.cli import main\n"
        "from spade_terrain.drainage import carve\n"
        "from spade_terrain.export.rasters import png\n"
        "from spade_terrain.generation import job, tiling\n"
        "job.QUICK, tiling.BLOCK, tiling.WHOLE = 0, 32, 0\n"
        "make, wear, write = tiling.generate_block, carve._Grid.wear, png.write\n"
        "pause = lambda: time.sleep(float(sys.argv[1]))\n"
        "tiling.generate_block = lambda *args: (pause(), make(*args))[1]\n"
        "carve._Grid.wear = lambda *args: (pause(), pause(), wear(*args))[2]\n"
        "png.write = lambda *args: (pause(), write(*args))[1]\n"
        "sys.exit(main(sys.argv[2:]))\n"
    )

    def command(pause: float, out: str, *more: str) -> list[str]:
        args: Sequence[Any] = ["generate", tmp_path / "map.png", "--out", tmp_path / out, "--model", tiny_model_path]
        wanted = ["--detail", "4", "--format", ",".join(FORMATS)]
        return [sys.executable, "-c", code, str(pause), *map(str, args), *wanted, *more]

    subprocess.run(command(0, "at_once"), check=True, capture_output=True)
    folder = tmp_path / "out" / job.FOLDER
    for journal, lines, more in (
        (folder / Journal.NAME, 4, []),
        (folder / "carving" / Journal.NAME, 1, ["--resume"]),
        (folder / "carving" / Journal.NAME, 3, ["--resume"]),
        (folder / "carving" / Journal.NAME, 4, ["--resume"]),
    ):
        run = subprocess.Popen(command(0.2, "out", *more), stderr=subprocess.DEVNULL)
        while not journal.exists() or journal.read_text().count("\n") < lines:
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert not list((tmp_path / "out").glob("*.png"))
    subprocess.run(command(0, "out", "--resume"), check=True, capture_output=True)
    assert len(_files(tmp_path / "out")) == 6
    assert _files(tmp_path / "out") == _files(tmp_path / "at_once")


def test_a_disk_that_fills_up(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Kept.keep
    monkeypatch.setattr(job, "QUICK", 0)

    def full(kept: Kept, number: int, *args: Any) -> None:
        if number == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        keep(kept, number, *args)

    def run(out: str, **options: Any) -> None:
        generate_to(labels, tmp_path / out, FORMATS, model=tiny_model, **{"detail": 2, **options})

    with monkeypatch.context() as patched:
        patched.setattr(Kept, "keep", full)
        with pytest.raises(StorageError, match="No space left on device; free some space and go on with `resume`"):
            run("out")
    with pytest.raises(FileInTheWayError, match="add `resume` to go on with it"):
        run("out")
    with pytest.raises(FileInTheWayError, match="holds an unfinished run with another detail"):
        run("out", detail=4, resume=True)
    run("out", resume=True)
    run("at_once")
    assert _files(tmp_path / "out") == _files(tmp_path / "at_once")


def test_short_of_memory_it_is_carved_on_the_disk(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_to(labels, tmp_path / "in_memory", FORMATS, model=tiny_model, detail=4)
    monkeypatch.setattr(detail, "free_memory", lambda: 1_000_000)
    folders: list[Path | None] = []
    empty = Scratch.empty

    def told(scratch: Scratch, *args: Any) -> Any:
        folders.append(scratch.folder)
        return empty(scratch, *args)

    monkeypatch.setattr(Scratch, "empty", told)
    generate_to(labels, tmp_path / "on_disk", FORMATS, model=tiny_model, detail=4)
    assert _files(tmp_path / "on_disk") == _files(tmp_path / "in_memory")
    assert tmp_path / "on_disk" / job.FOLDER / "carving" in folders
    with pytest.raises(RuntimeError, match="or let `generate_to` carve it on the disk"):
        generate(labels, model=tiny_model, detail=4)


def test_a_small_map_leaves_the_disk_alone(
    labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(*_: Any) -> None:
        raise AssertionError("kept")

    monkeypatch.setattr(Kept, "__init__", kept)
    generate_to(labels, tmp_path / "out", ["height"], model=tiny_model, detail=2)
    assert (tmp_path / "out" / "height.png").exists()
