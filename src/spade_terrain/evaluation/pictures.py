"""Pictures of the report: rows of maps side by side, and images as text for a page that needs no other file."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from spade_terrain.evaluation.crops import Ground
from spade_terrain.palette import labels_to_image
from spade_terrain.terrain import Terrain

Picture = NDArray[np.uint8]

_SEA = (52, 74, 104)
_QUALITY = 92


@dataclass(frozen=True)
class Row:
    """A row of the report's pictures.

    Attributes:
        title: what all of them show.
        pictures: uint8 RGB `(H, W, 3)` by caption; a missing one is None.

    """

    title: str
    pictures: dict[str, Picture | None]


def row(title: str, made: Terrain, real: Ground | None) -> Row:
    """The made ground beside the real one, heights of both on one scale of grey."""
    top = float(max(made.height.max(), 0 if real is None else real.height.max(), 1))
    return Row(
        title,
        {
            "painted map": labels_to_image(made.labels),
            "generated texture": made.texture,
            "generated terrain": made.shaded,
            "real terrain": None if real is None else real.terrain,
            "generated height": grey(made.height, top),
            "real height": None if real is None else grey(real.height, top),
        },
    )


def grey(height: NDArray[np.float32], top: float) -> Picture:
    """Height in metres as grey that rises with its square root, white at `top`; the sea is blue."""
    shade = np.sqrt(np.clip(height / top, 0, 1)) * 215 + 40
    picture: Picture = np.repeat(shade.astype(np.uint8)[..., None], 3, axis=2)
    picture[height <= 0] = _SEA
    return picture


def as_uri(picture: Picture, *, lossless: bool) -> str:
    """The picture (uint8 RGB `(H, W, 3)`) as a `data:` address: PNG, or JPEG if it needn't be `lossless`."""
    kind = "png" if lossless else "jpeg"
    flags = [] if lossless else [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, data = cv2.imencode("." + kind, np.ascontiguousarray(picture[..., ::-1]), flags)
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode()}"
