import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.training.engine import launch


def test_the_processor_is_always_there() -> None:
    fabric = launch("cpu", bfloat16=True)
    assert (fabric.device.type, fabric.world_size, fabric.is_global_zero) == ("cpu", 1, True)


@pytest.mark.parametrize("device", ["cuda:99", "abacus", "cuda:first"])
def test_a_device_that_is_none_is_named(device: str) -> None:
    with pytest.raises(TerrainError, match=f"--device {device} can't be used by 1 processes: here are cpu"):
        launch(device, bfloat16=False)
