import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rasterio.transform import from_bounds

from spade_terrain.cli import main
from spade_terrain.errors import TerrainError
from spade_terrain.world.rasters.overview import make_overview
from spade_terrain.world.rasters.pair import RasterPair, Rasters, read_patch
from spade_terrain.world.rasters.raster import read_warped
from tests.world.planet import SEA_RGB, write_raster
from tests.world.rasters.test_heights import encode

HALF = 20037508.342789244
WORLD = (-HALF, -HALF, HALF, HALF)
SIDE = 64
ZOOM = 3


def world(zoom: int = ZOOM) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Terrain `(H, W, 3)` and metres `(H, W)` of a Web Mercator world of `2 ** zoom` tiles a side, sea in the west."""
    n = SIDE * 2**zoom
    rows, columns = np.indices((n, n)) / n
    metres = np.where(columns < 0.25, 0, 50 + 3000 * columns + 800 * np.sin(12 * rows))
    terrain = np.stack([columns * 200, 60 + rows * 150, 120 - columns * 100], -1)
    terrain[metres == 0] = SEA_RGB
    return terrain.astype(np.uint8), metres


def cut(folder: Path, image: NDArray[Any], zoom: int = ZOOM, *, scheme: str = "xyz", ending: str = "png") -> Path:
    """Write an image as tiles."""
    n = 2**zoom
    options: dict[str, Any] = {"lossless": True} if ending == "webp" else {}
    for x in range(n):
        column = folder / str(zoom) / str(x)
        column.mkdir(parents=True)
        for y in range(n):
            tile = Image.fromarray(image[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE])
            tile.save(column / f"{y if scheme == 'xyz' else n - 1 - y}.{ending}", **options)
    return folder


@pytest.fixture(scope="module")
def height(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("h") / "h.tif"
    return write_raster(path, world()[1][None].astype(np.float32), WORLD, crs="EPSG:3857")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("t") / "t.tif"
    return write_raster(path, world()[0].transpose(2, 0, 1), WORLD, crs="EPSG:3857")


def terrain_at(terrain: Path | str, height: Path, lat: float = 40, lon: float = 30) -> NDArray[np.uint8]:
    with RasterPair(Path(terrain), height).open() as rasters:
        patch = read_patch(rasters, lat, lon, 512)
    assert patch is not None
    assert patch.valid.all()
    return patch.terrain


@pytest.mark.parametrize("scheme", ["xyz", "tms"])
@pytest.mark.parametrize("ending", ["png", "webp", "PNG"])
def test_a_folder_of_tiles_is_as_good_as_a_file(
    tmp_path: Path, plain: Path, height: Path, scheme: str, ending: str
) -> None:
    cut(tmp_path, world()[0], scheme=scheme, ending=ending)
    for lon in (30, 180):
        expected = terrain_at(plain, height, lon=lon)
        assert np.array_equal(terrain_at(f"{scheme}:{tmp_path}", height, lon=lon), expected)
    other = {"xyz": "tms", "tms": "xyz"}[scheme]
    wrong = terrain_at(f"{other}:{tmp_path}", height)
    assert np.abs(wrong.astype(int) - terrain_at(plain, height)).max() > 20


def test_jpeg_tiles(tmp_path: Path, plain: Path, height: Path) -> None:
    cut(tmp_path, world()[0], ending="jpg")
    found = terrain_at(f"xyz:{tmp_path}", height)
    assert np.abs(found.astype(int) - terrain_at(plain, height)).mean() < 3


def test_tiles_with_palettes_greys_and_transparency_mix(tmp_path: Path, height: Path) -> None:
    grey = np.full((SIDE * 8, SIDE * 8, 3), 90, np.uint8)
    cut(tmp_path, grey)
    column = tmp_path / "3" / "4"  # 0 to 45 degrees east
    Image.new("L", (SIDE, SIDE), 90).save(column / "2.png")
    Image.new("LA", (SIDE, SIDE), (90, 255)).save(column / "3.png")
    palette = Image.new("P", (SIDE, SIDE), 7)
    palette.putpalette([*[0] * 21, 90, 90, 90, *[0] * 24])
    palette.save(column / "4.png")
    Image.new("RGBA", (SIDE, SIDE), (90, 90, 90, 0)).save(column / "5.png")
    with RasterPair(Path(f"xyz:{tmp_path}"), height).open() as rasters:
        for lat, valid in ((55, True), (20, True), (-20, True), (-55, False)):
            patch = read_patch(rasters, lat, 22, 256)
            assert patch is not None
            assert (patch.terrain[patch.valid] == 90).all()
            assert patch.valid.mean() == (1 if valid else 0)


def test_tiles_of_heights(tmp_path: Path, plain: Path, height: Path) -> None:
    metres = world()[1]
    cut(tmp_path / "rgb", encode(metres, "terrarium").transpose(1, 2, 0))
    cut(tmp_path / "grey", metres.astype(np.uint16))
    with RasterPair(plain, height).open() as rasters:
        expected = read_patch(rasters, 40, 179, 512)
    assert expected is not None
    with RasterPair(plain, Path(f"xyz:{tmp_path / 'rgb'}"), "terrarium").open() as rasters:
        assert make_overview(rasters).sea_rgb == SEA_RGB
        coded = read_patch(rasters, 40, 179, 512)
    with RasterPair(plain, Path(f"xyz:{tmp_path / 'grey'}")).open() as rasters:
        grey = read_patch(rasters, 40, 179, 512)
    assert coded is not None
    assert grey is not None
    assert np.ptp(expected.height) > 1000
    assert np.abs(coded.height - expected.height).max() < 0.1
    assert np.abs(grey.height - expected.height).max() < 3


def pixel_m(rasters: Rasters) -> float:
    return float(rasters.terrain.views[0].dataset.res[0])


def test_the_deepest_complete_zoom_is_read(tmp_path: Path, height: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for zoom in (1, 2, 3):
        cut(tmp_path, world(zoom)[0], zoom)
    with RasterPair(Path(f"xyz:{tmp_path}"), height).open() as rasters:
        assert pixel_m(rasters) == pytest.approx(2 * HALF / SIDE / 8)
        make_overview(rasters)
    assert capfd.readouterr().err == ""
    (tmp_path / "3" / "6" / "1.png").unlink()
    with RasterPair(Path(f"tms:{tmp_path}"), height).open() as rasters:
        assert pixel_m(rasters) == pytest.approx(2 * HALF / SIDE / 4)
        make_overview(rasters)
    assert capfd.readouterr().err == f"{tmp_path} lacks tiles of zoom 3, 3/6/1 for one: using zoom 2\n"
    (tmp_path / "1" / "0" / "0.png").unlink()
    (tmp_path / "2" / "0" / "0.png").unlink()
    with pytest.raises(TerrainError, match="3/6/1 for one, and no other zoom is complete; add them"):
        open_both(f"xyz:{tmp_path}", height)


def test_tiles_of_a_region(tmp_path: Path, plain: Path, height: Path) -> None:
    """Deeper tiles of a part of the world only don't count; a folder that has nothing else does."""
    cut(tmp_path, world(1)[0], 1)
    cut(tmp_path, world()[0])
    for x in (0, 1, 2, 3, 7):
        shutil.rmtree(tmp_path / "3" / str(x))
    with RasterPair(Path(f"xyz:{tmp_path}"), height).open() as rasters:
        assert rasters.bounds[:3:2] == pytest.approx((-180, 180))
        assert rasters.terrain.remark.endswith("using zoom 1")
    shutil.rmtree(tmp_path / "1")
    with RasterPair(Path(f"xyz:{tmp_path}"), height).open() as rasters:
        assert rasters.bounds[:3:2] == pytest.approx((0, 135))
    assert np.array_equal(terrain_at(f"xyz:{tmp_path}", height), terrain_at(plain, height))


