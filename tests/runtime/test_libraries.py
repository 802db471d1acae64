import os
import subprocess
import sys
from pathlib import Path

import pytest

from spade_terrain.errors import MissingLibraryError
from spade_terrain.runtime.libraries import require


def test_one_that_is_not_installed() -> None:
    with pytest.raises(MissingLibraryError, match=r"^`formats` exr takes nosuch, which is not installed; pip install"):
        require("nosuch", "`formats` exr", "formats")


@pytest.mark.parametrize("error", ["ImportError", "OSError"])
def test_one_that_can_not_be_loaded(error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"broken_{error}".lower()
    (tmp_path / f"{name}.py").write_text(f"raise {error}('libGL.so.1: no such\\n file')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingLibraryError, match=rf"{name}, which can't be loaded \(libGL.so.1: no such file\);"):
        require(name, "it", "world")


def test_data_that_another_program_has_set(tmp_path: Path) -> None:
    """A foreign proj.db fails, if rasterio finds it."""
    (tmp_path / "proj.db").touch()
    program = (
        "from spade_terrain.runtime.libraries import require; require('rasterio', 'it', 'world'); "
        "from rasterio.crs import CRS; print(CRS.from_epsg(4326).to_epsg())"
    )
    foreign = {name: str(tmp_path) for name in ("PROJ_DATA", "PROJ_LIB", "GDAL_DATA")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | foreign, capture_output=True, text=True, check=False
    )
    assert done.stdout == "4326\n", done.stderr
