"""The model's card: what an ONNX file says of itself in its metadata, and the height code it names."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain import schema
from spade_terrain.errors import ModelError
from spade_terrain.palette import CLASSES, LandClass
from spade_terrain.terrain import GSD
from spade_terrain.textures import ATLAS

METADATA_KEY = "spade_terrain"
FORMAT = 3
"""Of the card's JSON. Format 1 knew neither `cut` nor `outputs`; until format 2 there was one texture and no guide."""
LABELS_INPUT = "labels"
STYLE_INPUT = "style"
GUIDE_INPUT = "height_guide"
GUIDE_CHANNELS = 2
OUTPUTS = ("texture", "height", "shaded")
"""What every model makes; it may make more."""
BOTH = "both"
"""What asks for all textures of a model, and so is no name of one."""

_TEXTURE = re.compile("[a-z0-9][a-z0-9_-]{0,31}")
_MAX_STRIDE = 128
_MAX_HALO = 1024  # map pixels; windows of a large map take about 300 MB then
_MAX_NOISE = 16  # values of noise a map pixel, which take 64 bytes


@dataclass(frozen=True)
class HeightCode:
    """Height as networks see it: `2 * sqrt(metres / max_m) - 1`, so that plains keep their detail.

    Attributes:
        max_m: the height in metres whose code is 1.

    """

    max_m: float = 9000.0

    def encode(self, metres: NDArray[np.float32]) -> NDArray[np.float32]:
        """Metres (float32, any shape, 0..max_m) to codes (-1..1)."""
        return np.asarray(2 * np.sqrt(metres / np.float32(self.max_m)) - 1, np.float32)

    def decode(self, code: NDArray[np.float32]) -> NDArray[np.float32]:
        """Codes (float32, any shape) to metres; a code below -1 is the sea, 0 m."""
        return (np.square((np.maximum(code, -1) + 1) / 2) * self.max_m).astype(np.float32)


@dataclass(frozen=True)
class NoiseInput:
    """One noise input of the network: `(N, channels, H / stride, W / stride)` float32, mean 0 and variance 1.

    Attributes:
        name: the ONNX input's name.
        stride: map pixels a noise pixel, a power of two.
        channels: independent noise maps in it.

    """

    name: str
    stride: int
    channels: int


@dataclass(frozen=True)
class Cut:
    """Where the network can be cut into a coarse and a fine stage.

    The coarse stage makes `features` of the map and of the noise of this stride and coarser ones; the fine stage makes
    the network's outputs of `features`, the map and the finer noise.

    Attributes:
        features: name of the tensor between the stages, float32 `(N, C, H / stride, W / stride)`.
        stride: map pixels a feature.
        halo: map pixels around a window of the fine stage that can change the window: half its receptive field, for
            windows whose corners lie on multiples of `stride`. Exact, and a multiple of `stride`.

    """

    features: str
    stride: int
    halo: int


