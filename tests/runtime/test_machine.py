from pathlib import Path

import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.runtime import machine
from spade_terrain.runtime.machine import free_memory
from spade_terrain.world.dataset import patches as dataset


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the system does not tell")
def test_free_memory_is_some_of_what_there_is() -> None:
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert 0 < free_memory() < total


def test_a_set_too_large_for_the_memory_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "free_memory", lambda: 4e9)
    with pytest.raises(TerrainError, match=r"4000 patches take 6\.3 GB, free are 4\.0 GB: use a smaller set"):
        dataset.empty_patches(4000, (512, 512), 0.1, satellite=False)
    with pytest.raises(TerrainError, match=r"4000 patches take 9\.4 GB"):
        dataset.empty_patches(4000, (512, 512), 0.1, satellite=True)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000"}, 8),
        ({"cpu.max": "200000 100000"}, 2),
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "5000 100000"}, 1),
        ({"cpu.max": "9900000 100000"}, 8),
        ({"cpu.max": "nonsense"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
    ],
)
def test_a_containers_quota_is_heeded(
    files: dict[str, str], cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(machine, "_GROUP", tmp_path)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert machine.usable_cores() == cores
