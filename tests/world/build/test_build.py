import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spade_terrain.cluster.executor import Executor, Here
from spade_terrain.errors import DataError, FileInTheWayError, ParameterError, StorageError
from spade_terrain.palette import WATER
from spade_terrain.storage.journal import Journal
from spade_terrain.world.build import datasheet
from spade_terrain.world.build.build import build
from spade_terrain.world.build.make import BuildPlan, make_patch, wanted_split
from spade_terrain.world.build.unfinished import unfinished_set
from spade_terrain.world.dataset.check import check
from spade_terrain.world.dataset.folder import INDEX, KINDS, write_patch
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.shares import mean_shares
from spade_terrain.world.places import SPLITS
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair
from spade_terrain.world.satellite import shows_sea
from tests.world.planet import NORTH, SATELLITE_SEA_RGB, as_seen, make_planet, write_planet, write_raster


@pytest.fixture
def pair(planet: tuple[Path, Path]) -> RasterPair:
    return RasterPair(*planet)


def test_the_same_seed_gives_the_same_files_in_any_process(pair: RasterPair, small_set: Path) -> None:
    """Patch 7 made here alone is patch 7 of the set that the pool made."""
    with pair.open() as rasters:
        patch = make_patch(7, BuildPlan(3, 128, make_overview(rasters)), rasters)
    assert json.loads((small_set / INDEX).read_text())["patches"][7] == patch.index_entry
    alone = small_set.parent / "alone"
    alone.mkdir()
    write_patch(alone, patch.name, patch.terrain, patch.height, patch.labels)
    for kind in KINDS:
        file = f"0007_{kind}.png"
        assert (alone / file).read_bytes() == (small_set / file).read_bytes()


def test_workers_of_a_cluster_make_the_same_files(
    pair: RasterPair, small_set: Path, two_workers: Executor, tmp_path: Path
) -> None:
    build(pair, tmp_path / "out", count=20, seed=3, size=128, executor=two_workers)
    files = {file.name: file.read_bytes() for file in small_set.iterdir()}
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == files


