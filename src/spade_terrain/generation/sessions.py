"""onnxruntime sessions, on the processor or on another device."""

from typing import Any

import onnxruntime

from spade_terrain.errors import TerrainError
from spade_terrain.machine import usable_cores

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "rocm": "MIGraphXExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Names of devices and of onnxruntime's providers for them, the best first."""
DEVICES = ("auto", *PROVIDERS)
_SILENT = 4  # log nothing but what ends the process: all else reaches the user as an error


def pick_device(device: str) -> str:
    """A name of `PROVIDERS` for what the user asked for: the same, or the best one there is for `auto`.

    Raises `TerrainError` if there is no such device, or the installed onnxruntime can't use it.
    """
    available = [name for name, provider in PROVIDERS.items() if provider in onnxruntime.get_available_providers()]
    if device == "auto":
        return available[0]
    if device not in PROVIDERS:
        raise TerrainError(f"no device is called {device!r}; use {', '.join(DEVICES)}")
    if device not in available:
        raise TerrainError(
            f"this onnxruntime has no {device}, only {', '.join(available)}; install the onnxruntime package for it"
        )
    return device


def open_session(model: bytes, device: str) -> Any:  # onnxruntime.InferenceSession, which has no types
    """Open a model (an ONNX file's bytes) on `device`, a name of `PROVIDERS`; what it can't do runs on the processor.

    Raises `TerrainError` if the device can't be used after all, and onnxruntime's errors if the model can't.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    options.use_deterministic_compute = True
    # Named, because onnxruntime's own choice counts cores that a container may not use, and pins threads to them.
    options.intra_op_num_threads = usable_cores()
    options.inter_op_num_threads = 1
    # A plan of memory for every size of map seen doubles the peak and saves no time.
    options.enable_mem_pattern = False
    providers = list(dict.fromkeys([PROVIDERS[device], PROVIDERS["cpu"]]))
    session = onnxruntime.InferenceSession(model, options, providers=providers)
    if providers[0] not in session.get_providers():  # it goes on without, and says so in its log alone
        raise TerrainError(f"{device} can't be used here; check its driver and libraries, or use --device cpu")
    return session