@dataclass(frozen=True)
class Card:
    """All that using a model takes to know.

    Inputs of the ONNX graph are `labels` (float32 one-hot `(N, classes, H, W)`, H and W multiples of `stride`), one for
    each of `noise`, if it knows any, `style` (float32 `(N, len(style), 1, 1)`) and, if it is `guided`, `height_guide`
    (float32 `(N, 2, H / stride, W / stride)`: the mean height of the land in each cell in the height code plus 1, and 1
    where that is known; both are 0 where it is not). Of its outputs all models have `texture` `(N, 3 T, H, W)` in
    [-1, 1], where T is the number of `textures`, one after another, `height` `(N, 1, H, W)` in the height code and
    `shaded` `(N, 3 T, H, W)` in [-1, 1], all float32.

    Attributes:
        name: the model's name, as outputs quote it.
        stride: sides of the input must be multiples of this, and windows start at multiples of it.
        halo: map pixels around a window that can change the window: half the receptive field, for windows whose corners
            lie on multiples of `stride`. A multiple of `stride`; exact since format 2.
        noise: the noise inputs.
        cut: where the network can be cut in two, as maps larger than one window take; `None` in format 1.
        outputs: names of the graph's outputs.
        textures: names of the textures, in the order of the channels.
        default_texture: the one of them that people get who don't ask for another.
        class_colours: RGB (0..255) of the classes in each texture: means of the land it was trained on, and the sea's.
            Models of before it was known have none.
        guided: whether it takes rough heights.
        style: names of the numbers that say how the whole map looks, each of mean 0 and variance 1 over real ground.
        height_code: how `height` is to be read.
        gsd: ground sample distance, metres a pixel.
        classes: the label classes, in the order of the one-hot channels.
        training: what it was trained on, and for how long.
        metrics: what evaluation measured.
        licence: of the weights.

    """

    name: str
    stride: int
    halo: int
    noise: tuple[NoiseInput, ...]
    cut: Cut | None = None
    outputs: tuple[str, ...] = OUTPUTS
    textures: tuple[str, ...] = (ATLAS,)
    default_texture: str = ATLAS
    class_colours: tuple[tuple[tuple[int, int, int], ...], ...] = ()
    guided: bool = False
    style: tuple[str, ...] = ()
    height_code: HeightCode = HeightCode()
    gsd: float = GSD
    classes: tuple[LandClass, ...] = CLASSES
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "MIT"

    @property
    def inputs(self) -> list[str]:
        """Names of the ONNX graph's inputs, in the network's order."""
        optional = [STYLE_INPUT] * bool(self.style) + [GUIDE_INPUT] * self.guided
        return [LABELS_INPUT, *(n.name for n in self.noise), *optional]

    def colours_of(self, texture: str) -> NDArray[np.uint8]:
        """RGB of each class in one of the `textures`, uint8 `(classes, 3)`; the palette's if that is unknown."""
        if not self.class_colours:
            return np.array([c.rgb for c in self.classes], np.uint8)
        return np.array(self.class_colours[self.textures.index(texture)], np.uint8)

    def whole_strides(self, pixels: int) -> int:
        """A number of pixels rounded up to a multiple of the stride."""
        return -(-pixels // self.stride) * self.stride

    def to_json(self) -> str:
        """The card as the JSON text that the ONNX metadata holds under `METADATA_KEY`.

        Raises `ModelError` if a number in it is NaN or infinite, which JSON has no words for.
        """
        fields = asdict(self)
        fields["classes"] = [c._asdict() for c in self.classes]
        try:
            return json.dumps({"format": FORMAT, **fields}, allow_nan=False)
        except ValueError as e:
            raise ModelError("a figure of the model's card is NaN or infinite; leave it out") from e

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """Read what `to_json` of this version or an earlier one wrote; fields that it does not know are passed over.

        Raises `ModelError` if it is no such card, or one of a newer format.
        """
        try:
            document = schema.parse_json(text)
            if _FORMAT(document, "") > FORMAT:
                raise ModelError("the model was made for a newer version of spade-terrain; update spade-terrain")
            card: Card = _CARD(document, "")
            for fault in _contradictions(card):
                raise schema.SchemaError(fault)
        except schema.SchemaError as e:
            raise ModelError(f"the model's card can't be read: {e}; export the model again") from e
        return card


def _contradictions(card: Card) -> Iterator[str]:
    """What is wrong with a card whose fields are each right."""
    if card.halo % card.stride:
        yield f"`halo` is {card.halo}, not a multiple of `stride`, {card.stride}"
    if any(n.stride > card.stride for n in card.noise):
        yield f"`noise` has strides above `stride`, {card.stride}"
    for what, names in (("inputs", card.inputs), ("textures", card.textures)):
        if len(set(names)) < len(names):
            yield f"two {what} have the same name"
    if sum(n.channels / n.stride**2 for n in card.noise) > _MAX_NOISE:
        yield f"`noise` has more than {_MAX_NOISE} values a map pixel"
    if not set(OUTPUTS) <= set(card.outputs):
        yield f"`outputs` lacks one of {', '.join(OUTPUTS)}"
    yield from _contradictions_of_textures(card)
    if card.cut is not None:
        yield from _contradictions_of_cut(card, card.cut)


def _contradictions_of_textures(card: Card) -> Iterator[str]:
    if wrong := [name for name in card.textures if name == BOTH or not _TEXTURE.fullmatch(name)]:
        yield f"`textures` has {wrong[0]!r}; use up to 32 small letters, digits, - and _, as files are named by them"
    if card.default_texture not in card.textures:
        yield f"`default_texture` is {card.default_texture!r}, not one of `textures`"
    if card.class_colours and [len(c) for c in card.class_colours] != [len(card.classes)] * len(card.textures):
        yield "`class_colours` has not one colour for each class in each texture"


def _contradictions_of_cut(card: Card, cut: Cut) -> Iterator[str]:
    if cut.stride not in {n.stride for n in card.noise}:
        yield f"`cut.stride` is {cut.stride}, which no noise has"
    if cut.halo % cut.stride:
        yield f"`cut.halo` is {cut.halo}, not a multiple of `cut.stride`, {cut.stride}"
    if cut.halo > card.halo:
        yield f"`cut.halo` is {cut.halo}, above `halo`, {card.halo}"


_NAME = schema.text(200)
_STRIDE = schema.power_of_two(_MAX_STRIDE)
_HALO = schema.whole(0, _MAX_HALO)
_RGB = schema.sequence(schema.whole(0, 255), most=3, least=3)
_FORMAT = schema.record(lambda format: format, format=schema.whole(1, 10**6))  # noqa: A006
_CARD = schema.record(
    Card,
    name=_NAME,
    stride=_STRIDE,
    halo=_HALO,
    noise=schema.sequence(
        schema.record(NoiseInput, name=_NAME, stride=_STRIDE, channels=schema.whole(1, 1024)), most=32
    ),
    cut=schema.optional(schema.record(Cut, features=_NAME, stride=_STRIDE, halo=_HALO)),
    outputs=schema.sequence(_NAME, most=32),
    textures=schema.sequence(_NAME, most=8, least=1),
    default_texture=_NAME,
    class_colours=schema.sequence(schema.sequence(_RGB, most=64), most=8),
    guided=schema.boolean,
    style=schema.sequence(_NAME, most=64),
    height_code=schema.record(HeightCode, max_m=schema.positive(1e6)),
    gsd=schema.positive(1e6),
    classes=schema.sequence(schema.record(LandClass, name=_NAME, rgb=_RGB), most=64),
    training=schema.mapping,
    metrics=schema.mapping,
    licence=_NAME,
)
