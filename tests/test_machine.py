from pathlib import Path

import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.machine import free_memory
from spade_terrain.world.dataset import patches as dataset


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the system does not tell")
def test_free_memory_is_some_of_what_there_is() -> None:
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert 0 < free_memory() < total


def test_a_set_too_large_for_the_memory_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "free_memory", lambda: 4e9)
    with pytest.raises(TerrainError, match=r"4000 patches take 6\.3 GB, free are 4\.0 GB: use a smaller set"):
        dataset.empty_patches(4000, (512, 512), 0.1)
