import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.world.build import build as building
from spade_terrain.world.build import make as making
from spade_terrain.world.build.build import build
from spade_terrain.world.dataset import card
from spade_terrain.world.dataset.patches import INDEX, KINDS, write_patch
from tests.world.planet import make_planet, write_planet


def test_the_same_seed_gives_the_same_files_in_any_process(planet: tuple[Path, Path], small_set: Path) -> None:
    """Patch 7 made here alone is patch 7 of the set that the pool made."""
    from spade_terrain.world.rasters.overview import survey
    from spade_terrain.world.rasters.pair import open_rasters

    with open_rasters(*planet) as rasters:
        job = making.Job(*planet, "metres", small_set, 3, 128, survey(rasters))
        plan, ground = making.find(7, job, rasters)
    entry = json.loads((small_set / INDEX).read_text())["patches"][7]
    assert (entry["number"], entry["split"]) == (7, plan.split)
    assert (entry["lat"], entry["lon"]) == pytest.approx((plan.lat, plan.lon), abs=1e-5)
    labels, terrain, height = making.paint_ground(ground, job, 7)[:3]
    alone = small_set.parent / "alone"
    alone.mkdir()
    write_patch(alone, "0007", terrain, height, labels)
    for kind in KINDS:
        file = f"0007_{kind}.png"
        assert (alone / file).read_bytes() == (small_set / file).read_bytes()


def test_another_seed_gives_other_places(planet: tuple[Path, Path], small_set: Path, tmp_path: Path) -> None:
    build(*planet, tmp_path / "other", count=2, seed=4, size=128)
    lat = [json.loads((f / INDEX).read_text())["patches"][0]["lat"] for f in (small_set, tmp_path / "other")]
    assert lat[0] != lat[1]


def test_an_out_folder_in_use_is_refused_and_left_alone(planet: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TerrainError, match="not an empty folder"):
        build(*planet, tmp_path, count=1, seed=0, size=128)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    terrain, height = make_planet(width=360)
    height[:, 1:] = np.where(height[:, 1:] > 0, np.nan, height[:, 1:])  # hardly any land that isn't nodata
    height[:30, 0] = 500
    (tmp_path / "in").mkdir()
    rasters = write_planet(tmp_path / "in", terrain, height)
    with pytest.raises(TerrainError, match="no place for a patch"):
        build(*rasters, tmp_path / "out" / "set", count=1, seed=0, size=128)
    assert list((tmp_path / "out").iterdir()) == []


# A build in a process of its own, which kills itself as it notes that its sixth patch is whole.
_KILLED = """
import os, signal, sys
from pathlib import Path
from spade_terrain.world.build import build as building

class Killed(building._Unfinished):
    def add(self, entry):
        super().add(entry)
        if len(self.list.read_text().splitlines()) == 6:
            with self.list.open("a") as f:
                f.write('{"name": "00')  # the line that it was writing
            os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    building._Unfinished = Killed
    terrain, height, out = map(Path, sys.argv[1:])
    building.build(terrain, height, out, count=20, seed=3, size=128)
"""


