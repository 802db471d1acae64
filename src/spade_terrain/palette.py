"""The seven classes of a segmentation map, and painted image <-> labels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spade_terrain.errors import TerrainError

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

    Raises `TerrainError` if any pixel has a colour outside the palette: the text says what share of the map is
    off, its commonest foreign colour, and the class nearest to that.
    """
    packed = _pack(image)
    palette = _pack(COLOURS)
    order = np.argsort(palette)
    place = np.minimum(np.searchsorted(palette[order], packed), len(palette) - 1)
    labels = order.astype(np.uint8)[place]
    foreign = palette[labels] != packed
    if foreign.any():
        colours, counts = np.unique(packed[foreign], return_counts=True)
        commonest = int(colours[counts.argmax()])
        rgb = (commonest >> 16, commonest >> 8 & 255, commonest & 255)
        nearest = CLASSES[nearest_class(rgb)]
        raise TerrainError(
            f"{_percent(foreign.mean())} of the map is not in the palette's colours: the commonest is RGB {rgb}, "
            f"nearest to {nearest.name} {nearest.rgb}; repaint it in exactly the seven colours, without smoothed edges"
        )
    return labels


def class_shares(labels: Labels) -> dict[str, float]:
    """The share of each class in `labels` (uint8, any shape, 0..6), 0..1, by name."""
    shares = np.bincount(labels.ravel(), minlength=len(NAMES)) / labels.size
    return dict(zip(NAMES, shares.tolist(), strict=True))


def nearest_class(rgb: tuple[int, int, int]) -> int:
    """The label of the class whose colour is nearest to `rgb` (0..255 each) in RGB space."""
    return int(np.square(COLOURS.astype(int) - rgb).sum(1).argmin())


def _pack(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    wide = rgb.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%" if share >= 0.001 else "less than 0.1%"
