import subprocess
import sys
from pathlib import Path
from typing import Any

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
    generate_window,
)
from spade_terrain.generation import tiling
from spade_terrain.generation.job import FOLDER
from spade_terrain.palette import CLASSES, Labels, labels_to_image


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


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("map", None, "a path or an array, not NoneType"),
        ("map", 5, "a path or an array, not int"),
        ("map", b"map.png", "a path or an array, not bytes"),
        ("map", "", "`map` is empty; give a path"),
        ("map", "https://host/map.png", "is an address, not a file; download it first"),
        ("scale", 1.5, r"`scale` is 1\.5; use a whole number"),
        ("scale", True, "`scale` is True; use a whole number"),
        ("scale", "2", "`scale` is of the type str; use a whole number"),
        ("seed", 1.0, r"`seed` is 1\.0; use a whole number"),
        ("seed", 2**70, "64 bits"),
        ("size", 512.0, r"`size` is 512\.0; use a whole number"),
        ("wander", "no", "`wander` is of the type str; use True or False"),
        ("wander", 1, "`wander` is of the type int; use True or False"),
        ("legend", {"water": "#000000"}, r"not dict; make one with Legend\.of"),
        ("model", 5, "`model` is of the type int; give a path"),
        ("model", Path("/dev/zero"), "is a device, not a model"),
        ("style", [("elevation", 1)], "`style` is list; give a dict"),
        ("resume", None, "`resume` is None; use True or False"),
        ("out", None, "`out` is None; give a path"),
        ("out", "", "`out` is empty; give a path"),
    ],
)
def test_arguments_of_another_type(
    name: str, value: object, match: str, labels: Labels, tiny_model: Model, tmp_path: Path
) -> None:
    arguments: dict[str, Any] = {"map": labels, "out": tmp_path / "out", "model": tiny_model}
    with pytest.raises(TerrainError, match=match) as caught:
        generate_to(**{**arguments, name: value})
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("whole", [2, np.int64(2), np.uint8(2)])
def test_whole_numbers_of_numpy_are_whole_numbers(whole: Any, labels: Labels, tiny_model: Model) -> None:
    assert generate(labels, scale=whole, seed=whole, model=tiny_model).height.shape[0] == 2 * labels.shape[0]


@pytest.mark.parametrize(
    ("labels_at", "match"),
    [
        (lambda *_: None, "`labels_at` returned NoneType for"),
        (lambda *_: [[0]], "`labels_at` returned list for"),
        (lambda *_: np.zeros(0, np.uint8), r"`labels_at` returned uint8 \(0,\) for"),
        (lambda x, y, w, h: np.zeros((h, w)), r"`labels_at` returned float64 .*make it uint8"),
        (lambda x, y, w, h: np.full((h, w), 7, np.uint8), r"`labels_at` returned labels up to 7"),
        (None, "`labels_at` is NoneType; give a function"),
    ],
)
def test_worlds_of_another_type(labels_at: Any, match: str, tiny_model: Model) -> None:
    with pytest.raises(ParameterError, match=match):
        generate_window(labels_at, 0, 0, 64, 64, model=tiny_model)
    with pytest.raises(ParameterError, match=r"`x0` is 0\.5; use a whole number"):
        generate_window(labels_at, 0.5, 0, 64, 64, model=tiny_model)  # type: ignore[arg-type]


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


@pytest.mark.parametrize("what", ["map", "legend", "model"])
def test_a_file_that_is_read_is_not_written_over(
    what: str, labels: Labels, tiny_model_path: Path, tmp_path: Path
) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "map.png")
    read = {"map": tmp_path / "map.png", "model": tiny_model_path, "legend": tmp_path / "legend.toml"}
    read["legend"].write_text("".join(f'{c.name} = "#{bytes(c.rgb).hex()}"\n' for c in CLASSES))
    out = tmp_path / "out"
    out.mkdir()
    (out / "Texture.PNG").hardlink_to(read[what])
    before = _files(out)
    source = read.pop("map")
    with pytest.raises(FileInTheWayError, match=r"Texture.PNG is read, and would be written over; choose another"):
        generate_to(source, out, ["texture"], **read)  # type: ignore[arg-type]
    assert _files(out) == before


def test_a_map_beside_the_files_is_no_hindrance(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    Image.fromarray(labels_to_image(labels)).save(tmp_path / "terrain.png")
    generate_to(tmp_path / "terrain.png", tmp_path, ["texture"], model=tiny_model)
    assert (tmp_path / "texture.png").exists()


def test_a_place_that_is_named_crookedly(labels: Labels, tiny_model: Model, tmp_path: Path) -> None:
    paths = generate_to(labels, tmp_path / "new" / ".." / "files", ["texture"], model=tiny_model)
    assert all(path.exists() for path in paths)
    assert [path.name for path in tmp_path.iterdir()] == ["files"]
    with pytest.raises(ParameterError, match="`out` is empty"):
        generate_to(labels, "", ["texture"], model=tiny_model)
