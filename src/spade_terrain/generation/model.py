"""The generator as users run it: one ONNX file and its card."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.card import LABELS_INPUT, METADATA_KEY, OUTPUTS, STYLE_INPUT, Card
from spade_terrain.errors import DeviceError, MissingFileError, ModelError, ParameterError, StorageError, TerrainError
from spade_terrain.inputs import as_path, check_input
from spade_terrain.noise import noise
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.runtime.sessions import SESSION_ERRORS, Session, Stop, open_session, pick_device
from spade_terrain.storage.stored import StoredTerrain

STYLE_LIMIT = 3.0
"""Standard deviations from what is usual that a model may be asked for; training has shown it nothing further."""

_STYLE_STRIDE = 1 << 31  # that no noise has: the style's numbers are drawn as the noise of the ground's first pixel


class Pixels(NamedTuple):
    """The terrain of a window of the ground.

    Attributes:
        texture: uint8 RGB `(H, W, 3)`.
        height: float32 `(H, W)`, metres; the sea is 0.
        shaded: the shaded texture, uint8 RGB `(H, W, 3)`.

    """

    texture: NDArray[np.uint8]
    height: NDArray[np.float32]
    shaded: NDArray[np.uint8]

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> "Pixels":
        """Arrays for a window of `(H, W)` pixels, not filled yet."""
        return cls(np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32), np.empty((*shape, 3), np.uint8))

    def crop(self, place: tuple[slice, slice]) -> "Pixels":
        """Some rows and columns of it."""
        return Pixels(self.texture[place], self.height[place], self.shaded[place])

    def scaled(self, times: float) -> "Pixels":
        """The same, so many times as high."""
        return self if times == 1 else self._replace(height=self.height * np.float32(times))

    def write_to(self, target: "Pixels | StoredTerrain", place: tuple[slice, slice]) -> None:
        """Copy it to some rows and columns of a larger terrain, in memory or on disk."""
        target.texture[place] = self.texture
        target.height[place] = self.height
        target.shaded[place] = self.shaded


@dataclass(frozen=True, eq=False)
class Model:
    """A generator ready to run, and its card. `load_model` makes one.

    >>> from spade_terrain import load_model
    >>> high = load_model(device="cpu").styled({"elevation": 1.5})  # whatever the seed
    >>> high.style(seed=7)["elevation"]
    1.5
    """

    card: Card
    data: bytes = field(repr=False)
    """The ONNX file."""
    device: str
    """Where it runs: a name of `sessions.PROVIDERS`."""
    session: Session = field(repr=False)
    fixed_style: Mapping[str, float] = field(default_factory=dict)
    """Numbers of the style that the seed does not draw, by name."""
    stop: Stop | None = field(default=None, repr=False)
    """What may end its runs from another thread."""

    def styled(self, style: Mapping[str, float]) -> "Model":
        """The same model with some numbers of its style fixed, whatever the seed.

        Args:
            style: names of `card.style` and the numbers wanted, -3 to 3 standard deviations from what is usual for a
                map.

        Raises:
            ParameterError: the model knows no such name, or a number is out of range.

        """
        if not isinstance(style, Mapping):
            raise ParameterError(f"`style` is {type(style).__name__}; give a dict, such as {{'elevation': 1.5}}")
        for name, value in style.items():
            if name not in self.card.style:
                known = ", ".join(self.card.style) or "none at all"
                raise ParameterError(f"the model {self.card.name!r} has no style {name!r}; it knows {known}")
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise ParameterError(f"the style {name} is {value!r}; use a number")
            if not -STYLE_LIMIT <= value <= STYLE_LIMIT:
                raise ParameterError(
                    f"the style {name} = {value:g} is out of range; use -{STYLE_LIMIT:g} to {STYLE_LIMIT:g}"
                )
        return replace(self, fixed_style={**self.fixed_style, **style}) if style else self

    def style(self, seed: int) -> dict[str, float]:
        """The style of the terrain that this model makes with a seed: by name, 0 being usual."""
        drawn = noise(seed, _STYLE_STRIDE, len(self.card.style), 0, 0, 1, 1).clip(-STYLE_LIMIT, STYLE_LIMIT).ravel()
        return {
            name: self.fixed_style.get(name, float(value)) for name, value in zip(self.card.style, drawn, strict=True)
        }

    def run(self, labels: Labels, seed: int, x0: int = 0, y0: int = 0) -> Pixels:
        """Make the terrain of one window of the ground.

        Within the card's halo of a side it depends on where the window ends; further in it doesn't.

        Args:
            labels: uint8 `(H, W)`, 0..6; both sides multiples of the card's stride.
            seed: the noise's, modulo 2^64.
            x0: the ground's column of `labels[0, 0]`, a multiple of the card's stride; may be negative.
            y0: the ground's row, likewise.

        Raises:
            ParameterError: sides or place are no multiples of the stride.
            DeviceError: the model can't be run, most likely for want of memory.

        """
        return self.decode(self.run_session(self.session, OUTPUTS, self.feeds(self.session, labels, seed, x0, y0)))

    def feeds(self, session: Session, labels: Labels, seed: int, x0: int, y0: int) -> dict[str, NDArray[np.float32]]:
        """What a session of this model, or of a part of it, takes for a window as `run` describes it, by name."""
        height, width = labels.shape
        if any(n % self.card.stride for n in (height, width, x0, y0)):
            raise ParameterError(f"window {width} x {height} at ({x0}, {y0}): not multiples of {self.card.stride}")
        taken = {i.name for i in session.get_inputs()}
        feeds = {LABELS_INPUT: _one_hot(labels, len(self.card.classes))[None]} if LABELS_INPUT in taken else {}
        for n in self.card.noise:
            if n.name in taken:
                window = (x0 // n.stride, y0 // n.stride, width // n.stride, height // n.stride)
                feeds[n.name] = noise(seed, n.stride, n.channels, *window)[None]
        if STYLE_INPUT in taken:
            feeds[STYLE_INPUT] = np.array(list(self.style(seed).values()), np.float32).reshape(1, -1, 1, 1)
        return feeds

    def run_session(
        self, session: Session, outputs: Sequence[str], feeds: Mapping[str, NDArray[np.float32]]
    ) -> list[NDArray[np.float32]]:
        """Run a session of this model, or of a part of it; raises `DeviceError` if that fails, or as `stop` does."""
        try:
            options = self.stop and self.stop.options
            made: list[NDArray[np.float32]] = session.run(list(outputs), dict(feeds), options)
        except SESSION_ERRORS as e:
            if self.stop:
                self.stop.check()
            height, width = max((values.shape[2:] for values in feeds.values()), default=(0, 0))
            raise DeviceError(
                f"the model {self.card.name!r} failed on {width} x {height} pixels ({' '.join(str(e).split())}); "
                "free some memory, or use another model"
            ) from e
        return made

    def decode(self, outputs: list[NDArray[np.float32]]) -> Pixels:
        """The terrain that the network's `OUTPUTS` for one window stand for."""
        texture, code, shaded = outputs
        return Pixels(_to_rgb(texture[0]), self.card.height_code.decode(code[0, 0]), _to_rgb(shaded[0]))


