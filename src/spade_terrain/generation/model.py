"""The generator as users run it: one ONNX file and its card."""

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from spade_terrain.card import METADATA_KEY, Card
from spade_terrain.errors import TerrainError
from spade_terrain.generation.noise import noise
from spade_terrain.machine import usable_cores
from spade_terrain.palette import CLASSES, Labels

_OUTPUTS = ["texture", "height", "shaded"]
_SILENT = 4  # log nothing but what ends the process: all else reaches the user as an error


@dataclass(frozen=True)
class Model:
    """A generator ready to run, and its card. `load_model` makes one."""

    card: Card
    session: Any  # onnxruntime.InferenceSession, which has no types

    def run(
        self, labels: Labels, seed: int, x0: int = 0, y0: int = 0
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]:
        """Make the terrain of one window of the ground.

        Within the card's halo of a side it depends on where the window ends; further in it doesn't.

        Args:
            labels: uint8 `(H, W)`, 0..6; both sides multiples of the card's stride.
            seed: the noise's, modulo 2^64.
            x0: the ground's column of `labels[0, 0]`, a multiple of the card's stride; may be negative.
            y0: the ground's row, likewise.

        Returns:
            texture (uint8 RGB `(H, W, 3)`), height (float32 `(H, W)`, metres; the sea is 0) and shaded texture
            (uint8 RGB `(H, W, 3)`).

        Raises:
            ValueError: sides or place are no multiples of the stride.
            TerrainError: the model can't be run, most likely for want of memory.

        """
        height, width = labels.shape
        if any(n % self.card.stride for n in (height, width, x0, y0)):
            raise ValueError(f"window {width} x {height} at ({x0}, {y0}): not multiples of {self.card.stride}")
        feeds = {"labels": _one_hot(labels, len(self.card.classes))[None]}
        for n in self.card.noise:
            window = (x0 // n.stride, y0 // n.stride, width // n.stride, height // n.stride)
            feeds[n.name] = noise(seed, n.stride, n.channels, *window)[None]
        try:
            texture, code, shaded = self.session.run(_OUTPUTS, feeds)
        except Exception as e:  # onnxruntime's errors have no base class of their own
            raise TerrainError(
                f"the model {self.card.name!r} failed on {width} x {height} pixels ({_one_line(e)}); try a smaller map"
            ) from e
        return _to_rgb(texture[0]), self.card.height_code.decode(code[0, 0]), _to_rgb(shaded[0])


def load_model(path: str | os.PathLike[str] | None = None) -> Model:
    """Open an exported model, by default the one that comes with the package. An unchanged file is opened once.

    Raises `TerrainError` if there is no such file, or it is no model that `spade-terrain export` wrote.
    """
    if path is not None:
        return _load_file(Path(path))
    with as_file(files("spade_terrain") / "models" / "default.onnx") as default:
        if not default.is_file():
            raise TerrainError(
                "this installation came without its model; reinstall spade-terrain, or name a model file"
            )
        return _load_file(default)


def _load_file(path: Path) -> Model:
    try:
        return _load(path, path.stat().st_mtime_ns)
    except FileNotFoundError as e:
        raise TerrainError(f"no such model: {path}") from e
    except OSError as e:
        raise TerrainError(f"the model {path} can't be read ({e.strerror})") from e


@lru_cache(maxsize=4)
def _load(path: Path, _modified_ns: int) -> Model:
    data = path.read_bytes()
    try:
        session = onnxruntime.InferenceSession(data, _options(), providers=["CPUExecutionProvider"])
    except Exception as e:  # onnxruntime's errors have no base class of their own
        raise TerrainError(f"{path} is not an ONNX model that runs here; make one with `spade-terrain export`") from e
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise TerrainError(f"{path} is an ONNX model without our card; make one with `spade-terrain export`")
    card = Card.from_json(text)
    names = {"labels", *(n.name for n in card.noise)}
    if card.classes != CLASSES or names != {i.name for i in session.get_inputs()}:
        raise TerrainError(f"{path} does not fit its card or the palette; export it again with this version")
    return Model(card, session)


def _options() -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    options.use_deterministic_compute = True
    # Named, because onnxruntime's own choice counts cores that a container may not use, and pins threads to them.
    options.intra_op_num_threads = usable_cores()
    options.inter_op_num_threads = 1
    # A plan of memory for every size of map seen doubles the peak and saves no time.
    options.enable_mem_pattern = False
    return options


def _one_hot(labels: Labels, classes: int) -> NDArray[np.float32]:
    planes: NDArray[np.bool_] = labels == np.arange(classes, dtype=np.uint8)[:, None, None]
    return planes.astype(np.float32)


def _to_rgb(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """From (3, H, W) in [-1, 1] to (H, W, 3) in 0..255."""
    return np.ascontiguousarray(np.rint((image + 1) * 127.5).clip(0, 255).astype(np.uint8).transpose(1, 2, 0))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
