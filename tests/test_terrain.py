from pathlib import Path

import numpy as np

from spade_terrain.terrain import Terrain


def test_save_writes_what_it_returns(tmp_path: Path) -> None:
    shape = (64, 66)
    terrain = Terrain(
        texture=np.zeros((*shape, 3), np.uint8),
        height=np.zeros(shape, np.float32),
        shaded=np.zeros((*shape, 3), np.uint8),
        labels=np.zeros(shape, np.uint8),
        seed=1,
        model="none",
    )
    assert set(terrain.save(str(tmp_path / "out"))) == set((tmp_path / "out").iterdir())
