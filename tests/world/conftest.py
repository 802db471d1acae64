import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.world.build.build import build
from spade_terrain.world.build.pack import pack
from spade_terrain.world.rasters.pair import RasterPair
from tests.conftest import MadeOnce
from tests.world.planet import NORTH, as_seen, make_planet, write_planet, write_raster

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def planet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The synthetic planet's Terrain and Height rasters."""
    return write_planet(tmp_path_factory.mktemp("planet"), *make_planet())


@pytest.fixture(scope="session")
def satellite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic planet as a satellite sees it."""
    folder = tmp_path_factory.mktemp("satellite")
    return write_raster(folder / "seen.tif", as_seen(*make_planet()).transpose(2, 0, 1), (-180, -NORTH, 180, NORTH))


@pytest.fixture(scope="session")
def small_set(planet: tuple[Path, Path], made_once: MadeOnce) -> Path:
    """A data set of 20 patches of the planet, 128 pixels each. Tests may read it, never change it."""
    rasters = RasterPair(*planet)
    return made_once("sets", lambda out: build(rasters, out / "small", count=20, seed=3, size=128)) / "small"


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Rasters of 30 x 30 degrees of the planet, half land, that hold places of every split."""
    here = np.s_[int((NORTH - 0) * 8) : int((NORTH + 30) * 8), (20 + 180) * 8 : (50 + 180) * 8]
    terrain, height = make_planet()
    return write_planet(tmp_path_factory.mktemp("region"), terrain[here], height[here], (20, -30, 50, 0))


@pytest.fixture(scope="session")
def packed(region: tuple[Path, Path], made_once: MadeOnce) -> Path:
    """The region in a packed file of patches of 256 pixels. Tests may read it, never change it."""
    name, rasters = "region.pack", RasterPair(*region)
    return made_once("packed", lambda out: pack(rasters, out / name, size=256)) / name


@pytest.fixture
def copy(small_set: Path, tmp_path: Path) -> Path:
    """A copy of the small set that a test may spoil."""
    return Path(shutil.copytree(small_set, tmp_path / "copy"))


@pytest.fixture(scope="session")
def real_rasters(made_once: MadeOnce) -> tuple[Path, Path]:
    """The real world's rasters, unpacked."""
    script = DATA / "unpack.py"
    if not script.exists():
        pytest.skip("the world rasters are not beside the repository (shared/data)")
    spec = importlib.util.spec_from_file_location("unpack", script)
    assert spec is not None
    assert spec.loader is not None
    unpack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(unpack)
    folder = made_once("world", unpack.main)
    return folder / "terrain.tif", folder / "height.tif"
