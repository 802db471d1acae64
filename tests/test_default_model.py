"""The model that comes with the package, on the example maps."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from spade_terrain import Terrain, generate
from spade_terrain.palette import NAMES, WATER

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src" / "spade_terrain" / "models" / "default.onnx"
MAPS = ("archipelago", "continent", "valley")


@pytest.fixture(scope="module", autouse=True)
def _has_its_model() -> None:
    if not MODEL.is_file():
        pytest.fail(f"no default model: {MODEL.relative_to(ROOT)} has to be trained, exported and put there")


def _generate(name: str, seed: int = 0) -> Terrain:
    return generate(ROOT / "examples" / f"{name}.png", seed=seed)


@pytest.fixture(scope="module")
def terrains() -> dict[str, Terrain]:
    return {name: _generate(name) for name in MAPS}


def test_is_small_enough_to_ship() -> None:
    assert MODEL.stat().st_size <= 12e6


def test_the_same_seed_gives_the_same_bytes(terrains: dict[str, Terrain]) -> None:
    first, again = terrains["archipelago"], _generate("archipelago")
    assert first.texture.tobytes() == again.texture.tobytes()
    assert first.height.tobytes() == again.height.tobytes()
    assert first.shaded.tobytes() == again.shaded.tobytes()


def test_another_seed_gives_another_terrain(terrains: dict[str, Terrain]) -> None:
    first, other = terrains["archipelago"], _generate("archipelago", seed=1)
    land = first.labels != WATER
    assert (first.height != other.height)[land].mean() > 0.5
    assert (first.texture != other.texture)[land].mean() > 0.5


@pytest.mark.parametrize("name", MAPS)
def test_the_sea_is_exactly_zero(terrains: dict[str, Terrain], name: str) -> None:
    terrain = terrains[name]
    assert (terrain.height[terrain.labels == WATER] == 0).all()
    assert terrain.height.min() >= 0
    assert np.isfinite(terrain.height).all()


@pytest.mark.parametrize("name", MAPS)
def test_no_spikes_along_the_coast(terrains: dict[str, Terrain], name: str) -> None:
    """No land beside water stands 100 m above all other land within two pixels."""
    terrain = terrains[name]
    land = (terrain.labels != WATER).astype(np.uint8)
    coast = (land == 1) & (cv2.erode(land, np.ones((3, 3), np.uint8)) == 0)
    around = np.ones((5, 5), np.uint8)
    around[2, 2] = 0
    highest = cv2.dilate(np.where(land, terrain.height, np.float32(-np.inf)), around)
    rise = (terrain.height - highest)[coast & np.isfinite(highest)]
    assert len(rise) > 1000
    assert rise.max() < 100


def test_mountains_stand_above_grassland(terrains: dict[str, Terrain]) -> None:
    labels = np.stack([t.labels for t in terrains.values()])
    heights = np.stack([t.height for t in terrains.values()])
    mountains, grassland = (heights[labels == NAMES.index(name)].mean() for name in ("mountains", "grassland"))
    assert mountains - grassland >= 500
