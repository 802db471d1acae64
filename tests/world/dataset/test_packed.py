import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.palette import WATER
from spade_terrain.world.dataset import packed as packed_form
from spade_terrain.world.dataset.clean_patch import LOWEST_LAND_M
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.packed import read_pack
from spade_terrain.world.dataset.patches import EmptySplitError, evenly
from spade_terrain.world.places import SPLITS
from tests.world.planet import SEA_RGB

SIZE = 256


def test_a_packed_file_loads_as_its_index_says(packed: Path) -> None:
    entries = read_pack(packed).index["patches"]
    assert {e["split"] for e in entries} == set(SPLITS)
    for split in SPLITS:
        patches = load(packed, split)
        count = sum(e["split"] == split for e in entries)
        assert patches.terrain.shape == (count, SIZE, SIZE, 3)
        assert patches.height.shape == patches.labels.shape == (count, SIZE, SIZE)
        dtypes = [a.dtype.name for a in (patches.terrain, patches.height, patches.labels)]
        assert dtypes == ["uint8", "uint16", "uint8"]


def test_painted_water_is_flat_sea(packed: Path) -> None:
    patches = load(packed)
    water = patches.labels == WATER
    assert water.any()
    assert (patches.height[water] == 0).all()
    assert (patches.terrain[water] == SEA_RGB).all()
    assert (patches.height[~water] > 0).mean() > 0.9


def test_what_lies_at_0_m_is_sea_and_nothing_else_is(packed: Path) -> None:
    patches = load(packed)
    sea = (patches.terrain == SEA_RGB).all(3)
    assert 0.05 < sea.mean() < 0.9
    np.testing.assert_array_equal(patches.height == 0, sea)
    assert patches.height[~sea].min() * patches.metres_per_unit == pytest.approx(LOWEST_LAND_M, rel=0.1)


def test_another_seed_paints_other_maps_of_the_same_ground(packed: Path) -> None:
    one, again, other = load(packed), load(packed), load(packed, seed=1)
    np.testing.assert_array_equal(one.labels, again.labels)
    assert 0.002 < (one.labels != other.labels).mean() < 0.3
    land = (one.labels != WATER) & (other.labels != WATER)
    np.testing.assert_array_equal(one.height[land], other.height[land])


def test_fewer_patches_are_the_same_as_of_the_whole_split(packed: Path) -> None:
    whole, some = load(packed, seed=1), load(packed, seed=1, most=4)
    chosen = evenly(range(len(whole.labels)), 4)
    for name in ("terrain", "height", "labels"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[chosen])


def test_a_packed_file_is_checked(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["world", "check", str(packed)]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| t", "| v"))]
    assert [row.split("|")[1].strip() for row in rows] == list(SPLITS)


@pytest.mark.parametrize("cut", ["end", "middle"])
def test_a_damaged_file_is_one_clear_line(packed: Path, tmp_path: Path, cut: str) -> None:
    data = bytearray(packed.read_bytes())
    if cut == "end":
        del data[-1000:]
    else:
        data[len(data) // 2] ^= 1
    (tmp_path / "bad.pack").write_bytes(data)
    with pytest.raises(TerrainError, match=r"bad.pack is damaged or no packed set; pack the set again"):
        load(tmp_path / "bad.pack")


def test_an_unreadable_picture_or_a_newer_format_is_named(packed: Path, tmp_path: Path) -> None:
    for name, change, message in (
        ("0000_h.jp2", b"", "bad.pack is damaged; pack the set again"),
        (packed_form.INDEX, json.dumps({"format": 2}).encode(), "has format 2; this version reads 1"),
    ):
        with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "bad.pack", "w") as new:
            for item in old.namelist():
                new.writestr(item, change if item == name else old.read(item))
        with pytest.raises(TerrainError, match=message):
            load(tmp_path / "bad.pack")


def test_a_split_without_patches_is_refused(packed: Path) -> None:
    with pytest.raises(EmptySplitError, match="holds no patches of the split 'none'"):
        load(packed, "none")