def test_a_satellite_picture_joins_the_same_patches(
    planet: tuple[Path, Path], satellite: Path, small_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    build(RasterPair(*planet, satellite=satellite), out, count=6, seed=3, size=128, executor=Here())
    index = json.loads((out / INDEX).read_text())
    assert index["sources"] == {"terrain": "terrain.tif", "height": "height.tif", "satellite": "seen.tif"}
    assert index["patches"] == json.loads((small_set / INDEX).read_text())["patches"][:6]
    for file in (f"{number:04d}_{kind}.png" for number in range(6) for kind in KINDS):
        assert (out / file).read_bytes() == (small_set / file).read_bytes(), file
    check(out)
    text = (out / datasheet.FILE).read_text()
    assert "`seen.tif`" in text
    assert text.startswith("# 6 patches of terrain, height, segmentation and satellite picture\n")
    assert " from `terrain.tif`, `height.tif` and `seen.tif`, seed 3." in text
    assert "| `NNNN_s.png` | as a satellite sees it, RGB; the sea is 25 66 128" in text
    patches = load(out)
    assert patches.satellite is not None
    assert (patches.satellite[patches.labels == WATER] == SATELLITE_SEA_RGB).all()
    land = patches.height.reshape(-1, 128) > 0
    assert not shows_sea(patches.satellite.reshape(-1, 128, 3), SATELLITE_SEA_RGB)[land].any()


def test_a_place_that_the_satellite_picture_lacks_is_turned_down(
    planet: tuple[Path, Path], small_set: Path, tmp_path: Path
) -> None:
    """And no other one: the rest are the same as without it."""
    first = json.loads((small_set / INDEX).read_text())["patches"][:6]
    lon = first[2]["lon"]
    seen = as_seen(*make_planet()).transpose(2, 0, 1)
    column = int((lon + 180) * 8)
    seen[:, :, column - 16 : column + 16] = 255  # nothing is known there
    gap = write_raster(tmp_path / "gap.tif", seen, (-180, -NORTH, 180, NORTH), nodata=255)
    build(RasterPair(*planet, satellite=gap), tmp_path / "out", count=6, seed=3, size=128, executor=Here())
    patches = json.loads((tmp_path / "out" / INDEX).read_text())["patches"]
    far = [abs((e["lon"] - lon + 180) % 360 - 180) > 6 for e in first]
    assert far.count(True) >= 3
    for number in np.flatnonzero(far):
        assert patches[number] == first[number]
    assert patches[2] != first[2]


def test_another_seed_gives_other_places(pair: RasterPair, small_set: Path, tmp_path: Path) -> None:
    build(pair, tmp_path / "other", count=2, seed=4, size=128, executor=Here())
    lat = [json.loads((f / INDEX).read_text())["patches"][0]["lat"] for f in (small_set, tmp_path / "other")]
    assert lat[0] != lat[1]


def test_an_out_folder_in_use_is_refused_and_left_alone(pair: RasterPair, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileInTheWayError, match="not an empty folder"):
        build(pair, tmp_path, count=1, seed=0, size=128)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    terrain, height = make_planet(width=360)
    height[:, 1:] = np.where(height[:, 1:] > 0, np.nan, height[:, 1:])  # hardly any land that isn't nodata
    height[:30, 0] = 500
    (tmp_path / "in").mkdir()
    rasters = write_planet(tmp_path / "in", terrain, height)
    with pytest.raises(DataError, match="no place for a patch"):
        build(RasterPair(*rasters), tmp_path / "out" / "set", count=1, seed=0, size=128)
    assert list((tmp_path / "out").iterdir()) == []


# A build in a process of its own, which kills itself as it notes that its sixth patch is whole.
_KILLED = """
import os, signal, sys
from pathlib import Path
from spade_terrain.storage.journal import Journal
from spade_terrain.world.build.build import build
from spade_terrain.world.rasters.pair import RasterPair

add = Journal.add

def add_or_die(journal, piece):
    add(journal, piece)
    if len(journal.finished) == 6:
        with journal._path.open("a") as f:
            f.write('{"name": "00')  # the line that it was writing
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    Journal.add = add_or_die
    terrain, height, out = map(Path, sys.argv[1:])
    build(RasterPair(terrain, height), out, count=20, seed=3, size=128)
"""


@pytest.fixture(scope="module")
def what_a_kill_left(planet: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a build to `out` in it that was killed after six of the small set's twenty patches."""
    script, folder = tmp_path_factory.mktemp("kill") / "killed.py", tmp_path_factory.mktemp("sets")
    script.write_text(_KILLED)
    done = subprocess.run([sys.executable, script, *planet, folder / "out"], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (folder / "out").exists()
    return folder


@pytest.fixture
def killed(what_a_kill_left: Path, tmp_path: Path) -> Path:
    """The target of such a build."""
    return Path(shutil.copytree(what_a_kill_left, tmp_path / "sets")) / "out"


def test_a_killed_build_goes_on_to_the_same_bytes(pair: RasterPair, killed: Path, small_set: Path) -> None:
    files = killed.parent / ".out.unfinished" / "set"
    before = {p.name: p.stat().st_mtime_ns for p in files.glob("*")}
    # A pool's patches come in any order; the last line is cut off.
    lines = (files.parent / Journal.NAME).read_text().split("\n")[1:-1]
    torn, *listed = (json.loads(line)["name"] for line in lines)
    # Two files that the kill, or a power cut, left torn: one listed as whole, one not.
    (files / f"{torn}_h.png").write_bytes((files / f"{torn}_h.png").read_bytes()[:-20])
    (files / "0019_t.png").write_bytes(b"")
    build(pair, killed, count=20, seed=3, size=128)
    assert [p.name for p in killed.parent.iterdir()] == ["out"]
    assert {p.name for p in killed.iterdir()} == {p.name for p in small_set.iterdir()}
    for file in small_set.iterdir():
        assert (killed / file.name).read_bytes() == file.read_bytes(), file.name
    kept = {n for n, written in before.items() if (killed / n).stat().st_mtime_ns == written}
    assert len(listed) == 5
    assert {f"{name}_{kind}.png" for name in listed for kind in KINDS} <= kept
    assert not {f"{torn}_t.png", f"{torn}_h.png", "0019_t.png"} & kept


def test_another_build_does_not_take_over_a_killed_one(pair: RasterPair, killed: Path) -> None:
    unfinished = killed.parent / ".out.unfinished"  # beside it the killed one's lock lies, which locks nobody out
    files = {p: p.stat().st_mtime_ns for p in unfinished.rglob("*") if p.is_file()}
    with pytest.raises(FileInTheWayError, match=r".out.unfinished holds an unfinished run with another seed"):
        build(pair, killed, count=20, seed=4, size=128)
    assert files
    assert {p: p.stat().st_mtime_ns for p in unfinished.rglob("*") if p.is_file()} == files


def test_a_folder_that_is_no_unfinished_build_is_left_alone(pair: RasterPair, tmp_path: Path) -> None:
    mine = tmp_path / ".out.unfinished" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(FileInTheWayError, match=r"no unfinished build"):
        build(pair, tmp_path / "out", count=1, seed=0, size=64)
    assert mine.read_text() == "mine"


def test_a_second_build_beside_a_live_one_is_refused(pair: RasterPair, tmp_path: Path) -> None:
    busy = r"another build of .*out is at work; wait until it has ended"
    with unfinished_set(tmp_path / "out", {"seed": 0}), pytest.raises(FileInTheWayError, match=busy):
        build(pair, tmp_path / "out", count=1, seed=0, size=64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("piece", [5, "labels", {"number": 3}, {"number": "x", "name": "0003"}])
def test_a_journal_of_other_pieces_says_what_to_delete(piece: Any, tmp_path: Path) -> None:
    with unfinished_set(tmp_path / "out", {"seed": 0}) as growing:
        growing.add(piece)
        for kind in KINDS:
            (growing.set / f"0003_{kind}.png").write_bytes(b"\0\0\0\0IEND\xaeB`\x82")
        with pytest.raises(FileInTheWayError, match=r"is damaged; delete that folder"):
            growing.entries()


def test_a_full_disk_is_named_and_what_is_whole_is_kept(
    pair: RasterPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Journal, piece: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", full)
        with pytest.raises(StorageError, match=r"journal: No space left on device; .* the same command again"):
            build(pair, tmp_path / "out", count=2, seed=3, size=128, executor=Here())
    assert [p.name for p in tmp_path.iterdir()] == [".out.unfinished"]
    build(pair, tmp_path / "out", count=2, seed=3, size=128, executor=Here())
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full to stand for a full disk")
def test_a_disk_that_fills_up_while_patches_are_written_is_named(
    pair: RasterPair, killed: Path, small_set: Path
) -> None:
    picture = killed.parent / ".out.unfinished" / "set" / "0019_h.png"
    picture.unlink(missing_ok=True)
    picture.symlink_to("/dev/full")
    with pytest.raises(
        StorageError, match=r"^can't write .*0019_h.png: No space left on device; free some space[^\n]*$"
    ):
        build(pair, killed, count=20, seed=3, size=128)
    assert not killed.exists()
    assert not picture.is_symlink()
    build(pair, killed, count=20, seed=3, size=128)
    for file in small_set.iterdir():
        assert (killed / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_datasheet_tells_sources_licence_splits_and_shares(pair: RasterPair, tmp_path: Path) -> None:
    build(pair, tmp_path / "out", count=2, seed=3, size=64, licence="public domain", executor=Here())
    text = (tmp_path / "out" / datasheet.FILE).read_text()
    assert "`terrain.tif`" in text
    assert "Licence of the rasters: public domain." in text
    water = mean_shares(json.loads((tmp_path / "out" / INDEX).read_text())["patches"])["train"]["water"]
    assert f"| train | 2 | {water:.1%} |" in " ".join(text.split())


def test_an_empty_out_folder_is_filled(pair: RasterPair, tmp_path: Path) -> None:
    build(pair, tmp_path, count=1, seed=0, size=64, executor=Here())
    files = {"0000_h.png", "0000_i2.png", "0000_t.png", INDEX, datasheet.FILE}
    assert {p.name for p in tmp_path.iterdir()} == files


def test_an_out_folder_that_cannot_be_made_is_named(pair: RasterPair, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"Not a directory|file: File exists; put that right"):
        build(pair, tmp_path / "file" / "set", count=1, seed=0, size=64)


@pytest.mark.parametrize(("count", "size", "message"), [(0, 128, "`count`"), (1, 32, "64 or more")])
def test_impossible_sizes_are_refused(tmp_path: Path, count: int, size: int, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build(RasterPair(tmp_path / "t", tmp_path / "h"), tmp_path / "out", count=count, seed=0, size=size)


def test_of_ten_patches_one_is_for_validation_and_one_for_testing() -> None:
    wanted = [wanted_split(n) for n in range(30)]
    assert [wanted.count(s) for s in SPLITS] == [24, 3, 3]