@pytest.fixture
def killed(planet: tuple[Path, Path], tmp_path: Path) -> Path:
    """The target of a build that was killed after six of the small set's twenty patches."""
    script, out = tmp_path / "killed.py", tmp_path / "sets" / "out"
    script.write_text(_KILLED)
    done = subprocess.run([sys.executable, script, *planet, out], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    return out


def test_a_killed_build_goes_on_to_the_same_bytes(planet: tuple[Path, Path], killed: Path, small_set: Path) -> None:
    files = killed.parent / ".out.unfinished" / "set"
    before = {p.name: p.stat().st_mtime_ns for p in files.glob("*")}
    # Two files that the kill, or a power cut, left torn: one listed as whole, one not.
    (files / "0002_h.png").write_bytes((files / "0002_h.png").read_bytes()[:-20])
    (files / "0019_t.png").write_bytes(b"")
    build(*planet, killed, count=20, seed=3, size=128)
    assert [p.name for p in killed.parent.iterdir()] == ["out"]
    assert {p.name for p in killed.iterdir()} == {p.name for p in small_set.iterdir()}
    for file in small_set.iterdir():
        assert (killed / file.name).read_bytes() == file.read_bytes(), file.name
    kept = {n for n, written in before.items() if (killed / n).stat().st_mtime_ns == written}
    whole = {f"{number:04d}_{kind}.png" for number in range(6) if number != 2 for kind in KINDS}
    assert whole <= kept
    assert not {"0002_t.png", "0002_h.png", "0019_t.png"} & kept


def test_another_build_does_not_take_over_a_killed_one(planet: tuple[Path, Path], killed: Path) -> None:
    files = {p: p.stat().st_mtime_ns for p in killed.parent.rglob("*") if p.is_file()}
    with pytest.raises(TerrainError, match=r".out.unfinished holds a build with other arguments"):
        build(*planet, killed, count=20, seed=4, size=128)
    assert {p: p.stat().st_mtime_ns for p in killed.parent.rglob("*") if p.is_file()} == files


def test_a_full_disk_is_named_and_what_is_whole_is_kept(
    planet: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: building._Unfinished, entry: dict[str, Any]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.list))

    with monkeypatch.context() as patch:
        patch.setattr(building._Unfinished, "add", full)
        with pytest.raises(TerrainError, match=r"entries.jsonl: No space left on device; .* the same command again"):
            build(*planet, tmp_path / "out", count=2, seed=3, size=128)
    assert [p.name for p in tmp_path.iterdir()] == [".out.unfinished"]
    build(*planet, tmp_path / "out", count=2, seed=3, size=128)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full to stand for a full disk")
def test_a_disk_that_fills_up_while_patches_are_written_is_named(
    planet: tuple[Path, Path], killed: Path, small_set: Path
) -> None:
    picture = killed.parent / ".out.unfinished" / "set" / "0019_h.png"
    picture.unlink(missing_ok=True)
    picture.symlink_to("/dev/full")
    with pytest.raises(
        TerrainError, match=r"^can't write .*0019_h.png: No space left on device; free some space[^\n]*$"
    ):
        build(*planet, killed, count=20, seed=3, size=128)
    assert not killed.exists()
    assert not picture.is_symlink()
    build(*planet, killed, count=20, seed=3, size=128)
    for file in small_set.iterdir():
        assert (killed / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_card_tells_sources_licence_splits_and_shares(planet: tuple[Path, Path], tmp_path: Path) -> None:
    build(*planet, tmp_path / "out", count=2, seed=3, size=64, licence="public domain")
    text = (tmp_path / "out" / card.FILE).read_text()
    assert "`terrain.tif`" in text
    assert "Licence of the rasters: public domain." in text
    water = card.mean_shares(json.loads((tmp_path / "out" / INDEX).read_text())["patches"])["train"]["water"]
    assert f"| train | 2 | {water:.1%} |" in " ".join(text.split())


def test_an_empty_out_folder_is_filled(planet: tuple[Path, Path], tmp_path: Path) -> None:
    build(*planet, tmp_path, count=1, seed=0, size=64)
    files = {"0000_h.png", "0000_i2.png", "0000_t.png", INDEX, card.FILE}
    assert {p.name for p in tmp_path.iterdir()} == files


def test_an_out_folder_that_cannot_be_made_is_named(planet: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TerrainError, match=r"set.unfinished: Not a directory; put that right"):
        build(*planet, tmp_path / "file" / "set", count=1, seed=0, size=64)


@pytest.mark.parametrize(("count", "size", "message"), [(0, 128, "--count"), (1, 32, "64 or more")])
def test_impossible_sizes_are_refused(tmp_path: Path, count: int, size: int, message: str) -> None:
    with pytest.raises(TerrainError, match=message):
        build(tmp_path / "t", tmp_path / "h", tmp_path / "out", count=count, seed=0, size=size)
