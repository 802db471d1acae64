from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import MissingFileError, StorageError
from spade_terrain.storage.shards import Shards
from spade_terrain.storage.shared import SharedFolder, check_store
from spade_terrain.window import Window

SIDE = 16


@pytest.fixture(params=["{}/folder", "file://{}/folder", "memory://{}/folder"])
def shards(request: pytest.FixtureRequest, tmp_path: Path) -> Shards:
    return Shards(request.param.format(tmp_path), "mine")


def test_what_was_written_is_read(shards: Shards) -> None:
    assert not shards.exists()
    assert not shards.is_own()
    check_store(shards.address, for_workers=False)
    shards.create([("height", (40, 50), np.float32), ("texture", (40, 50, 3), np.uint8)], SIDE)
    assert shards.exists()
    assert shards.is_own()
    assert not Shards(shards.address, "another's").is_own()
    height, texture = Shards(shards.address, "mine").array("height"), shards.array("texture")
    values = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
    for window in Window(0, 0, 50, 40).tiles(SIDE):
        place = window.place(Window(0, 0, 50, 40))
        texture[place] = values[place]
        height[place] = values[place][..., 0].astype(np.float32)
        assert not shards.is_finished(f"{window.x0} {window.y0}")
        shards.finish(f"{window.x0} {window.y0}", window, [height, texture])
        assert shards.is_finished(f"{window.x0} {window.y0}")
    assert np.array_equal(texture[0:40], values)
    assert np.array_equal(texture[3:7], values[3:7])
    assert np.array_equal(height[5:9, 20:40], values[5:9, 20:40, 0])
    shards.remove()
    assert not shards.exists()


def test_a_shard_that_is_damaged(tmp_path: Path) -> None:
    shards = Shards(str(tmp_path / "folder"), "mine")
    shards.create([("height", (40, 50), np.float32)], SIDE)
    shards.array("height")[:40, :50] = np.ones((40, 50), np.float32)
    file = tmp_path / "folder" / "height" / "c" / "1" / "2"
    file.write_bytes(file.read_bytes()[:-10])
    told = r"^height/c/1/2 in .*folder is damaged; delete it and go on with `resume`, which makes it again$"
    for place in (slice(10, 20), (slice(20, 24), slice(5, 50))):
        with pytest.raises(StorageError, match=told):
            shards.array("height")[place]
    assert shards.array("height")[:16].all()


def test_a_shard_that_is_gone(shards: Shards) -> None:
    """Zarr itself reads zeros there."""
    shards.create([("height", (40, 50), np.float32), ("texture", (40, 50, 3), np.uint8)], SIDE)
    height, texture = shards.array("height"), shards.array("texture")
    windows = list(Window(0, 0, 50, 40).tiles(SIDE))
    height[0:40, 0:50] = np.zeros((40, 50), np.float32)
    texture[0:40, 0:50] = np.zeros((40, 50, 3), np.uint8)
    assert shards.without_shards(windows, [height, texture]) == []
    files, path = SharedFolder(shards.address).files
    files.rm(f"{path}/texture/c/1/2/0")
    assert shards.without_shards(windows, [height]) == []
    assert shards.without_shards(windows, [height, texture]) == [Window(32, 16, 48, 32)]
    assert texture[0:16].shape == (16, 50, 3)
    for place in (slice(10, 20), (slice(16, 20), slice(0, 50))):
        with pytest.raises(
            StorageError, match=r"^texture/c/1/2/0 is gone from .*; go on with `resume`, which makes it"
        ):
            shards.array("texture")[place]
    shards.remove()


def test_a_folder_that_this_machine_lacks(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="give a `store` that all workers share"):
        Shards(str(tmp_path / "folder"), "mine").array("height")


def test_a_full_disk(tmp_path: Path, small_disk: Callable[[], AbstractContextManager[None]]) -> None:
    shards = Shards(str(tmp_path / "folder"), "mine")
    shards.create([("height", (64, 64), np.float32)], 64)
    noise = np.random.default_rng(0).random((64, 64), np.float32)
    with small_disk(), pytest.raises(StorageError, match=r"can't write to .*: File too large; check the address"):
        shards.array("height")[:64, :64] = noise
    assert [p for p in (tmp_path / "folder").rglob("*") if p.is_file() and p.name != "zarr.json"] == []
