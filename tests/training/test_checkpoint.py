from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from spade_terrain.errors import TerrainError
from spade_terrain.training import checkpoint

FACTS = {"config": "{}", "steps": 3}


def test_round_trip(tmp_path: Path) -> None:
    tensors = {"a.b": torch.rand(3, 2), "step": torch.tensor(4.0)}
    checkpoint.save_checkpoint(tmp_path / "c", tensors, FACTS)
    loaded, facts = checkpoint.load_checkpoint(tmp_path / "c")
    assert facts == FACTS
    assert all(torch.equal(loaded[k], v) for k, v in tensors.items())
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_a_full_disk_leaves_the_old_checkpoint(
    tmp_path: Path, small_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    checkpoint.save_checkpoint(tmp_path / "c", {"a": torch.ones(2)}, FACTS)
    with small_disk(), pytest.raises(TerrainError, match=r"can't write .*: File too large"):
        checkpoint.save_checkpoint(tmp_path / "c", {"a": torch.zeros(20_000)}, FACTS)
    assert torch.equal(checkpoint.load_checkpoint(tmp_path / "c")[0]["a"], torch.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no checkpoint at"):
        checkpoint.load_checkpoint(tmp_path / "c")
    (tmp_path / "c").write_text("hello")
    with pytest.raises(TerrainError, match="not a checkpoint of spade-terrain"):
        checkpoint.load_checkpoint(tmp_path / "c")


@pytest.mark.parametrize("facts", ["null", "[]", "{}", '{"config": {}, "steps": 1}', '{"config": "{}"}', "[" * 100_000])
def test_facts_that_are_none(facts: str, tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "c", {"facts": facts})
    for load in (checkpoint.load_checkpoint, checkpoint.load_facts):
        with pytest.raises(TerrainError, match="not a checkpoint of spade-terrain"):
            load(tmp_path / "c")
