import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from spade_terrain import FileInTheWayError, Model, ParameterError, StorageError, TerrainError, generate, generate_to
from spade_terrain.cluster.executor import Executor
from spade_terrain.cluster.scheduler import Scheduler
from spade_terrain.generation import job
from spade_terrain.generation.blocks.on_cluster import Workers
from spade_terrain.maps.read import open_map
from spade_terrain.palette import Labels, labels_to_image
from spade_terrain.storage.stored import StoredTerrain
from spade_terrain.terrain import TerrainRows
from tests.generation.conftest import SIDE

pytestmark = pytest.mark.usefixtures("small_blocks")


def _bytes(terrain: TerrainRows) -> list[bytes]:
    others = [rows for picture in terrain.beside.values() for rows in (picture.texture, picture.shaded)]
    arrays = (terrain.texture, terrain.height, terrain.shaded, terrain.labels, *others)
    return [np.asarray(array[: array.shape[0]]).tobytes() for array in arrays]


@pytest.mark.parametrize("gsd", [None, 30])
def test_workers_make_the_same_bytes(
    gsd: float | None, labels: Labels, tiny_model: Model, two_workers: Executor, tmp_path: Path
) -> None:
    workers = Workers(two_workers)
    with job.resumable_terrain(open_map(labels, gsd=gsd), tmp_path, tiny_model, 4, workers=workers) as terrain:
        assert isinstance(terrain, StoredTerrain)
        assert _bytes(terrain) == _bytes(generate(labels, seed=4, model=tiny_model, gsd=gsd))
        rows = [terrain.height[row : row + 7] for row in range(0, 90, 7)]
        assert np.array_equal(np.concatenate(rows), terrain.height[:])
    assert list(tmp_path.iterdir()) == []


def test_style_textures_and_guide_travel_too(
    labels: Labels, guided_model: Model, two_workers: Executor, tmp_path: Path
) -> None:
    from spade_terrain.maps.heights.read import read_heights

    model = guided_model.textured("both").guided()
    guide = np.linspace(0, 3000, 90 * 107, dtype=np.float32).reshape(90, 107)
    heights = read_heights(guide, None, labels.shape)
    run = job.resumable_terrain(
        open_map(labels), tmp_path, model, 4, heights=heights, workers=Workers(two_workers, f"file://{tmp_path}/share")
    )
    with run as terrain:
        assert _bytes(terrain) == _bytes(generate(labels, seed=4, model=model, guide=guide))
    assert list((tmp_path / "share").iterdir()) == []


class Stopping:
    """An executor whose client dies after some blocks."""

    def __init__(self, executor: Executor, after: int) -> None:
        self._executor, self._after = executor, after
        self.workers = executor.workers

    def run(self, job: Any, items: Any) -> Any:
        with closing(self._executor.run(job, items)) as found:
            for number, pair in enumerate(found):
                if number == self._after:
                    raise KeyboardInterrupt
                yield pair


def _blocks(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("height/c/*/*")}


def test_a_run_that_is_stopped_goes_on(
    labels: Labels, tiny_model: Model, two_workers: Executor, tmp_path: Path
) -> None:
    store = tmp_path / "share"
    stopping = Workers(Stopping(two_workers, 5), str(store))
    stopped = job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, workers=stopping)
    with pytest.raises(KeyboardInterrupt), stopped:
        pass
    before = _blocks(store)
    assert len(before) >= 5
    workers = Workers(two_workers, str(store))
    other = job.resumable_terrain(open_map(labels), tmp_path / "other", tiny_model, 1, workers=workers)
    with (
        pytest.raises(FileInTheWayError, match="is there already, and not of this run; give another"),
        other,
    ):
        pass
    without = job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, resume=True)
    with pytest.raises(FileInTheWayError, match="holds an unfinished run with another store"), without:
        pass
    again = job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, resume=True, workers=workers)
    with again as terrain:
        assert before.items() <= _blocks(store).items()  # none was made again
        assert _bytes(terrain) == _bytes(generate(labels, model=tiny_model))
    assert list(store.iterdir()) == list((tmp_path / "out").iterdir()) == []


