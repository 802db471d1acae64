from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from spade_terrain import TerrainError, load_model
from spade_terrain.sessions import DEVICES, PROVIDERS, open_session, pick_device


def _only(monkeypatch: pytest.MonkeyPatch, *devices: str) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [PROVIDERS[d] for d in devices])


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