def open_both(terrain: str, height: Path) -> None:
    with RasterPair(Path(terrain), height).open():
        pass


def unnamed(folder: Path) -> str:
    return str(folder)


def empty(folder: Path) -> str:
    shutil.rmtree(folder / "3" / "0")
    for x in range(1, 8):
        shutil.rmtree(folder / "3" / str(x))
    return f"xyz:{folder}"


def missing(folder: Path) -> str:
    return f"tms:{folder / 'none'}"


def damaged(folder: Path) -> str:
    (folder / "3" / "1" / "2.png").write_bytes(b"no image")
    return f"xyz:{folder}"


def of_another_size(folder: Path) -> str:
    Image.new("RGB", (SIDE * 2, SIDE * 2)).save(folder / "3" / "1" / "2.png")
    return f"xyz:{folder}"


def not_square(folder: Path) -> str:
    Image.new("RGB", (SIDE, SIDE - 1)).save(folder / "3" / "1" / "2.png")
    return f"xyz:{folder}"


def twice(folder: Path) -> str:
    Image.new("RGB", (SIDE, SIDE)).save(folder / "3" / "1" / "2.webp")
    return f"xyz:{folder}"


def off_the_world(folder: Path) -> str:
    Image.new("RGB", (SIDE, SIDE)).save(folder / "3" / "1" / "8.png")
    return f"tms:{folder}"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (unnamed, "is a folder of tiles: write xyz:.* if row 0 is the northernmost, tms:.* if not"),
        (empty, "holds no tiles; they must be Z/X/Y.png"),
        (missing, "no such folder: .*none"),
        (damaged, "3/1/2.png is damaged or not an image"),
        (of_another_size, "3/1/2.png is 128 x 128 pixels, but .* is 64 x 64 pixels; tiles must be alike"),
        (not_square, "3/1/2.png is 64 x 63 pixels of kind RGB; tiles must be square"),
        (twice, "3/1/2.webp and 2.png are the same tile"),
        (off_the_world, "3/1/8.png lies off the world, which at zoom 3 is 8 tiles wide"),
    ],
)
def test_bad_folders_are_named(tmp_path: Path, height: Path, spoil: Callable[[Path], str], message: str) -> None:
    name = spoil(cut(tmp_path, world()[0]))
    with pytest.raises(TerrainError, match=message) as e:
        open_both(name, height)
    assert "\n" not in str(e.value)


