import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.palette import COLOURS, NAMES, WATER
from spade_terrain.world import making
from spade_terrain.world.dataset import INDEX, build, contact_sheet, load, write_patch
from tests.world.planet import SEA_RGB, make_planet, write_planet


def read(path: Path) -> NDArray[Any]:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


@pytest.fixture
def copy(small_set: Path, tmp_path: Path) -> Path:
    """A copy of the small set that a test may spoil."""
    return Path(shutil.copytree(small_set, tmp_path / "copy"))


def test_a_built_set_loads_as_its_index_says(small_set: Path) -> None:
    index = json.loads((small_set / INDEX).read_text())
    assert (index["seed"], index["size"], index["gsd"]) == (3, 128, 2000)
    assert index["sources"] == {"terrain": "terrain.tif", "height": "height.tif"}
    assert index["splits"] == {"train": 16, "val": 2, "test": 2}
    entries = {s: [e for e in index["patches"] if e["split"] == s] for s in ("train", "val", "test")}
    for split, expected in entries.items():
        patches = load(small_set, split)
        assert patches.terrain.shape == (len(expected), 128, 128, 3)
        assert patches.height.shape == patches.labels.shape == (len(expected), 128, 128)
        dtypes = [a.dtype.name for a in (patches.terrain, patches.height, patches.labels)]
        assert dtypes == ["uint8", "uint16", "uint8"]
        assert 100 < (patches.height * patches.metres_per_unit).max() < 8848
        for labels, e in zip(patches.labels, expected, strict=True):
            shares = np.bincount(labels.ravel(), minlength=7) / labels.size
            assert shares == pytest.approx([e["shares"][n] for n in NAMES], abs=1e-3)


def test_painted_water_is_flat_sea_and_land_is_mostly_land(small_set: Path) -> None:
    patches = load(small_set)
    water = patches.labels == WATER
    assert water.any()
    assert (patches.height[water] == 0).all()
    assert (patches.terrain[water] == SEA_RGB).all()
    assert (patches.height[~water] > 0).mean() > 0.9
    assert (1 - water.mean((1, 2)) > 0.2).all()


def test_the_same_seed_gives_the_same_files_in_any_process(planet: tuple[Path, Path], small_set: Path) -> None:
    """Patch 7 made here alone is patch 7 of the set that the pool made."""
    from spade_terrain.world.overview import survey
    from spade_terrain.world.rasters import open_rasters

    with open_rasters(*planet) as rasters:
        job = making.Job(*planet, small_set, 3, 128, survey(rasters))
        plan, ground = making.find(7, job, rasters)
    entry = json.loads((small_set / INDEX).read_text())["patches"][7]
    assert (entry["number"], entry["split"]) == (7, plan.split)
    assert (entry["lat"], entry["lon"]) == pytest.approx((plan.lat, plan.lon), abs=1e-5)
    labels, terrain, height = making.paint_ground(ground, job, 7)[:3]
    alone = small_set.parent / "alone"
    alone.mkdir()
    write_patch(alone, "0007", terrain, height, labels)
    for kind in ("t", "h", "i2"):
        file = f"0007_{kind}.png"
        assert (alone / file).read_bytes() == (small_set / file).read_bytes()


def test_another_seed_gives_other_places(planet: tuple[Path, Path], small_set: Path, tmp_path: Path) -> None:
    build(*planet, tmp_path / "other", count=2, seed=4, size=128)
    lat = [json.loads((f / INDEX).read_text())["patches"][0]["lat"] for f in (small_set, tmp_path / "other")]
    assert lat[0] != lat[1]


def test_height_is_stored_in_the_public_sets_unit(tmp_path: Path) -> None:
    metres = np.array([[0, 8848], [4424, 9000]], np.float32)
    write_patch(tmp_path, "0000", np.zeros((2, 2, 3), np.uint8), metres, np.zeros((2, 2), np.uint8))
    stored = read(tmp_path / "0000_h.png")
    np.testing.assert_array_equal(stored, [[0, 65535], [32768, 65535]])
    patches = load(tmp_path)
    assert patches.height[0, 1, 0] * patches.metres_per_unit == pytest.approx(4424, abs=0.1)


