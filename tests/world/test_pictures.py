from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.errors import TerrainError
from spade_terrain.world.pictures import write_image


def test_a_full_disk_or_an_unknown_format_is_named(
    tmp_path: Path, small_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    with pytest.raises(TerrainError, match=r"can't write .*sheet: give it a name that ends in .png"):
        write_image(tmp_path / "sheet", image)
    with small_disk(), pytest.raises(TerrainError, match=r"can't write .*0000_t.png: File too large; free some space"):
        write_image(tmp_path / "0000_t.png", image)
    assert not list(tmp_path.iterdir())