def load_model(path: str | os.PathLike[str] | None = None, device: str = "auto") -> Model:
    """Open an exported model, by default the one that comes with the package. An unchanged file is opened once.

    >>> load_model(device="cpu").card.gsd
    2000.0

    Args:
        path: an ONNX file that `spade-terrain export` wrote.
        device: `cpu`, `cuda` or another name of `sessions.PROVIDERS`; `auto` is the best that onnxruntime finds.

    Raises:
        MissingFileError: there is no such file.
        StorageError: the file can't be read.
        ModelError: it is no model that `spade-terrain export` wrote.
        ParameterError: no device is called so.
        DeviceError: the device can't be used.

    """
    device = pick_device(device)
    if path is not None:
        return _load_file(as_path(path, "model"), device)
    with as_file(files("spade_terrain") / "models" / "default.onnx") as default:
        if not default.is_file():
            raise MissingFileError(
                "this installation came without its model; reinstall spade-terrain, or name a model file"
            )
        return _load_file(default, device)


def _load_file(path: Path, device: str) -> Model:
    check_input(path, "model")
    try:
        return _load(path, path.stat().st_mtime_ns, device)
    except TerrainError:
        raise
    except OSError as e:
        raise StorageError(f"the model {path} can't be read ({e.strerror}); give a file that you may read") from e


@lru_cache(maxsize=4)
def _load(path: Path, _modified_ns: int, device: str) -> Model:
    data = path.read_bytes()
    try:
        session = open_session(data, device)
    except TerrainError:
        raise
    except SESSION_ERRORS as e:
        raise ModelError(f"{path} is not an ONNX model that runs here; make one with `spade-terrain export`") from e
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelError(f"{path} is an ONNX model without our card; make one with `spade-terrain export`")
    card = Card.from_json(text)
    if card.classes != CLASSES or not _fits(card, session):
        raise ModelError(f"{path} does not fit its card or the palette; export it again with this version")
    return Model(card, data, device, session)


def _fits(card: Card, session: Session) -> bool:
    """Whether a session takes and makes what the card says, by name and, for inputs, channels."""
    channels = {LABELS_INPUT: len(card.classes), STYLE_INPUT: len(card.style)} | {
        n.name: n.channels for n in card.noise
    }
    inputs = {i.name: i.shape[1:2] for i in session.get_inputs()}
    return inputs == {name: [channels[name]] for name in card.inputs} and set(card.outputs) <= {
        o.name for o in session.get_outputs()
    }


def _one_hot(labels: Labels, classes: int) -> NDArray[np.float32]:
    planes: NDArray[np.bool_] = labels == np.arange(classes, dtype=np.uint8)[:, None, None]
    return planes.astype(np.float32)


def _to_rgb(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """From (3, H, W) in [-1, 1] to (H, W, 3) in 0..255."""
    return np.ascontiguousarray(np.rint((image + 1) * 127.5).clip(0, 255).astype(np.uint8).transpose(1, 2, 0))
