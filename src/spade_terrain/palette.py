"""The seven classes of a segmentation map, painted image <-> labels, and how light colours are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import MapError

Labels = NDArray[np.uint8]


class LandClass(NamedTuple):
    """One class of the palette: its name and its colour (RGB, 0..255). Its label is its place in `CLASSES`."""

    name: str
    rgb: tuple[int, int, int]


CLASSES = (
    LandClass("water", (17, 141, 215)),
    LandClass("grassland", (225, 227, 155)),
    LandClass("forest", (127, 173, 123)),
    LandClass("hills", (185, 122, 87)),
    LandClass("desert", (230, 200, 181)),
    LandClass("mountains", (150, 150, 150)),
    LandClass("tundra", (193, 190, 175)),
)
NAMES = tuple(c.name for c in CLASSES)
COLOURS = np.array([c.rgb for c in CLASSES], np.uint8)
WATER = NAMES.index("water")


def labels_to_image(labels: Labels) -> NDArray[np.uint8]:
    """Paint `labels` (uint8 `(H, W)`, 0..6) in the palette's colours: uint8 RGB `(H, W, 3)`."""
    return COLOURS[labels]


def image_to_labels(image: NDArray[np.uint8]) -> Labels:
    """Read a painted image (uint8 RGB `(H, W, 3)`) back into labels (uint8 `(H, W)`, 0..6).

    Raises `MapError` if any pixel has a colour outside the palette: the text says what share of the map is off, the
    commonest such colour, and the class nearest to that.
    """
    packed = pack(image)
    palette = pack(COLOURS)
    order = np.argsort(palette)
    place = np.minimum(np.searchsorted(palette[order], packed), len(palette) - 1)
    labels = order.astype(np.uint8)[place]
    others = palette[labels] != packed
    if others.any():
        colours, counts = np.unique(packed[others], return_counts=True)
        text = describe_off_palette(others.mean(), int(colours[counts.argmax()]))
        raise MapError(f"{text}; repaint it in exactly the seven colours, without smoothed edges")
    return labels


def class_shares(labels: Labels) -> dict[str, float]:
    """The share of each class in `labels` (uint8, any shape, 0..6), 0..1, by name."""
    shares = np.bincount(labels.ravel(), minlength=len(NAMES)) / labels.size
    return dict(zip(NAMES, shares.tolist(), strict=True))


def nearest_class(rgb: tuple[int, int, int], colours: Sequence[LandClass] = CLASSES) -> int:
    """The place in `colours`, by default the label, of the colour nearest to `rgb` (0..255 each) in RGB space."""
    return int(np.square(np.array([c.rgb for c in colours], int) - rgb).sum(1).argmin())


def describe_off_palette(
    share: float, commonest: int, colours: Sequence[LandClass] = CLASSES, whose: str = "the palette"
) -> str:
    """Tell what share of a map (0..1) is in none of `whose` colours, and the commonest such colour, as of `pack`."""
    rgb = (commonest >> 16, commonest >> 8 & 255, commonest & 255)
    nearest = colours[nearest_class(rgb, colours)]
    return (
        f"{percent(share)} of the map is not in {whose}'s colours: the commonest is RGB {rgb}, "
        f"nearest to {nearest.name} {nearest.rgb}"
    )


def percent(share: float) -> str:
    """A share (0..1) in percent."""
    return f"{100 * share:.1f}%" if share >= 0.001 else "less than 0.1%"


def pack(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Colours (uint8 RGB `(..., 3)`) as one number each: red x 65536 + green x 256 + blue, `(...)`."""
    wide = rgb.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def luminance(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luminance (0..255) of sRGB uint8 `(H, W, 3)`: float32 `(H, W)`."""
    return picture.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
