"""The house stays one that can be read: small modules, small folders, and rooms that load no more than they need."""

import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src" / "spade_terrain"
LONGEST = 350
MOST = 12


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES.rglob("*.py")}), ids=lambda f: f.name)
def test_no_folder_has_many_modules(folder: Path) -> None:
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("spade_terrain", "numpy"),
        ("spade_terrain.cli", "numpy distributed"),
        ("spade_terrain.api", "torch rasterio onnx cv2 dask distributed zarr fsspec"),
        ("spade_terrain.world.dataset.loading", "spade_terrain.world.build spade_terrain.world.rasters rasterio"),
        ("spade_terrain.training.run.loop", "rasterio umap sklearn trimesh"),
    ],
)
def test_importing_loads_no_more_than_it_needs(imported: str, absent: str) -> None:
    code = f"import sys, {imported}; print(*(set({absent.split()!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
