"""onnxruntime sessions, on the processor or on another device: the one place that imports it."""

import os
from typing import Any

from spade_terrain.errors import DeviceError, MissingLibraryError, ParameterError, one_line
from spade_terrain.runtime.machine import usable_cores

# Since 1.31 it writes an identifier and events below the home folder and sends them; read when it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
try:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state
except (ImportError, OSError) as e:
    raise MissingLibraryError(
        f"onnxruntime can't be loaded ({one_line(e)}); reinstall it: pip install onnxruntime"
    ) from e
onnxruntime.disable_telemetry_events()  # for a program that had loaded it before

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

Session = Any
"""An `onnxruntime.InferenceSession`, which has no types."""
SESSION_ERRORS: tuple[type[Exception], ...] = (
    *(e for e in vars(onnxruntime_pybind11_state).values() if isinstance(e, type) and issubclass(e, Exception)),
    RuntimeError,  # what else goes wrong in its C++
    MemoryError,
    ValueError,  # a model or inputs that its Python code refuses
)
"""What onnxruntime raises when it opens or runs a model; its own errors, one for each status, have no common base."""


class StoppedError(Exception):
    """Work was ended by its `Stop` before it was done."""


class Stop:
    """Ends work from another thread: runs of sessions under way, within milliseconds, and those to come.

    Attributes:
        options: what a session's `run` takes to heed it.

    """

    def __init__(self) -> None:
        self.options = onnxruntime.RunOptions()

    def set(self) -> None:
        """End the work; it raises `StoppedError`."""
        self.options.terminate = True

    def check(self) -> None:
        """Raise `StoppedError` if the work is to end: for work between runs."""
        if self.options.terminate:
            raise StoppedError


_SILENT = 4  # log nothing but what ends the process: all else reaches the user as an error


def pick_device(device: str) -> str:
    """A name of `PROVIDERS` for what the user asked for: the same, or the best one there is for `auto`.

    Raises:
        ParameterError: no device is called so.
        DeviceError: the installed onnxruntime can't use it.

    """
    available = [name for name, provider in PROVIDERS.items() if provider in onnxruntime.get_available_providers()]
    if device == "auto":
        return available[0]
    if device not in PROVIDERS:
        raise ParameterError(f"no device is called {device!r}; use {', '.join(DEVICES)}")
    if device not in available:
        raise DeviceError(
            f"this onnxruntime has no {device}, only {', '.join(available)}; install the onnxruntime package for it"
        )
    return device


def open_session(model: bytes, device: str, threads: int | None = None) -> Session:
    """Open a model (an ONNX file's bytes) on `device`, a name of `PROVIDERS`; what it can't do runs on the processor.

    `threads` are those that one operation is shared among, by default one for each core that may be used.

    Raises `DeviceError` if the device can't be used after all, and one of `SESSION_ERRORS` if the model can't.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    options.use_deterministic_compute = True
    # Named, because onnxruntime's own choice counts cores that a container may not use, and pins threads to them.
    options.intra_op_num_threads = usable_cores() if threads is None else threads
    options.inter_op_num_threads = 1
    # Threads that wait sleep: to spin takes the time of whoever draws on the same cores, and saves hardly any here.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A plan of memory for every size of map seen doubles the peak and saves no time.
    options.enable_mem_pattern = False
    providers = list(dict.fromkeys([PROVIDERS[device], PROVIDERS["cpu"]]))
    session = onnxruntime.InferenceSession(model, options, providers=providers)
    if providers[0] not in session.get_providers():  # it goes on without, and says so in its log alone
        raise DeviceError(f"{device} can't be used here; check its driver and libraries, or give `device` as cpu")
    return session
