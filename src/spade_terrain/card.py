"""The model's card: what an ONNX file says of itself in its metadata, and the height code it names."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError
from spade_terrain.palette import CLASSES, LandClass
from spade_terrain.terrain import GSD

METADATA_KEY = "spade_terrain"
FORMAT = 1
STYLE_INPUT = "style"


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
class Card:
    """All that using a model takes to know.

    Inputs of the ONNX graph are `labels` (float32 one-hot `(N, classes, H, W)`, H and W multiples of `stride`), one for
    each of `noise` and, if it knows any, `style` (float32 `(N, len(style), 1, 1)`); outputs are `texture`
    `(N, 3, H, W)` in [-1, 1], `height` `(N, 1, H, W)` in the height code and `shaded` `(N, 3, H, W)` in [-1, 1], all
    float32.

    Attributes:
        name: the model's name, as outputs quote it.
        stride: sides of the input must be multiples of this, and windows start at multiples of it.
        halo: map pixels around a window that can change the window: half the receptive field, rounded up to `stride`.
        noise: the noise inputs.
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
    style: tuple[str, ...] = ()
    height_code: HeightCode = HeightCode()
    gsd: float = GSD
    classes: tuple[LandClass, ...] = CLASSES
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    licence: str = "MIT"

    def to_json(self) -> str:
        """The card as the JSON text that the ONNX metadata holds under `METADATA_KEY`."""
        fields = asdict(self)
        fields["classes"] = [{"name": c.name, "rgb": c.rgb} for c in self.classes]
        return json.dumps({"format": FORMAT, **fields})

    @property
    def inputs(self) -> list[str]:
        """Names of the ONNX graph's inputs, in the network's order."""
        return ["labels", *(n.name for n in self.noise), *([STYLE_INPUT] if self.style else [])]

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """Read what `to_json` wrote. Raises `TerrainError` if it is no such card, or one of a newer format."""
        try:
            fields = json.loads(text)
            if fields.pop("format") != FORMAT:
                raise TerrainError("the model was made for another version of spade-terrain; update one of the two")
            fields["noise"] = tuple(NoiseInput(**n) for n in fields["noise"])
            fields["style"] = tuple(fields.get("style", ()))
            fields["height_code"] = HeightCode(**fields["height_code"])
            fields["classes"] = tuple(LandClass(c["name"], tuple(c["rgb"])) for c in fields["classes"])
            card = cls(**fields)
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise TerrainError("the model's card can't be read; export the model again") from e
        if card.halo % card.stride or any(card.stride % n.stride for n in card.noise):
            raise TerrainError("the model's card contradicts itself: its strides don't fit; export the model again")
        return card
