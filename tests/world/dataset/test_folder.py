import json
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
from spade_terrain.world.dataset import patches as dataset
from spade_terrain.world.dataset.folder import INDEX, write_patch
from spade_terrain.world.dataset.loading import load
from spade_terrain.world.dataset.patches import evenly
from tests.world.planet import SEA_RGB


def read(path: Path) -> NDArray[Any]:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


def add_satellite(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """Give each patch of a folder a satellite picture of its own, RGB, by name."""
    rng = np.random.default_rng(0)
    names = [p.name.removesuffix("_t.png") for p in folder.glob("*_t.png")]
    pictures = {n: rng.integers(0, 256, (128, 128, 3), dtype=np.uint8) for n in names}
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / f"{name}_s.png"), picture[..., ::-1])
    return pictures


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


def test_fewer_patches_are_evenly_spread_and_the_same_each_time(
    small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert evenly(range(16), 5) == [1, 4, 8, 11, 14]
    assert evenly(range(16), 1) == [8]
    assert evenly(range(16), 16) == evenly(range(16), 99) == evenly(range(16), None) == range(16)
    whole = load(small_set)
    monkeypatch.setattr(dataset, "free_memory", lambda: 6 * 5 * 128 * 128)  # as much as five take
    for _ in range(2):
        some = load(small_set, most=5)
        np.testing.assert_array_equal(some.terrain, whole.terrain[[1, 4, 8, 11, 14]])
        np.testing.assert_array_equal(some.height, whole.height[[1, 4, 8, 11, 14]])
        np.testing.assert_array_equal(some.labels, whole.labels[[1, 4, 8, 11, 14]])
    with pytest.raises(TerrainError, match="no patches of the split 'none'"):
        load(small_set, "none", most=5)


def test_painted_water_is_flat_sea_and_land_is_mostly_land(small_set: Path) -> None:
    patches = load(small_set)
    water = patches.labels == WATER
    assert water.any()
    assert (patches.height[water] == 0).all()
    assert (patches.terrain[water] == SEA_RGB).all()
    assert (patches.height[~water] > 0).mean() > 0.9
    assert (1 - water.mean((1, 2)) > 0.2).all()


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


def test_satellite_pictures_come_with_their_patches(copy: Path) -> None:
    assert load(copy).satellite is None
    pictures = add_satellite(copy)
    patches = load(copy, "val")
    names = [e["name"] for e in json.loads((copy / INDEX).read_text())["patches"] if e["split"] == "val"]
    assert patches.satellite is not None
    np.testing.assert_array_equal(patches.satellite, [pictures[n] for n in names])
    (copy / INDEX).unlink()  # a set without an index has them likewise
    np.testing.assert_array_equal(load(copy).satellite, [pictures[n] for n in sorted(pictures)])


def test_a_set_with_only_some_satellite_pictures_is_refused(copy: Path) -> None:
    add_satellite(copy)
    for number in (4, 9):
        (copy / f"{number:04d}_s.png").unlink()
    for split in ("train", "val"):  # whether or not the split's own are there
        with pytest.raises(TerrainError, match=r"0004_s.png is missing, and so are 1 others of 20: .*build") as e:
            load(copy, split)
        assert "\n" not in str(e.value)


def test_a_satellite_picture_of_another_size_is_named(copy: Path) -> None:
    add_satellite(copy)
    cv2.imwrite(str(copy / "0000_s.png"), np.zeros((128, 64, 3), np.uint8))
    with pytest.raises(TerrainError, match=r"0000_s.png is 128 x 64 pixels, others are 128 x 128"):
        load(copy)


def test_a_set_without_an_index_may_state_its_unit_of_height(tmp_path: Path) -> None:
    ones = np.ones((8, 8))
    write_patch(tmp_path, "0000", np.zeros((8, 8, 3), np.uint8), ones.astype(np.float32), ones.astype(np.uint8))
    (tmp_path / INDEX).write_text('{"metres_per_unit": 0.25}')
    assert load(tmp_path).metres_per_unit == 0.25


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


@pytest.mark.parametrize(("form", "count"), [("small_set", "16"), ("packed", "25")])
def test_loading_needs_no_raster_or_clustering_library(form: str, count: str, request: pytest.FixtureRequest) -> None:
    """Nor does it import what builds sets: their code may need what training lacks."""
    source = request.getfixturevalue(form)
    code = (
        "import sys\n"
        "for name in ('rasterio', 'sklearn', 'scipy', 'affine'): sys.modules[name] = None\n"
        "from pathlib import Path\n"
        "import spade_terrain.world.dataset\n"
        "from spade_terrain.world.dataset.loading import load\n"
        f"print(len(load(Path({str(source)!r})).labels))\n"
        "rooms = [f'spade_terrain.world.{room}' for room in ('build', 'classes', 'rasters')]\n"
        "print([name for name in sys.modules if name.startswith(tuple(rooms))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.split("\n"), done.returncode) == ([count, "[]", ""], 0), done.stderr
