import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from spade_terrain.cli import main
from spade_terrain.errors import DataError, StorageError, TerrainError
from spade_terrain.world.rasters.names import absolute_name, short_name
from spade_terrain.world.rasters.pair import RasterPair, read_patch
from tests.world.planet import write_planet


@pytest.fixture
def rasters(tmp_path: Path) -> tuple[Path, Path]:
    return write_planet(tmp_path, np.full((90, 180, 3), 99, np.uint8), np.full((90, 180), 500.0))


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a server of the files of `tmp_path`."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    command = [sys.executable, str(Path(__file__).with_name("range_server.py")), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def _check_readable(terrain: str, height: str) -> None:
    with RasterPair(terrain, height).open() as opened:
        patch = read_patch(opened, 0, 10, 128)
    assert patch is not None
    assert patch.height == pytest.approx(500)


def test_addresses(rasters: tuple[Path, Path], address: str) -> None:
    terrain, height = rasters
    _check_readable(f"{address}/{terrain.name}", f"/vsicurl/{address}/{height.name}?token=secret")


def test_archives(rasters: tuple[Path, Path], tmp_path: Path, address: str) -> None:
    terrain, height = rasters
    archive = tmp_path / "both.zip"
    with zipfile.ZipFile(archive, "w") as z:
        for path in rasters:
            z.write(path, path.name)
    _check_readable(f"/vsizip/{archive}/{terrain.name}", f"zip://{archive}!{height.name}")
    _check_readable(f"/vsizip/vsicurl/{address}/both.zip/{terrain.name}", str(height))


def test_addresses_on_the_command_line(
    rasters: tuple[Path, Path], address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    height = rasters[1]
    names = ["--terrain", f"{address}/none.tif", "--height", str(height)]
    assert main(["world", "pack", *names, "--out", str(tmp_path / "set.pack")]) == 2
    assert f"{address}/none.tif is not a raster that GDAL can read" in capsys.readouterr().err


def test_addresses_that_lead_nowhere(rasters: tuple[Path, Path], address: str) -> None:
    for name in (f"{address}/none.tif", "http://127.0.0.1:9/t.tif", "/vsizip//none.zip/t.tif", "zip:///none.zip!t.tif"):
        with pytest.raises(DataError, match=r"is not a raster that GDAL can read: .*; give another") as caught:
            _check_readable(name, str(rasters[1]))
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_never_ends(rasters: tuple[Path, Path], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tif")
    for name in (str(tmp_path / "pipe.tif"), "/dev/zero"):
        with pytest.raises(StorageError, match="not a file; give a plain file"):
            _check_readable(name, str(rasters[1]))
    with pytest.raises(TerrainError, match="no such file"):
        _check_readable("a\0b", str(rasters[1]))


@pytest.mark.parametrize(
    ("name", "short", "absolute"),
    [
        ("folder/t.tif", "t.tif", "{here}/folder/t.tif"),
        ("/folder/t.tif?", "t.tif?", "/folder/t.tif?"),
        ("xyz:tiles", "xyz:tiles", "xyz:{here}/tiles"),
        ("https://host/a/t.tif?token=secret", "t.tif", "https://host/a/t.tif?token=secret"),
        ("/vsizip//a/b.zip/t.tif", "t.tif", "/vsizip//a/b.zip/t.tif"),
    ],
)
def test_names(name: str, short: str, absolute: str) -> None:
    assert short_name(name) == short
    assert absolute_name(name) == absolute.format(here=Path.cwd())
