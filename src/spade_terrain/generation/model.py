"""The generator as users run it: one ONNX file and its card."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spade_terrain.card import (
    BOTH,
    GUIDE_CHANNELS,
    GUIDE_INPUT,
    LABELS_INPUT,
    METADATA_KEY,
    OUTPUTS,
    STYLE_INPUT,
    Card,
)
from spade_terrain.errors import DeviceError, MissingFileError, ModelError, ParameterError, StorageError, TerrainError
from spade_terrain.generation.height_guide import Metres, height_guide
from spade_terrain.generation.pixels import Pixels
from spade_terrain.inputs import as_path, check_input
from spade_terrain.noise import noise
from spade_terrain.palette import CLASSES, Labels
from spade_terrain.runtime.sessions import SESSION_ERRORS, Session, Stop, open_session, pick_device
from spade_terrain.terrain import Picture

STYLE_LIMIT = 3.0
"""Standard deviations from what is usual that a model may be asked for; training has shown it nothing further."""

_ELEVATION = "elevation"  # the style's number that a guide stands in for
_STYLE_STRIDE = 1 << 31  # that no noise has: the style's numbers are drawn as the noise of the ground's first pixel


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
    chosen_textures: tuple[str, ...] = ()
    """Names of the textures that were asked for; if none was, the card says which it is."""
    threads: int | None = None
    """Those of one operation, by default one a core."""

    @property
    def textures(self) -> tuple[str, ...]:
        """Names of the textures that it makes, the main one first."""
        return self.chosen_textures or (self.card.default_texture,)

    @property
    def class_colours(self) -> list[NDArray[np.uint8]]:
        """RGB of each class's land in each of `textures`, uint8 `(7, 3)`."""
        return [self.card.colours_of(name) for name in self.textures]

    def textured(self, name: str) -> "Model":
        """The same model, making another texture.

        Args:
            name: one of `card.textures`; or "both" for all of them, of which the card's default is the main one.

        Raises:
            ParameterError: the model has no such texture, or no second one.

        """
        has = ", ".join(self.card.textures)
        if name != BOTH and name not in self.card.textures:
            raise ParameterError(f"the model {self.card.name!r} has no `texture` {name!r}; it has {has}")
        if name != BOTH:
            return replace(self, chosen_textures=(name,))
        others = tuple(other for other in self.card.textures if other != self.card.default_texture)
        if not others:
            raise ParameterError(
                f"the model {self.card.name!r} has but one `texture`, {has}; ask for that, or for none"
            )
        return replace(self, chosen_textures=(self.card.default_texture, *others))

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

    def guided(self) -> "Model":
        """The same model, to be given rough heights: they say how high the land is, and the style's elevation does not.

        It is 0 then, as in training, unless a style was asked for.

        Raises `ParameterError` if the model takes none.
        """
        if not self.card.guided:
            raise ParameterError(f"the model {self.card.name!r} takes no `guide`; leave it out, or use another model")
        return replace(
            self, fixed_style={name: 0.0 for name in self.card.style if name == _ELEVATION} | {**self.fixed_style}
        )

    def style(self, seed: int) -> dict[str, float]:
        """The style of the terrain that this model makes with a seed: by name, 0 being usual."""
        drawn = noise(seed, _STYLE_STRIDE, len(self.card.style), 0, 0, 1, 1).clip(-STYLE_LIMIT, STYLE_LIMIT).ravel()
        return {
            name: self.fixed_style.get(name, float(value)) for name, value in zip(self.card.style, drawn, strict=True)
        }

    def run(self, labels: Labels, seed: int, x0: int = 0, y0: int = 0, metres: Metres | None = None) -> Pixels:
        """Make the terrain of one window of the ground.

        Within the card's halo of a side it depends on where the window ends; further in it doesn't.

        Args:
            labels: uint8 `(H, W)`, 0..6; both sides multiples of the card's stride.
            seed: the noise's, modulo 2^64.
            x0: the ground's column of `labels[0, 0]`, a multiple of the card's stride; may be negative.
            y0: the ground's row, likewise.
            metres: rough heights, float32 `(H, W)`, NaN where unknown, for a model that is guided.

        Raises:
            ParameterError: sides or place are no multiples of the stride.
            DeviceError: the model can't be run, most likely for want of memory.
            ModelError: it makes something else than a terrain.

        """
        height, width = labels.shape
        if any(n % self.card.stride for n in (height, width, x0, y0)):
            raise ParameterError(f"window {width} x {height} at ({x0}, {y0}): not multiples of {self.card.stride}")
        feeds = self.feeds(self.session, labels, seed, x0, y0, metres)
        return self.decode(self.run_session(self.session, OUTPUTS, feeds), labels.shape)

    def feeds(
        self, session: Session, labels: Labels, seed: int, x0: int, y0: int, metres: Metres | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """What a session of this model, or of a part of it, takes for a window as `run` describes it, by name."""
        taken = {i.name for i in session.get_inputs()}
        feeds = {LABELS_INPUT: _one_hot(labels, len(self.card.classes))[None]} if LABELS_INPUT in taken else {}
        for n in self.card.noise:
            if n.name in taken:
                window = tuple(at // n.stride for at in (x0, y0, labels.shape[1], labels.shape[0]))
                feeds[n.name] = noise(seed, n.stride, n.channels, *window)[None]
        if STYLE_INPUT in taken:
            feeds[STYLE_INPUT] = np.array(list(self.style(seed).values()), np.float32).reshape(1, -1, 1, 1)
        if GUIDE_INPUT in taken:
            feeds[GUIDE_INPUT] = height_guide(metres, labels, self.card.stride, self.card.height_code)[None]
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

    def decode(self, outputs: list[NDArray[np.float32]], shape: tuple[int, ...]) -> Pixels:
        """The terrain that the network's `OUTPUTS` for a window of `(H, W)` pixels stand for, in the textures wanted.

        Raises `ModelError` if they have other shapes or types, or hold NaN or infinity: weights are damaged.
        """
        colours = 3 * len(self.card.textures)
        for name, channels, values in zip(OUTPUTS, (colours, 1, colours), outputs, strict=True):
            if values.dtype != np.float32 or values.shape != (1, channels, *shape) or not np.isfinite(values).all():
                raise ModelError(
                    f"the model {self.card.name!r} is damaged: its output {name!r} is not {channels} planes of "
                    "numbers; export it again, or use another model"
                )
        textures, code, shaded = outputs  # (1, 3 T, H, W), (1, 1, H, W), (1, 3 T, H, W)
        main, *others = self.textures

        def picture(name: str) -> Picture:
            first = 3 * self.card.textures.index(name)
            return Picture(_to_rgb(textures[0, first : first + 3]), _to_rgb(shaded[0, first : first + 3]))

        made, height = picture(main), self.card.height_code.decode(code[0, 0])
        return Pixels(made.texture, height, made.shaded, {name: picture(name) for name in others})


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
    try:
        return open_model(path.read_bytes(), device, str(path))
    except TerrainError:
        raise
    except SESSION_ERRORS as e:  # names and metadata that are no text, too
        raise ModelError(f"{path} is not an ONNX model that runs here; make one with `spade-terrain export`") from e


def open_model(data: bytes, device: str, name: str, threads: int | None = None) -> Model:
    """Open a file's bytes, called `name` in messages. Raises `ModelError`, or one of `SESSION_ERRORS`."""
    session = open_session(data, device, threads)
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelError(f"{name} is an ONNX model without our card; make one with `spade-terrain export`")
    card = Card.from_json(text)
    if card.classes != CLASSES or not _fits(card, session):
        raise ModelError(f"{name} does not fit its card or the palette; export it again with this version")
    return Model(card, data, device, session, threads=threads)


def _fits(card: Card, session: Session) -> bool:
    """Whether a session takes and makes what the card says, by name and channels."""
    taken = {LABELS_INPUT: len(card.classes), STYLE_INPUT: len(card.style), GUIDE_INPUT: GUIDE_CHANNELS}
    taken |= {n.name: n.channels for n in card.noise}
    made = {"texture": 3 * len(card.textures), "height": 1, "shaded": 3 * len(card.textures)}
    inputs = {i.name: i.shape[1:2] for i in session.get_inputs()}
    outputs = {o.name: o.shape[1:2] for o in session.get_outputs()}
    return (
        inputs == {name: [taken[name]] for name in card.inputs}
        and set(card.outputs) <= outputs.keys()
        and all(outputs[name] == [channels] for name, channels in made.items())
    )


def _one_hot(labels: Labels, classes: int) -> NDArray[np.float32]:
    planes: NDArray[np.bool_] = labels == np.arange(classes, dtype=np.uint8)[:, None, None]
    return planes.astype(np.float32)


def _to_rgb(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """From (3, H, W) in [-1, 1] to (H, W, 3) in 0..255."""
    return np.ascontiguousarray(np.rint((image + 1) * 127.5).clip(0, 255).astype(np.uint8).transpose(1, 2, 0))
