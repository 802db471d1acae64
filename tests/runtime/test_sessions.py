import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from PIL import Image

from spade_terrain import TerrainError, load_model
from spade_terrain.palette import CLASSES
from spade_terrain.runtime.sessions import DEVICES, PROVIDERS, open_session, pick_device


def _only(monkeypatch: pytest.MonkeyPatch, *devices: str) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [PROVIDERS[d] for d in devices])


def test_nothing_is_written_to_the_home_folder(tiny_model_path: Path, tmp_path: Path) -> None:
    """As onnxruntime's telemetry does where it is switched on."""
    program = "import sys; from spade_terrain import generate; generate(sys.argv[1], model=sys.argv[2])"
    Image.new("RGB", (64, 64), CLASSES[2].rgb).save(tmp_path / "map.png")
    (tmp_path / "home").mkdir()
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "map.png", tiny_model_path],
        env=variables | {"HOME": str(tmp_path / "home")},
        check=True,
    )
    assert list((tmp_path / "home").iterdir()) == []


def test_a_library_that_can_not_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('libgomp.so.1: no such file')")
    program = "import sys; from spade_terrain.cli import main; sys.exit(main(['generate', 'map.png', '--out', 'out']))"
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "spade-terrain: onnxruntime can't be loaded (libgomp.so.1: no such file); "
        "reinstall it: pip install onnxruntime\n"
    )


def test_auto_is_the_best_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    _only(monkeypatch, "cpu")
    assert pick_device("auto") == "cpu"
    _only(monkeypatch, "cpu", "cuda", "directml")
    assert pick_device("auto") == "cuda"
    assert pick_device("directml") == "directml"
    assert pick_device("cpu") == "cpu"


def test_a_device_that_is_missing(monkeypatch: pytest.MonkeyPatch, tiny_model_path: Path) -> None:
    _only(monkeypatch, "cpu")
    with pytest.raises(TerrainError, match="this onnxruntime has no cuda, only cpu; install"):
        load_model(tiny_model_path, "cuda")


def test_a_device_that_is_none() -> None:
    with pytest.raises(TerrainError, match=f"no device is called 'gpu'; use {', '.join(DEVICES)}"):
        pick_device("gpu")


def test_a_device_whose_driver_is_missing(monkeypatch: pytest.MonkeyPatch, tiny_model_path: Path) -> None:
    """The package for it is there, but onnxruntime goes on without it."""
    opened = onnxruntime.InferenceSession

    def on_the_processor(model: bytes, options: Any, providers: list[str]) -> Any:
        assert providers == ["CUDAExecutionProvider", "CPUExecutionProvider"]
        return opened(model, options, providers=providers[1:])

    monkeypatch.setattr(onnxruntime, "InferenceSession", on_the_processor)
    with pytest.raises(TerrainError, match="cuda can't be used here; check its driver"):
        open_session(tiny_model_path.read_bytes(), "cuda")


def test_a_model_is_opened_once_for_each_device(tiny_model_path: Path) -> None:
    assert load_model(tiny_model_path, "cpu") is load_model(tiny_model_path, "auto")
    assert load_model(tiny_model_path).device == "cpu"