def test_a_tile_that_breaks_off_is_named_when_it_is_read(tmp_path: Path, height: Path) -> None:
    cut(tmp_path, np.random.default_rng(0).integers(0, 256, (SIDE * 8, SIDE * 8, 3), np.uint8))
    file = tmp_path / "3" / "4" / "3.png"
    file.write_bytes(file.read_bytes()[:3000])
    with RasterPair(Path(f"xyz:{tmp_path}"), height).open() as rasters:
        with pytest.raises(TerrainError, match=r"can't be read throughout: .*damaged"):
            read_patch(rasters, 20, 22, 512)
        assert read_patch(rasters, 20, -60, 512) is not None


def in_mercator(file: Path, zoom: int) -> NDArray[Any]:
    """A raster as a Web Mercator world `(H, W, C)`."""
    import rasterio

    n = SIDE * 2**zoom
    grid = {"crs": "EPSG:3857", "transform": from_bounds(*WORLD, n, n), "width": n, "height": n}
    with rasterio.open(file) as f:
        return read_warped(f, f.indexes, f.dtypes[0], grid)[0].transpose(1, 2, 0)


def test_a_set_is_built_from_tiles_of_coded_heights(
    planet: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The whole way, in other processes too."""
    from spade_terrain.world.dataset.loading import load

    zoom = 5
    cut(tmp_path / "t", in_mercator(planet[0], zoom), zoom, scheme="tms")
    metres = np.maximum(in_mercator(planet[1], zoom)[..., 0], 0)
    cut(tmp_path / "h", encode(metres, "mapbox").transpose(1, 2, 0), zoom)
    out = tmp_path / "set"
    rasters = ["--terrain", f"tms:{tmp_path / 't'}", "--height", f"xyz:{tmp_path / 'h'}", "--height-code", "mapbox"]
    assert main(["world", "build", *rasters, "--count", "1", "--out", str(out)]) == 0
    assert capfd.readouterr().out == f"{out}\n"
    patches = load(out)
    assert 1000 < (patches.height * patches.metres_per_unit).max() < 7000