def test_colours_are_not_swapped_and_a_set_without_index_is_for_training(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    terrain = rng.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    labels = rng.integers(0, 7, (3, 8, 8), dtype=np.uint8)
    for i in range(3):
        write_patch(tmp_path, f"{i:04d}", terrain[i], np.zeros((8, 8), np.float32), labels[i])
    patches = load(tmp_path)
    np.testing.assert_array_equal(patches.terrain, terrain)
    np.testing.assert_array_equal(patches.labels, labels)
    painted = read(tmp_path / "0000_i2.png")[..., ::-1]
    np.testing.assert_array_equal(painted, COLOURS[labels[0]])
    with pytest.raises(TerrainError, match="no patches of the split 'val'"):
        load(tmp_path, "val")


@pytest.mark.parametrize("kind", ["t", "h", "i2"])
def test_a_missing_or_damaged_file_is_named(copy: Path, kind: str) -> None:
    file = copy / f"0002_{kind}.png"
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(TerrainError, match=f"0002_{kind}.png is damaged"):
        load(copy)
    file.unlink()
    with pytest.raises(TerrainError, match=f"no such file.*0002_{kind}.png"):
        load(copy)


def test_a_foreign_colour_or_size_or_depth_is_named(copy: Path) -> None:
    file = copy / "0003_i2.png"
    painted = read(file)
    painted[0, 0] = (1, 2, 3)
    cv2.imwrite(str(file), painted)
    with pytest.raises(TerrainError, match=r"0003_i2.png: .*not in the palette's colours.*\(3, 2, 1\)"):
        load(copy)
    cv2.imwrite(str(file), painted[:64])
    with pytest.raises(TerrainError, match=r"0003_i2.png is 64 x 128 pixels"):
        load(copy)
    cv2.imwrite(str(copy / "0001_h.png"), np.zeros((128, 128), np.uint8))
    with pytest.raises(TerrainError, match=r"0001_h.png is not grey of 16 bits"):
        load(copy)


def test_a_damaged_index_or_no_folder_is_named(copy: Path) -> None:
    (copy / INDEX).write_text('{"patches": [')
    with pytest.raises(TerrainError, match=r"index.json can't be read"):
        load(copy)
    with pytest.raises(TerrainError, match="no such folder"):
        load(copy / "nowhere")


def test_an_out_folder_in_use_is_refused_and_left_alone(planet: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TerrainError, match="not an empty folder"):
        build(*planet, tmp_path, count=1, seed=0, size=128)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    terrain, height = make_planet(width=360)
    height[:] = np.where(height > 0, np.nan, height)  # no land that isn't nodata
    (tmp_path / "in").mkdir()
    rasters = write_planet(tmp_path / "in", terrain, height)
    with pytest.raises(TerrainError, match="no place for a patch"):
        build(*rasters, tmp_path / "out" / "set", count=1, seed=0, size=128)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_empty_out_folder_is_filled(planet: tuple[Path, Path], tmp_path: Path) -> None:
    build(*planet, tmp_path, count=1, seed=0, size=64)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0000_h.png", "0000_i2.png", "0000_t.png", INDEX]


def test_an_out_folder_that_cannot_be_made_is_named(planet: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TerrainError, match=r"can't write beside .*set"):
        build(*planet, tmp_path / "file" / "set", count=1, seed=0, size=64)


@pytest.mark.parametrize(("count", "size", "message"), [(0, 128, "--count"), (1, 32, "64 or more")])
def test_impossible_sizes_are_refused(tmp_path: Path, count: int, size: int, message: str) -> None:
    with pytest.raises(TerrainError, match=message):
        build(tmp_path / "t", tmp_path / "h", tmp_path / "out", count=count, seed=0, size=size)


def test_a_contact_sheet_is_a_picture(small_set: Path, tmp_path: Path) -> None:
    contact_sheet(small_set, tmp_path / "sheet.png", count=7)
    sheet = read(tmp_path / "sheet.png")
    assert sheet.shape == (3 * 204, 3 * 604, 3)
    with pytest.raises(TerrainError, match="holds no patches"):
        contact_sheet(tmp_path, tmp_path / "none.png")


def test_loading_needs_no_raster_or_clustering_library(small_set: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('rasterio', 'sklearn', 'scipy', 'affine'): sys.modules[name] = None\n"
        "from pathlib import Path\n"
        "from spade_terrain.world.dataset import load\n"
        f"print(len(load(Path({str(small_set)!r})).labels))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("16", 0), done.stderr