def test_two_clients_with_one_store(labels: Labels, tiny_model: Model, two_workers: Executor, tmp_path: Path) -> None:
    """The second one is refused, though it makes the same map, and the first one's blocks stay."""
    workers = Workers(two_workers, str(tmp_path / "share"))
    first = job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, workers=workers)
    second = job.resumable_terrain(open_map(labels), tmp_path / "other", tiny_model, 0, workers=workers)
    with first as terrain:
        with pytest.raises(FileInTheWayError, match="is there already, and not of this run; give another"), second:
            pass
        assert _bytes(terrain) == _bytes(generate(labels, model=tiny_model))
    assert list((tmp_path / "share").iterdir()) == []
    assert not (tmp_path / "other").exists()


def test_blocks_that_are_gone(labels: Labels, tiny_model: Model, two_workers: Executor, tmp_path: Path) -> None:
    workers = Workers(two_workers, str(tmp_path / "share"))
    with (
        pytest.raises(TerrainError, match="full"),
        job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, workers=workers),
    ):
        raise TerrainError("the disk is full")
    shutil.rmtree(tmp_path / "share")
    again = job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, resume=True, workers=workers)
    with pytest.raises(FileInTheWayError, match="is damaged; delete that folder and begin anew"), again:
        pass


def _without_a_shard(terrain: TerrainRows, shard: Path) -> list[bytes]:
    shard.unlink()
    return _bytes(terrain)


def test_a_shard_that_is_gone_is_made_again(
    labels: Labels, tiny_model: Model, two_workers: Executor, tmp_path: Path
) -> None:
    """Whether that is seen when its block is read, or before; and no other block is."""
    workers = Workers(two_workers, str(tmp_path / "share"))
    run = job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, workers=workers)
    with pytest.raises(StorageError, match=r"height/c/1/1 is gone from .*; go on with `resume`"), run as terrain:
        _without_a_shard(terrain, tmp_path / "share" / "blocks" / "height" / "c" / "1" / "1")
    before = _blocks(tmp_path / "share")
    again = job.resumable_terrain(open_map(labels), tmp_path / "out", tiny_model, 0, resume=True, workers=workers)
    with again as terrain:
        after = _blocks(tmp_path / "share")
        assert before.items() < after.items()
        assert len(after) - len(before) == 1
        assert _bytes(terrain) == _bytes(generate(labels, model=tiny_model))


def test_killed_on_the_command_line(
    labels: Labels, tiny_model_path: Path, two_workers: Scheduler, tmp_path: Path
) -> None:
    """The client with SIGKILL, its workers with it; others go on."""
    map_file = tmp_path / "map.png"
    Image.fromarray(labels_to_image(labels)).save(map_file)
    (tmp_path / "run.py").write_text(
        "import sys\n"
        "from spade_terrain.cli import main\n"
        "from spade_terrain.generation import tiling\n"
        f"tiling.BLOCK, tiling.WHOLE = {SIDE}, 0\n"
        "if __name__ == '__main__':\n"
        "    sys.exit(main(sys.argv[1:]))\n"
    )
    formats = ["texture", "terrain", "height"]
    arguments = ["generate", map_file, "--out", tmp_path / "out", "--model", tiny_model_path]
    more = ["--format", ",".join(formats), "--cluster", "local:2"]
    run = subprocess.Popen(
        [sys.executable, str(tmp_path / "run.py"), *map(str, arguments), *more],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    journal = tmp_path / "out" / job.FOLDER / "journal"
    while not journal.exists() or journal.read_text().count("\n") < 4:
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert 2 <= len(list(journal.parent.rglob("blocks/finished/*"))) < 12
    address = two_workers._client.scheduler.address
    generate_to(map_file, tmp_path / "out", formats, model=tiny_model_path, resume=True, cluster=address)
    generate_to(map_file, tmp_path / "at_once", formats, model=tiny_model_path)
    first, again = ({p.name: p.read_bytes() for p in (tmp_path / o).iterdir()} for o in ("at_once", "out"))
    assert len(first) == 4
    assert first == again


@pytest.mark.parametrize(
    ("cluster", "store", "error", "text"),
    [
        (None, "folder", ParameterError, "`store` is a folder that the workers of a `cluster` share, or that"),
        ("local:1", "nosuch://folder", StorageError, "can't write to nosuch://folder"),
        ("local:1", "/proc/folder", StorageError, "can't write to /proc/folder"),
        ("local:1", "memory://folder", StorageError, "lies in the memory of this process, where no worker finds it"),
    ],
)
def test_no_such_store(
    cluster: str | None,
    store: str,
    error: type[Exception],
    text: str,
    labels: Labels,
    tiny_model: Model,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=text) as raised:
        generate_to(labels, tmp_path, ["height"], model=tiny_model, cluster=cluster, store=store)
    assert len(str(raised.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
