import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spade_terrain import (
    ExportOptions,
    FileInTheWayError,
    MissingFileError,
    Model,
    ParameterError,
    StorageError,
    TerrainError,
    generate,
    generate_to,
)
from spade_terrain.generation import tiling
from spade_terrain.generation.job import FOLDER
from spade_terrain.palette import Labels, labels_to_image


@pytest.fixture
def labels() -> Labels:
    return np.random.default_rng(0).integers(0, 7, (10, 12), np.uint8).repeat(9, 0).repeat(9, 1)[:90, :107]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("block", [32, 1024])
def test_files_are_those_of_generate_and_save(
    block: int, labels: Labels, tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ExportOptions(relief=2, presets=("unity:65",))
    generate(labels, seed=3, model=tiny_model, scale=2).save(tmp_path / "saved", ["texture", "obj"], options)
    if block < 1024:
        monkeypatch.setattr(tiling, "WHOLE", 0)
        monkeypatch.setattr(tiling, "BLOCK", block)
    paths = generate_to(labels, str(tmp_path / "made"), ["texture", "obj"], options, seed=3, model=tiny_model, scale=2)
    assert {path.name for path in paths} == _files(tmp_path / "made").keys()
    assert _files(tmp_path / "made") == _files(tmp_path / "saved")


def test_a_model_is_named_by_its_path(labels: Labels, tiny_model_path: Path, tmp_path: Path) -> None:
    generate_to(labels, tmp_path / "made", ["height"], model=tiny_model_path, device="cpu")
    assert set(_files(tmp_path / "made")) == {"height.png", "terrain.json"}


def test_what_is_wrong_is_known_before_the_model_is_loaded(labels: Labels, tmp_path: Path) -> None:
    none = tmp_path / "none.onnx"
    with pytest.raises(ParameterError, match="no such format: 'jpeg'"):
        generate_to(labels, tmp_path / "out", ["jpeg"], model=none)
    with pytest.raises(ParameterError, match=r"^`relief` is 0"):
        generate_to(labels, tmp_path / "out", None, ExportOptions(relief=0), model=none)
    with pytest.raises(ParameterError, match="64 bits"):
        generate_to(labels, tmp_path / "out", seed=2**64, model=none)
    with pytest.raises(MissingFileError, match="no such file"):
        generate_to("none.png", tmp_path / "out", model=none)
    with pytest.raises(TerrainError, match="no such model"):
        generate_to(labels, tmp_path / "out", model=none)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="can't write to"):
        generate_to(labels, tmp_path / "file", model=none)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_unfinished_run_is_left_alone(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    (tmp_path / "out" / FOLDER).mkdir(parents=True)
    with pytest.raises(FileInTheWayError, match="add `resume`"):
        generate_to(labels, tmp_path / "out", ["height"], model=tiny_model)
    generate_to(labels, tmp_path / "out", ["height"], model=tiny_model, resume=True)
    assert set(_files(tmp_path / "out")) == {"height.png", "terrain.json"}


def test_files_of_a_png_take_nothing_but_the_core(labels: Labels, tiny_model_path: Path, tmp_path: Path) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    code = (
        "import sys\n"
        "import spade_terrain\n"
        "assert 'numpy' not in sys.modules\n"
        f"spade_terrain.generate_to({str(tmp_path / 'map.png')!r}, {str(tmp_path / 'out')!r}, "
        f"model={str(tiny_model_path)!r})\n"
        "assert not {'torch', 'rasterio', 'onnx', 'cv2', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
