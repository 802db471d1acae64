import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from spade_terrain.cli import main
from spade_terrain.cluster.executor import Executor
from spade_terrain.errors import TerrainError
from spade_terrain.world.rasters.pair import RasterPair, read_patch
from spade_terrain.world.rasters.registration.displacement import SHAPE, Displacement
from spade_terrain.world.rasters.registration.register import register
from spade_terrain.world.rasters.registration.stored import Registration
from tests.world.planet import SATELLITE_SEA_RGB, SEA_RGB, write_planet, write_raster

PIXEL = 0.02  # degrees: 2.2 km
BOX = (20.0, -6.0, 32.0, 6.0)
KM = 1000.0 / (111_195 * PIXEL)  # pixels a kilometre


def hills(seed: int) -> NDArray[np.float32]:
    """Heights of a land with a strip of sea in its west, `(600, 600)`."""
    noise = np.random.default_rng(seed).standard_normal((600, 600)).astype(np.float32)
    relief = cv2.GaussianBlur(noise, (0, 0), 2)
    height: NDArray[np.float32] = np.maximum(500 + 200 * relief / relief.std(), 0).astype(np.float32)
    height[:, :60] = 0
    return height


def shaded(height: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The Terrain map of such a land, lit from the north-west."""
    south, east = np.gradient(height)
    grey = np.asarray(170 + np.clip((south + east) * 0.3, -60, 60))
    rgb = np.repeat(grey[..., None], 3, 2).astype(np.uint8)
    rgb[height == 0] = SEA_RGB
    return rgb


def displaced(height: NDArray[np.float32], south: NDArray[np.float32], east: float) -> NDArray[np.float32]:
    """`height` moved by so many pixels, `south` row by row."""
    line = np.arange(len(height), dtype=np.float32)
    x, y = np.meshgrid(line - np.float32(east), line)
    y = y - south[:, None]
    return np.asarray(cv2.remap(height, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def write(folder: Path, terrain: NDArray[np.uint8], height: NDArray[np.float32]) -> tuple[Path, Path]:
    return write_planet(folder, terrain, height, BOX)


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Heights that lie 3 km west of the relief, and 0 to 4 km north of it, from the top of the raster to its end."""
    height = hills(1)
    south = np.linspace(0, 4 * KM, 600).astype(np.float32)
    terrain = shaded(height)
    return write(tmp_path_factory.mktemp("bent"), terrain, displaced(height, -south, -3 * KM))


@pytest.fixture(scope="module")
def registration(bent: tuple[Path, Path]) -> Registration:
    return register(RasterPair(*bent))


def test_workers_of_a_cluster_find_the_same(
    bent: tuple[Path, Path], registration: Registration, two_workers: Executor
) -> None:
    """To the last bit, in whatever order they come."""
    assert register(RasterPair(*bent), two_workers).fingerprint == registration.fingerprint


def test_it_finds_how_far_heights_lie_beside_the_relief(registration: Registration) -> None:
    """To a third of a pixel, row by row."""
    rows = np.arange((90 - 4) * 8, (90 + 4) * 8)
    columns = slice(180 + 23, 180 + 31)
    lats = 90 - (rows + 0.5) / 8
    expected = -4000 * (BOX[3] - lats) / (BOX[3] - BOX[1])
    assert np.abs(registration.height.east[rows, columns] - 3000).max() < 700
    assert np.abs(registration.height.north[rows, columns] - expected[:, None]).max() < 700
    assert registration.height.after > 0.85
    assert registration.height.before < 0.6


def test_where_there_are_no_slopes_it_says_what_is_around(registration: Registration) -> None:
    assert registration.height.east[SHAPE[0] // 2, 180 + 60] == pytest.approx(3000, abs=700)
    assert np.isfinite(registration.height.east).all()
    assert np.isfinite(registration.height.north).all()


def test_patches_read_with_it_have_heights_where_the_relief_is(
    bent: tuple[Path, Path], registration: Registration
) -> None:
    def agreement(registration: Registration | None) -> float:
        with RasterPair(*bent, "metres", registration).open() as rasters:
            raw = read_patch(rasters, 0, 27, 256)
        assert raw is not None
        assert raw.valid.all()
        south, east = np.gradient(raw.height)
        return float(np.corrcoef((south + east).ravel(), raw.terrain[..., 0].astype(float).ravel())[0, 1])

    assert agreement(registration) > 0.9
    assert agreement(None) < 0.65


def test_no_patch_takes_heights_from_a_void_or_shows_one(tmp_path: Path) -> None:
    """Where heights lack the terrain may be invented, so neither the place itself nor the one moved there counts."""
    height = hills(2)
    terrain = shaded(height)
    height[200:260, 300:360] = np.nan
    t, h = write(tmp_path, terrain, height)
    moved = Registration(Displacement(np.full(SHAPE, 8000, np.float32), np.zeros(SHAPE, np.float32), 0.0, 1.0))
    valid = []
    for registration in (None, moved):
        with RasterPair(t, h, "metres", registration).open() as rasters:
            raw = read_patch(rasters, 1.4, 26.6, 128)
        assert raw is not None
        valid.append(raw.valid)
    assert 0 < (~valid[0]).sum() < (~valid[1]).sum()
    assert not (valid[1] & ~valid[0]).any()
    # 8 km are four pixels.
    assert not (valid[1][:, 4:] & ~valid[0][:, :-4]).any()


def test_the_earth_is_round() -> None:
    east = np.zeros(SHAPE, np.float32)
    east[:, 0], east[:, -1] = 4000, 2000
    moved = Displacement(east, np.zeros_like(east), 0.0, 1.0)
    lats, lons = moved.places(np.zeros(2), np.array([180.0, -180.0]))
    assert np.abs(lats).max() < 1e-6
    assert np.array([180.0, -180.0]) - lons == pytest.approx([3000 / 111_195] * 2, rel=1e-3)


def test_a_terrain_of_another_world_is_turned_down(tmp_path: Path) -> None:
    pair = write(tmp_path, shaded(hills(1)), hills(3))
    with pytest.raises(TerrainError, match=r"nowhere does the relief of .*terrain\.tif look like the heights"):
        register(RasterPair(*pair))


def test_a_region_that_is_too_small(tmp_path: Path) -> None:
    height = hills(1)[:100, :100]
    pair = write_planet(tmp_path, shaded(height), height, (20, 0, 22, 2))
    with pytest.raises(TerrainError, match="no square of 512 km with land lies within all rasters"):
        register(RasterPair(*pair))


def test_it_is_saved_whole_and_other_files_are_told_apart(tmp_path: Path, registration: Registration) -> None:
    file = tmp_path / "r.npz"
    registration.save(file)
    loaded = Registration.load(file)
    assert loaded.fingerprint == registration.fingerprint
    assert (loaded.height.before, loaded.height.after) == (registration.height.before, registration.height.after)
    other = replace(loaded.height, east=loaded.height.east + 1)
    assert Registration(other).fingerprint != loaded.fingerprint
    with pytest.raises(TerrainError, match="no such file"):
        Registration.load(tmp_path / "none.npz")
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(TerrainError, match="not what `world register` wrote"):
        Registration.load(file)
    with file.open("wb") as f:
        np.savez(f, east=np.zeros((2, 2)), north=np.zeros((2, 2)), before=0.0, after=0.0)
    with pytest.raises(TerrainError, match="another version"):
        Registration.load(file)


def lakes(height: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The lowest ground of a land."""
    lowest: NDArray[np.bool_] = (height > 0) & (height < 200)
    return lowest


@pytest.fixture(scope="module")
def with_lakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Terrain map of `bent` with lakes painted."""
    terrain = shaded(hills(1))
    terrain[lakes(hills(1))] = SEA_RGB
    return write_raster(tmp_path_factory.mktemp("lakes") / "terrain.tif", terrain.transpose(2, 0, 1), BOX)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same land as a satellite sees it, 1.5 km to the south and 1 km to the west of its place."""
    height = hills(1)
    grey = np.where(height > 0, 90 + 8 * np.random.default_rng(5).standard_normal(height.shape), 0)
    grey[lakes(height)] = 6
    grey = displaced(grey.astype(np.float32), np.full(600, 1.5 * KM, np.float32), -KM)
    rgb = np.clip(np.repeat(grey[None], 3, 0), 0, 255).astype(np.uint8)
    rgb[:, grey < 4] = np.array(SATELLITE_SEA_RGB, np.uint8)[:, None]
    return write_raster(tmp_path_factory.mktemp("seen") / "seen.tif", rgb, BOX)


def test_a_satellite_picture_has_one_offset(
    bent: tuple[Path, Path], with_lakes: Path, seen: Path, tmp_path: Path
) -> None:
    """To a quarter of a pixel; read with it, its lakes lie where the terrain's do."""
    pair = RasterPair(with_lakes, bent[1], satellite=seen)
    found = register(pair)
    assert found.satellite is not None
    assert found.satellite.north == pytest.approx(np.full(SHAPE, 1500), abs=500)
    assert found.satellite.east == pytest.approx(np.full(SHAPE, 1000), abs=500)
    assert found.satellite.after > found.satellite.before > 0.2
    found.save(tmp_path / "r.npz")
    loaded = Registration.load(tmp_path / "r.npz")
    assert loaded.fingerprint == found.fingerprint != Registration(found.height).fingerprint

    def agreement(registration: Registration | None) -> float:
        with replace(pair, registration=registration).open() as rasters:
            raw = read_patch(rasters, 0, 27, 256)
        assert raw is not None
        assert raw.satellite is not None
        painted = np.abs(raw.terrain.astype(int) - SEA_RGB).max(2) < 9
        return float(np.corrcoef(painted.ravel(), -raw.satellite[..., 1].astype(float).ravel())[0, 1])

    assert agreement(loaded) > agreement(None) + 0.05


def test_a_satellite_picture_of_another_world_is_turned_down(bent: tuple[Path, Path], tmp_path: Path) -> None:
    picture = write_raster(tmp_path / "seen.tif", shaded(hills(3)).transpose(2, 0, 1)[:, :, ::-1], BOX)
    with pytest.raises(TerrainError, match=r"nowhere are the shores of .*seen\.tif those of .*terrain\.tif"):
        register(RasterPair(*bent, satellite=picture))


def test_a_file_from_before_satellite_pictures_still_loads(tmp_path: Path, registration: Registration) -> None:
    moved = registration.height
    np.savez_compressed(tmp_path / "old.npz", **vars(moved))
    loaded = Registration.load(tmp_path / "old.npz")
    assert loaded.satellite is None
    assert loaded.fingerprint == hashlib.sha256(moved.east.tobytes() + moved.north.tobytes()).hexdigest()[:16]


def test_the_commands_take_it(bent: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rasters = ["--terrain", str(bent[0]), "--height", str(bent[1])]
    file, out = tmp_path / "r.npz", tmp_path / "set.pack"
    assert main(["world", "register", *rasters, "--out", str(file)]) == 0
    assert "agrees with the slopes by" in capsys.readouterr().out
    assert main(["world", "build", *rasters, "--registration", str(tmp_path / "no"), "--out", str(out)]) == 2
    assert "no such file" in capsys.readouterr().err
